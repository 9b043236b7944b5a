import {
	accountsInUse,
	withAccount,
	type Account,
} from '../../nodes/InsightFaceSwap/execution/scheduling/channelRegistry';
import {
	runScheduler,
	type NextAction,
} from '../../nodes/InsightFaceSwap/execution/scheduling/channelScheduler';
import { random } from '../support/random';

const SEED = 20_261_125;

/** What an execution is to do. */
interface Plan {
	tasks: number;
	/** The channel that its items name. */
	channel?: string;
	/** When it comes, and how long after that it is stopped, in milliseconds. */
	startMs: number;
	stopAfterMs?: number;
	/** How long its pictures take, in milliseconds. */
	prepareMs: number;
	/** It is suspended after each item, and comes again for the next one: a loop over items. */
	suspends?: true;
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
}

const after = async (ms: number) => await new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Lets the simulated time pass until the work is done. */
async function settled<T>(work: Promise<T>): Promise<T> {
	let isDone = false;
	void work.finally(() => (isDone = true)).catch(() => {});
	for (let step = 0; !isDone && step < 200_000; step++) await jest.advanceTimersToNextTimerAsync();
	expect(isDone).toBe(true);
	return await work;
}

/** The API with its channels, and executions that share the scheduler as the node's do. */
class Simulation {
	readonly begin = Date.now();

	/** Calls that met a job on their channel. */
	collisions = 0;

	private readonly next = random(SEED);

	/** The channel of the running job of each execution. */
	private readonly running = new Map<Execution, string>();

	private readonly jobs: Record<string, number> = {};

	private atWork = 0;

	constructor(private readonly world: World) {}

