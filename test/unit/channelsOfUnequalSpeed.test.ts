import {
	runScheduler,
	type SchedulerTask,
	type NextAction,
} from '../../nodes/InsightFaceSwap/execution/scheduling/channelScheduler';

const free: NextAction = { next: 'free' };

const after = async (ms: number) => await new Promise<void>((resolve) => setTimeout(resolve, ms));

interface Served {
	channel: string;
	/** Milliseconds after the begin. */
	begun: number;
	ended: number;
}

type Answer = (channel: string, count: number) => { ms: number; nextAction?: NextAction };

interface Options {
	channels?: Record<string, number>;
	/** How the `count`-th task (from 1) of a channel goes, if not as always. */
	answer?: Answer;
	halted?: () => boolean;
}

/** Runs so many tasks over channels that take so long for one, in simulated time. */
async function serve(
	tasks: SchedulerTask[],
	speeds: Record<string, number>,
	options: Options = {},
) {
	const start = Date.now();
	const served: Served[] = [];
	const counts: Record<string, number> = {};
	const run = runScheduler(tasks, {
		shared: Object.keys(speeds),
		rest: after,
		prepare: async () => true,
		turn: async () => ({ end: () => {} }),
		halted: options.halted ?? (() => false),
		serve: async (_task, channel = '') => {
			counts[channel] = (counts[channel] ?? 0) + 1;
			const answer: Answer = options.answer ?? (() => ({ ms: speeds[channel] ?? 0 }));
			const { ms, nextAction = free } = answer(channel, counts[channel]);
			const begun = Date.now() - start;
			await after(ms);
			if (nextAction === free) served.push({ channel, begun, ended: Date.now() - start });
			return nextAction;
		},
	});
	const left = await settled(run);
	const by = (channel: string) => served.filter((one) => one.channel === channel);
	return { served, left, by, makespan: Math.max(...served.map(({ ended }) => ended)) };
}

/** Lets the simulated time pass until the work is done. */
async function settled<T>(work: Promise<T>): Promise<T> {
	let isDone = false;
	void work.finally(() => (isDone = true));
	for (let step = 0; !isDone && step < 100_000; step++) await jest.advanceTimersByTimeAsync(1);
	expect(isDone).toBe(true);
	return await work;
}

const tasks = (count: number): SchedulerTask[] => Array.from({ length: count }, () => ({}));

describe('workers of unequal speed', () => {
	beforeEach(() => jest.useFakeTimers());
	afterEach(() => jest.useRealTimers());

	test('do not wait for a slow worker whose last task the others would finish earlier', async () => {
		const { makespan, by } = await serve(tasks(12), { fast: 10, slow: 100 });
		expect(by('slow')).toHaveLength(1);
		expect(makespan).toBeLessThanOrEqual(110);
	});

	test('come near the best possible schedule', async () => {
		const speeds = { a: 200, b: 400, c: 700, d: 1200, e: 2000 };
		const { makespan, served } = await serve(tasks(60), speeds);
		expect(served).toHaveLength(60);
		expect(makespan).toBeLessThanOrEqual(6000 * 1.04);
	});

	test('of equal speed share as ever', async () => {
		const { makespan } = await serve(tasks(60), { a: 500, b: 500, c: 500 });
		expect(makespan).toBe(10_000);
	});

	test('take a task that the fast worker does not come to, because it is stuck', async () => {
		const { by, left } = await serve(
			tasks(13),
			{ fast: 10, slow: 100 },
			{ answer: (channel, count) => ({ ms: stuckAt(10)(channel, count) }) },
		);
		expect(left).toEqual([]);
		const rescued = by('slow').at(-1);
		expect(rescued?.begun).toBeGreaterThanOrEqual(100);
		expect(rescued?.ended).toBeLessThan(1000);
	});

	test('take the other tasks while the fast worker has to rest for long with its own', async () => {
		const rest: NextAction = { next: 'rest', ms: 5000 };
		const { served } = await serve(
			tasks(13),
			{ fast: 10, slow: 100 },
			{
				answer: (channel, count) =>
					channel === 'fast' && count === 10
						? { ms: 1, nextAction: rest }
						: { ms: channel === 'fast' ? 10 : 100 },
			},
		);
		const ends = served.map(({ ended }) => ended);
		expect(ends.filter((ended) => ended < 1000)).toHaveLength(12);
		expect(ends.at(-1)).toBeGreaterThanOrEqual(5000);
	});

	test('take the tasks of a fast worker that closes', async () => {
		const { served, left } = await serve(
			tasks(13),
			{ fast: 10, slow: 100 },
			{
				answer: (channel, count) => ({
					ms: channel === 'fast' ? 10 : 100,
					nextAction: channel === 'fast' && count === 12 ? { next: 'close' } : free,
				}),
			},
		);
		expect(served).toHaveLength(13);
		expect(left).toEqual([]);
	});

	test('do not count on a worker that has own tasks before it', async () => {
		const own = Array.from({ length: 40 }, () => ({ channel: 'fast' }));
		const { makespan } = await serve([...own, ...tasks(4)], { fast: 10, slow: 100 });
		expect(makespan).toBeLessThanOrEqual(410);
	});

	test('end when halted, also those that have left tasks to the others', async () => {
		let halted = false;
		const { served, left } = await serve(
			tasks(13),
			{ fast: 10, slow: 100 },
			{
				halted: () => halted,
				answer: (channel, count) => {
					halted = channel === 'fast' && count === 11;
					return { ms: channel === 'fast' ? 10 : 100 };
				},
			},
		);
		expect([served.length, left.length]).toEqual([12, 1]);
	});
});

const stuckAt = (task: number) => (channel: string, count: number) => {
	if (channel !== 'fast') return 100;
	return count === task ? 5000 : 10;
};
