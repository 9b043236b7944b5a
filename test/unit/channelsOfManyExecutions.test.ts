/** Channels of unequal speed, and many executions that share channels with all that can go wrong. */
import {
	accountsInUse,
	Channels,
	withChannels,
	type Served,
} from '../../nodes/InsightFaceSwap/channels/channels';
import { Cancellation } from '../../nodes/InsightFaceSwap/shared/cancellation';
import {
	after,
	CallLog,
	DONE,
	itemsOf,
	serve,
	settled,
	type Call,
	type TestItem,
	type TestRun,
} from '../support/channelRuns';
import { random } from '../support/random';

const SEED = 20_261_125;

beforeEach(() => jest.useFakeTimers());
afterEach(() => {
	jest.useRealTimers();
	expect(accountsInUse()).toBe(0);
});

describe('channels of unequal speed', () => {
	/** Serves items on channels that take so long for one. */
	const over = async (ms: Record<string, number>, items: TestItem[], options: TestRun = {}) =>
		await settled(serve(new Channels(), items, { list: Object.keys(ms), ms, ...options }));
	const last = (calls: Call[]) => Math.max(...calls.map(({ ended }) => ended));

	test('do not wait for a slow one whose last item the others would end earlier', async () => {
		const { log } = await over({ fast: 10, slow: 100 }, itemsOf(12));
		expect(log.on('slow')).toHaveLength(1);
		expect(last(log.calls)).toBeLessThanOrEqual(110);
	});

	test('come near the best possible schedule', async () => {
		const { log } = await over({ a: 200, b: 400, c: 700, d: 1200, e: 2000 }, itemsOf(60));
		expect(log.calls).toHaveLength(60);
		expect(last(log.calls)).toBeLessThanOrEqual(6000 * 1.02);
	});

	test('of equal speed share evenly', async () => {
		const { log } = await over({ a: 500, b: 500, c: 500 }, itemsOf(60));
		expect(last(log.calls)).toBe(10_000);
	});

	test('take an item that the fast one does not come to, because it is stuck', async () => {
		const log = new CallLog();
		const { left } = await over({ fast: 10, slow: 100 }, itemsOf(13), {
			log,
			serve: async (item, { id }) =>
				await log.call(item, id, async () => {
					const isStuck = log.on('fast').length === 10;
					await after(id === 'slow' ? 100 : isStuck ? 5000 : 10);
					return DONE;
				}),
		});
		expect(left).toEqual([]);
		const rescued = log.on('slow').at(-1);
		expect(rescued?.begun).toBeGreaterThanOrEqual(100);
		expect(rescued?.ended).toBeLessThan(1000);
	});

	test('take the other items while one of the fast one has to wait for long', async () => {
		const log = new CallLog();
		const back: Served = { item: 'back', restMs: 5000, channel: 'free' };
		const answer = (_item: TestItem, channel?: string) =>
			channel === 'fast' && log.on('fast').length === 10 ? back : undefined;
		await over({ fast: 10, slow: 100 }, itemsOf(13), { log, answer });
		const ends = log.calls.map(({ ended }) => ended);
		expect(ends.filter((ended) => ended < 1000)).toHaveLength(13);
		expect(ends.at(-1)).toBeGreaterThanOrEqual(5000);
	});

	test('take the items of a fast one that is spent', async () => {
		const log = new CallLog();
		const spent: Served = { item: 'back', channel: 'spent' };
		const answer = (_item: TestItem, channel?: string) =>
			channel === 'fast' && log.on('fast').length === 12 ? spent : undefined;
		const { left } = await over({ fast: 10, slow: 100 }, itemsOf(13), { log, answer });
		expect(left).toEqual([]);
		expect(log.on('slow')).toHaveLength(2);
	});

	test('take the items of a fast one that is busy for longer than they take', async () => {
		const log = new CallLog();
		const busy: Served = { item: 'back', channel: 'busy', busyMs: 5000 };
		const answer = (_item: TestItem, channel?: string) =>
			channel === 'fast' && log.on('fast').length === 11 ? busy : undefined;
		await over({ fast: 10, slow: 100 }, itemsOf(13), { log, answer });
		expect(last(log.calls)).toBeLessThan(500);
	});

	test('wait for a fast one that is busy for less', async () => {
		const log = new CallLog();
		const busy: Served = { item: 'back', channel: 'busy', busyMs: 30 };
		const answer = (_item: TestItem, channel?: string) =>
			channel === 'fast' && log.on('fast').length === 11 ? busy : undefined;
		await over({ fast: 10, slow: 100 }, itemsOf(12), { log, answer });
		expect(log.on('slow')).toHaveLength(1);
	});

	test('do not count on one that has items of its own before', async () => {
		const items = [...itemsOf(40, { channel: 'fast' }), ...itemsOf(4)];
		const { log } = await over({ fast: 10, slow: 100 }, items);
		expect(last(log.calls)).toBeLessThanOrEqual(410);
	});

	test('do not count on one that a job without a call has', async () => {
		const channels = new Channels();
		const ms = { fast: 10, slow: 100 };
		await settled(serve(channels, itemsOf(12), { list: ['fast', 'slow'], ms }));
		channels.hold('fast');
		const { log } = await settled(serve(channels, itemsOf(1), { list: ['fast', 'slow'], ms }));
		expect(log.on('slow')).toHaveLength(1);
	});

	test('count no items that wait for the limit of their execution', async () => {
		const channels = new Channels();
		const usual = { list: ['fast', 'slow'], ms: { fast: 10, slow: 100 } };
		await settled(serve(channels, itemsOf(12), usual));
		const log = new CallLog();
		const limited = serve(channels, itemsOf(50), { ...usual, log, maxChannels: 1 });
		await jest.advanceTimersByTimeAsync(5);
		await settled(Promise.all([limited, serve(channels, itemsOf(1), { ...usual, log })]));
		expect(log.on('slow')).toEqual([]);
	});

	test('serve executions of one item near the best possible schedule', async () => {
		const channels = new Channels();
		const ms = { a: 200, b: 400, c: 700, d: 1200, e: 2000 };
		const log = new CallLog();
		const single = async (id: number) => {
			await after(10 * id);
			await serve(channels, itemsOf(1, { id }), { list: Object.keys(ms), ms, log });
		};
		await settled(Promise.all([...Array(100).keys()].map(single)));
		expect(log.calls).toHaveLength(100);
		// The best schedule takes 10 s.
		expect(last(log.calls)).toBeLessThanOrEqual(10_000 * 1.02);
	});

	test('end when halted, also those that have left items to others', async () => {
		const halting = new Cancellation();
		const log = new CallLog();
		const answer = (_item: TestItem, channel?: string) => {
			if (channel === 'fast' && log.on('fast').length === 11) halting.abort();
			return DONE;
		};
		const options = { log, answer, halting };
		const { left } = await over({ fast: 10, slow: 100 }, itemsOf(13), options);
		expect([log.calls.length, left.length]).toEqual([12, 1]);
	});
});