	async run(plans: Plan[]): Promise<Execution[]> {
		return await Promise.all(
			plans.map(async (plan) => {
				const execution: Execution = {
					...plan,
					served: 0,
					failed: 0,
					others: 0,
					jobsThen: {},
					waited: 0,
					refused: false,
				};
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
		const stop = new AbortController();
		const { stopAfterMs, tasks, suspends } = execution;
		if (stopAfterMs !== undefined) void after(stopAfterMs).then(() => stop.abort());
		const runs = suspends ? Array<number>(tasks).fill(1) : [tasks];
		for (const count of runs) {
			await withAccount(
				'simulated',
				true,
				async (account) => await this.serveAll(account, execution, count, stop.signal),
			);
			if (suspends) await after(5 + Math.floor(this.next() * 30));
		}
	}

	private async serveAll(
		account: Account,
		execution: Execution,
		count: number,
		stop: AbortSignal,
	): Promise<void> {
		const { channel } = execution;
		const isAlone = count === 1 && !account.isShared;
		const left = await runScheduler(
			Array.from({ length: count }, () => ({ channel })),
			{
				shared: isAlone
					? [undefined]
					: await account.listed(
							async () => this.listed,
							() => stop.aborted,
						),
				halted: () => stop.aborted,
				rest: after,
				prepare: async () => await this.prepare(execution),
				turn: async (id, withdrawn, demand) => await account.turnOn(id, [stop, withdrawn], demand),
				serve: async (_task, id) => await this.serve(account, execution, id),
			},
		);
		execution.failed += left.length;
	}

	private async prepare(execution: Execution): Promise<boolean> {
		await after(execution.prepareMs);
		const isReady = this.next() >= (this.world.unfetchable ?? 0);
		if (!isReady) execution.failed++;
		return isReady;
	}

	private async serve(
		account: Account,
		execution: Execution,
		id: string | undefined,
	): Promise<NextAction> {
		const nextAction = id
			? await this.call(execution, id)
			: await account.anonymously(
					async () => this.running.get(execution),
					async () => await this.call(execution, this.chosen()),
				);
		if (id && this.isDeleted(id)) account.forgetList();
		if (nextAction.next === 'close' && id) account.noteSpent(id);
		if (nextAction.next === 'rest' && nextAction.busy && id) account.noteBusy(id, nextAction.ms);
		return nextAction;
	}

	/** One call to the API on a channel. */
	private async call(execution: Execution, channel: string): Promise<NextAction> {
		if ([...this.running.values()].includes(channel)) this.collisions++;
		if (!this.listed.includes(channel)) return this.refuse(execution, channel);
		if (this.next() < (this.world.busy ?? 0)) {
			execution.refused = true;
			return { next: 'rest', ms: 50, busy: true };
		}
		this.running.set(execution, channel);
		const jobs = this.jobs[channel] ?? 0;
		if (execution.served === 0) execution.waited = jobs - (execution.jobsThen[channel] ?? 0);
		this.jobs[channel] = jobs + 1;
		await after(this.world.channels[channel] ?? 0);
		this.running.delete(execution);
		if (this.next() < (this.world.errors ?? 0)) execution.failed++;
		else execution.served++;
		return { next: 'free' };
	}

	/** A channel without credits leaves its items to the others; one that is not there fails them. */
	private refuse(execution: Execution, channel: string): NextAction {
		execution.refused = true;
		if (!this.isDeleted(channel)) return { next: 'close' };
		execution.failed++;
		return { next: 'free' };
	}

	private isDeleted(channel: string): boolean {
		const { [channel]: deletedAt = Infinity } = this.world.deletedAt ?? {};
		return Date.now() - this.begin >= deletedAt;
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

beforeEach(() => jest.useFakeTimers());
afterEach(() => {
	jest.useRealTimers();
	expect(accountsInUse()).toBe(0);
});

const single = (startMs: number): Plan => ({ tasks: 1, startMs, prepareMs: 1 });

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
			const plans = Array.from({ length: 30 }, () =>
				single((startMs += Math.floor(next() * 2000))),
			);
			const executions = await settled(simulation.run(plans));
			expect(simulation.collisions).toBe(0);
			expect(executions.map(({ served }) => served)).toEqual(Array(30).fill(1));
		});
	},
);

test('100 executions of one item come near the best schedule of 5 channels of unequal speed', async () => {
	const channels = { a: 200, b: 400, c: 700, d: 1200, e: 2000 };
	const simulation = new Simulation({ channels });
	const begin = Date.now();
	const executions = await settled(
		simulation.run(Array.from({ length: 100 }, (_, index) => single(index * 10))),
	);
	expect(executions.every(({ served }) => served === 1)).toBe(true);
	// The best schedule takes 10 s.
	expect(Date.now() - begin).toBeLessThanOrEqual(10_000 * 1.05);
});

describe.each([1, 2, 3])('400 executions with all that can go wrong, seed %i', (round) => {
	const CHANNELS = { a: 30, b: 50, c: 80, d: 120, e: 200, f: 40 };
	/** Not named by any item: one spends its credits, one is deleted. */
	const NAMED = ['a', 'b', 'c', 'd'];

	const plan = (next: () => number, index: number): Plan => {
		const isStopped = next() < 0.1;
		const isLoop = next() < 0.1;
		return {
			tasks: next() < 0.7 ? 1 : 2 + Math.floor(next() * 25),
			channel: next() < 0.3 ? NAMED[Math.floor(next() * NAMED.length)] : undefined,
			startMs: index * 20 + Math.floor(next() * 20),
			prepareMs: next() < 0.2 ? Math.floor(next() * 300) : 1,
			...(isStopped && { stopAfterMs: Math.floor(next() * 500) }),
			...(isLoop && { suspends: true as const }),
		};
	};

	const run = async () => {
		const next = random(SEED + round);
		const simulation = new Simulation({
			channels: CHANNELS,
			credits: { e: 20 },
			deletedAt: { f: 3000 },
			errors: 0.05,
			busy: 0.02,
			unfetchable: 0.03,
		});
		const plans = Array.from({ length: 400 }, (_, index) => plan(next, index));
		return { simulation, executions: await settled(simulation.run(plans)) };
	};

	test('never meet on a channel, and none starves', async () => {
		const { simulation, executions } = await run();
		expect(simulation.collisions).toBe(0);
		const unstopped = executions.filter(({ stopAfterMs }) => stopAfterMs === undefined);
		expect(unstopped.every(({ tasks, served, failed }) => served + failed === tasks)).toBe(true);
		const late = unstopped.filter(
			({ tasks, waited, others, refused, prepareMs }) =>
				tasks === 1 && !refused && prepareMs === 1 && waited > others + 1,
		);
		expect(late).toEqual([]);
	});
});
