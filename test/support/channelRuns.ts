/** Executions that share the channels of an account, in simulated time: `jest.useFakeTimers()` first. */
import type {
	ChannelItem,
	ChannelRun,
	Channels,
	Served,
} from '../../nodes/InsightFaceSwap/channels/channels';
import { Cancellation } from '../../nodes/InsightFaceSwap/shared/cancellation';

export interface TestItem extends ChannelItem {
	id: number;
}

export const DONE: Served = { item: 'done', channel: 'free' };

/** So many items, with IDs from 0. */
export const itemsOf = (count: number, more: Partial<TestItem> = {}): TestItem[] =>
	Array.from({ length: count }, (_, id) => ({ id, maximumWaitMs: 600_000, ...more }));

export const after = async (ms: number) =>
	await new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Lets the simulated time pass until the work is done. */
export async function settled<T>(work: Promise<T>): Promise<T> {
	let isDone = false;
	void work.finally(() => (isDone = true)).catch(() => {});
	for (let step = 0; !isDone && step < 300_000; step++) await jest.advanceTimersToNextTimerAsync();
	expect(isDone).toBe(true);
	return await work;
}

export interface Call {
	id: number;
	channel?: string;
	/** Milliseconds since the log began. */
	begun: number;
	ended: number;
}

/** What the API was asked for, and when. A second call on a channel that has one is an error. */
export class CallLog {
	readonly calls: Call[] = [];

	private readonly startedAt = performance.now();

	private readonly running = new Set<string | undefined>();

	get ms(): number {
		return Math.round(performance.now() - this.startedAt);
	}

	on(channel?: string): Call[] {
		return this.calls.filter((call) => call.channel === channel);
	}

	/** The IDs of the items by the begin of their calls. */
	get order(): number[] {
		return [...this.calls].sort((one, other) => one.begun - other.begun).map(({ id }) => id);
	}

	/** @param answer gives what the call says, once it is answered */
	async call(
		{ id }: TestItem,
		channel: string | undefined,
		answer: () => Promise<Served>,
	): Promise<Served> {
		if (this.running.has(channel)) throw new Error(`Two calls at once on ${channel}`);
		this.running.add(channel);
		const call = { id, channel, begun: this.ms, ended: NaN };
		this.calls.push(call);
		const served = await answer();
		this.running.delete(channel);
		call.ended = this.ms;
		return served;
	}
}

export interface TestRun extends Partial<ChannelRun<TestItem>> {
	/** The channels with credits, `a` and `b` if nothing else is said. */
	list?: string[];
	/** How long a call takes, in milliseconds: 10 if nothing else is said. */
	ms?: number | Record<string, number>;
	/** What the call says; DONE if nothing. */
	answer?: (item: TestItem, channel: string | undefined) => Served | undefined;
	log?: CallLog;
}

/** Runs items on channels. Everything that is not said is as usual. */
export async function serve(channels: Channels, items: TestItem[], options: TestRun = {}) {
	const { list = ['a', 'b'], ms = 10, answer, log = new CallLog(), ...run } = options;
	const busy: Array<{ id: number; ms: number }> = [];
	const left = await channels.run(items, {
		maxChannels: Infinity,
		anyChannel: true,
		readList: async () => list,
		halting: new Cancellation(),
		prepare: async () => true,
		tooBusy: ({ id }, busyMs) => busy.push({ id, ms: Math.round(busyMs) }),
		serve: async (item, { id }) =>
			await log.call(item, id, async () => {
				const served = answer?.(item, id) ?? DONE;
				await after(typeof ms === 'number' ? ms : (ms[id ?? ''] ?? 0));
				return served;
			}),
		...run,
	});
	return { log, left, busy };
}