/** What an execution is to do. */
interface Plan {
	items: number;
	/** The channel that its items name. */
	channel?: string;
	/** When it comes, and how long after that it is stopped, in milliseconds. */
	startMs: number;
	stopAfterMs?: number;
	/** How long its pictures take, in milliseconds. */
	prepareMs: number;
	/** It ends after each item, and comes again for the next one: a loop over items. */
	isLoop?: true;
}

/** What became of it. */
interface Execution extends Plan {
	served: number;
	failed: number;
	/** Executions at work when it came. */
	others: number;
	/** Jobs on each channel when it came, and on the channel of its first job until that began. */
	jobsThen: Record<string, number>;
	waited: number;
	refused: boolean;
}

interface World {
	/** Service time of each channel in milliseconds. */
	channels: Record<string, number>;
	/** After so many jobs, a channel has no credits left. */
	credits?: Record<string, number>;
	/** When an account is deleted, in milliseconds. */
	deletedAt?: Record<string, number>;
	/** The share of calls that fail, and that are answered 429 because of another process. */
	errors?: number;
	busy?: number;
	unfetchable?: number;
	/** The share of lists that cannot be read. */
	unreadable?: number;
}

/** The API with its channels, and executions that share them. */
class Simulation {
	readonly begin = performance.now();

	/** Calls that met a job on their channel. */
	collisions = 0;

	private readonly next = random(SEED);

	private readonly running = new Set<string>();

	private readonly jobs: Record<string, number> = {};

	private atWork = 0;

	constructor(private readonly world: World) {}

	async run(plans: Plan[]): Promise<Execution[]> {
		return await Promise.all(
			plans.map(async (plan) => {
				const jobs = { served: 0, failed: 0, waited: 0, refused: false };
				const execution: Execution = { ...plan, ...jobs, others: 0, jobsThen: {} };
				await after(plan.startMs);
				execution.others = this.atWork++;
				execution.jobsThen = { ...this.jobs };
				await this.execute(execution);
				this.atWork--;
				return execution;
			}),
		);
	}

	private async execute(execution: Execution): Promise<void> {
		const halting = new Cancellation();
		const { stopAfterMs, items, isLoop } = execution;
		if (stopAfterMs !== undefined) void after(stopAfterMs).then(() => halting.abort());
		for (const count of isLoop ? Array<number>(items).fill(1) : [items]) {
			await withChannels(
				'simulated',
				async (channels) => await this.serveAll(channels, execution, count, halting),
			);
			if (isLoop) await after(5 + Math.floor(this.next() * 30));
		}
	}

	private async serveAll(
		channels: Channels,
		execution: Execution,
		count: number,
		halting: Cancellation,
	): Promise<void> {
		const left = await channels.run(itemsOf(count, { channel: execution.channel }), {
			maxChannels: Infinity,
			anyChannel: true,
			halting,
			readList: async () => {
				await after(3);
				return this.next() < (this.world.unreadable ?? 0) ? undefined : this.listed;
			},
			prepare: async () => await this.prepare(execution),
			tooBusy: () => execution.failed++,
			serve: async (_item, { id }) => await this.call(execution, id ?? this.chosen()),
		});
		execution.failed += left.length;
	}

	private async prepare(execution: Execution): Promise<boolean> {
		await after(execution.prepareMs);
		const isPrepared = this.next() >= (this.world.unfetchable ?? 0);
		if (!isPrepared) execution.failed++;
		return isPrepared;
	}

	/** One call to the API on a channel. */
	private async call(execution: Execution, channel: string): Promise<Served> {
		if (this.running.has(channel)) this.collisions++;
		if (!this.listed.includes(channel)) return this.refuse(execution);
		if (this.next() < (this.world.busy ?? 0)) {
			execution.refused = true;
			return { item: 'back', channel: 'busy', busyMs: 50 };
		}
		this.running.add(channel);
		const jobs = this.jobs[channel] ?? 0;
		if (execution.served === 0) execution.waited = jobs - (execution.jobsThen[channel] ?? 0);
		this.jobs[channel] = jobs + 1;
		await after(this.world.channels[channel] ?? 0);
		this.running.delete(channel);
		if (this.next() < (this.world.errors ?? 0)) execution.failed++;
		else execution.served++;
		return DONE;
	}

	/** A channel without credits, or one that is not there, leaves its items to the others. */
	private refuse(execution: Execution): Served {
		execution.refused = true;
		return { item: 'back', channel: 'spent' };
	}

	private isDeleted(channel: string): boolean {
		const { [channel]: deletedAt = Infinity } = this.world.deletedAt ?? {};
		return performance.now() - this.begin >= deletedAt;
	}

	/** The channels with credits. */
	private get listed(): string[] {
		const { channels, credits = {} } = this.world;
		return Object.keys(channels).filter(
			(id) => !this.isDeleted(id) && (this.jobs[id] ?? 0) < (credits[id] ?? Infinity),
		);
	}

	/** The API takes any channel with credits. */
	private chosen(): string {
		const { listed } = this;
		return listed[Math.floor(this.next() * listed.length)] ?? '';
	}
}

describe.each([1, 2, 3])(
	'executions of one item that start 0 to 2 s apart, channels: %i',
	(count) => {
		test.each([1, 2, 3, 4, 5])('never meet, round %i', async (round) => {
			const next = random(SEED + round);
			const ids = ['a', 'b', 'c'].slice(0, count);
			const simulation = new Simulation({
				channels: Object.fromEntries(ids.map((id) => [id, 1000 + Math.floor(next() * 3000)])),
			});
			let startMs = 0;
			const plans = Array.from({ length: 30 }, () => {
				startMs += Math.floor(next() * 2000);
				return { items: 1, startMs, prepareMs: 1 };
			});
			const executions = await settled(simulation.run(plans));
			expect(simulation.collisions).toBe(0);
			expect(executions.map(({ served }) => served)).toEqual(Array(30).fill(1));
		});
	},
);

describe.each([
	['', 0],
	[' and the list cannot be read now and then', 0.3],
])('400 executions with all that can go wrong%s', (_name, unreadable) => {
	const CHANNELS = { a: 30, b: 50, c: 80, d: 120, e: 200, f: 40 };
	/** Not named by any item: one spends its credits, one is deleted. */
	const NAMED = ['a', 'b', 'c', 'd'];

	const plan = (next: () => number, index: number): Plan => {
		const isStopped = next() < 0.1;
		const isLoop = next() < 0.1;
		return {
			items: next() < 0.7 ? 1 : 2 + Math.floor(next() * 25),
			channel: next() < 0.3 ? NAMED[Math.floor(next() * NAMED.length)] : undefined,
			startMs: index * 20 + Math.floor(next() * 20),
			prepareMs: next() < 0.2 ? Math.floor(next() * 300) : 1,
			...(isStopped && { stopAfterMs: Math.floor(next() * 500) }),
			...(isLoop && { isLoop: true as const }),
		};
	};

	test.each([1, 2])('never meet on a channel, and none starves, seed %i', async (round) => {
		const next = random(SEED + round);
		const simulation = new Simulation({
			channels: CHANNELS,
			credits: { e: 20 },
			deletedAt: { f: 3000 },
			errors: 0.05,
			busy: 0.02,
			unfetchable: 0.03,
			unreadable,
		});
		const plans = Array.from({ length: 400 }, (_, index) => plan(next, index));
		const executions = await settled(simulation.run(plans));
		expect(simulation.collisions).toBe(0);
		const unstopped = executions.filter(({ stopAfterMs }) => stopAfterMs === undefined);
		expect(unstopped.every(({ items, served, failed }) => served + failed === items)).toBe(true);
		const late = unstopped.filter(
			({ items, waited, others, refused, prepareMs }) =>
				items === 1 && !refused && prepareMs === 1 && waited > others + 1,
		);
		expect(late).toEqual([]);
	});
});
