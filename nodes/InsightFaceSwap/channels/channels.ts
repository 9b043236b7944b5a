import { sleep } from 'n8n-workflow';

import type { CancelSignal } from '../shared/cancellation';
import { pause } from '../shared/retry';

/** How long the list of accounts is valid, in milliseconds. */
const LIST_MS = 60_000;

/** An item that takes longer to get ready, in milliseconds, has pictures from afar: the list is read meanwhile. */
const SLOW_MS = 200;

/** How long a list that could not be read is not read again, in milliseconds. */
const UNREADABLE_MS = 5_000;

/** The maximum number of concurrent calls of an account that need no channel. */
const READERS = 4;

/** The longest time between two checks while something waits, in milliseconds. */
const CHECK_MS = 1000;

/** By how much a wait that was cut to a deadline may end after it, in milliseconds: they are measured apart. */
export const TOLERANCE_MS = 100;

/**
 * How much longer than its Maximum Wait an item waits behind a job that no call belongs to, in milliseconds: one with
 * the same Maximum Wait is given up before, after a last read.
 */
const HELD_TOLERANCE_MS = 5_000;

/** What became of an item's call: two facts that do not depend on each other. Times in milliseconds. */
export interface Served {
	/** `back`: any channel that may serves it again, after `restMs`. */
	item: 'done' | 'back';
	restMs?: number;
	/** `spent`: it takes no more items that name no channel, in any execution, until the list is read again. */
	channel: 'free' | 'busy' | 'spent';
	busyMs?: number;
}

export interface ChannelItem {
	/** The channel that the user names; otherwise any shared one. */
	readonly channel?: string;
	/** How long it waits for a busy channel, in milliseconds. */
	readonly maximumWaitMs: number;
}

/** What an execution wants for its items, and does with them. Its functions throw nothing. */
export interface ChannelRun<T extends ChannelItem> {
	/** The maximum number of channels that serve its items without a channel at the same time. */
	maxChannels: number;
	/** Whether any channel may serve items that name none. Otherwise the only one does, or the API chooses. */
	anyChannel: boolean;
	/** Reads the channels with credits. @returns nothing where that fails: the API chooses then */
	readList(): Promise<string[] | undefined>;
	/** Nothing begins after it. */
	halting: CancelSignal;
	/** Gets an item ready before its turn. @returns false where that fails: the item is out */
	prepare(item: T): Promise<boolean>;
	/**
	 * Makes the call of an item.
	 * @param channel its ID, nothing where the API chooses it; and whether other channels are left
	 */
	serve(item: T, channel: { id?: string; hasOthers: () => boolean }): Promise<Served>;
	/**
	 * The item is out: all channels that it may use are busy for `ms`, until after its deadline; 0 where jobs that no
	 * call belongs to have had all of them for as long as it waits.
	 */
	tooBusy(item: T, ms: number): void;
}

/** An item, and how far it is. */
interface Entry {
	readonly item: ChannelItem;
	/** Where it waits. */
	readonly queue: Entry[];
	/** `out`: it does not come back. */
	state: 'new' | 'preparing' | 'ready' | 'called' | 'out';
	/** It is not served before this time, by `performance.now()`; while it is got ready: when that counts as slow. */
	notBefore: number;
	/** Until when it waits for busy channels; set when it begins to. */
	deadline?: number;
	/** Since when jobs that no call belongs to have all channels that it may use. */
	heldSince?: number;
}

/** A call of `run` that is not over. */
interface Execution {
	readonly run: ChannelRun<ChannelItem>;
	/** The items that wait for the channel that they name, and those that name none. */
	readonly named: Map<Channel, Entry[]>;
	readonly shared: Entry[];
	/** The number of its next turn on the channels that have served it; elsewhere that of its arrival. */
	readonly turns: Map<Channel, number>;
	readonly arrival: number;
	/** Whether it knows the list, or that it cannot be read. */
	isListed: boolean;
	/** Calls and preparations in flight, and the calls of shared items among them. */
	working: number;
	sharedCalls: number;
	end: () => void;
	fail: (error: unknown) => void;
}

/** The next item for a channel. The turn with the lowest number comes first. */
type Turn = { execution: Execution; entry: Entry; channel: Channel; number: number };

/** The channels of one account, and the executions of this process that use them. */
export class Channels {
	private readonly channels = new Map<string, Channel>();

	/** The calls whose channel the API chooses: one at a time, and none on a channel beside it. */
	private readonly unnamed = new Channel();

	private readonly executions = new Set<Execution>();

	private turns = 0;

	/** The channels with credits, as last read. */
	private list: Channel[] = [];

	/** When it is to be read again, by `performance.now()`. */
	private listDueAt = 0;

	private isListing = false;

	private readonly reads = new Set<Promise<void>>();

	private willPump = false;

	private checkAt = Infinity;

	/**
	 * Serves items: each channel one at a time, executions in turn, items that name a channel first.
	 * @returns those that were not served: no channel was left for them, or the execution was halted
	 */
	async run<T extends ChannelItem>(items: T[], run: ChannelRun<T>): Promise<T[]> {
		const named = new Map<Channel, Entry[]>();
		const shared: Entry[] = [];
		for (const { channel } of items) if (channel) named.set(this.channel(channel), []);
		const entries = items.map((item): Entry => {
			const queue = (item.channel && named.get(this.channel(item.channel))) || shared;
			return { item, queue, state: 'new', notBefore: 0 };
		});
		for (const entry of entries) entry.queue.push(entry);
		const pump = () => this.pump();
		run.halting.addEventListener('abort', pump);
		await new Promise<void>((end, fail) => {
			const counts = { arrival: ++this.turns, isListed: false, working: 0, sharedCalls: 0 };
			this.executions.add({ run, named, shared, turns: new Map(), ...counts, end, fail });
			this.pump();
		}).finally(() => run.halting.removeEventListener('abort', pump));
		return items.filter((_item, index) => entries[index]?.state !== 'out');
	}

	/** Keeps a channel for a job that no call belongs to. @returns what releases it; to be called once */
	hold(id: string): () => void {
		const channel = this.channel(id);
		channel.held++;
		return () => {
			channel.held--;
			this.pump();
		};
	}

	/**
	 * Makes calls that need no channel, four at a time.
	 * @returns what `work` gives; nothing if halted before its turn
	 */
	async read<R>(halting: CancelSignal, work: () => Promise<R>): Promise<R | undefined> {
		while (this.reads.size >= READERS && !halting.aborted) {
			await pause(CHECK_MS, halting, ...this.reads);
		}
		if (halting.aborted) return undefined;
		const reading = work();
		const ended = reading.then(nothing, nothing);
		this.reads.add(ended);
		return await reading.finally(() => this.reads.delete(ended));
	}

	/** Begins whatever may begin, as soon as the code that calls it gives way. It is called after every change. */
	private pump(): void {
		if (this.willPump) return;
		this.willPump = true;
		void Promise.resolve().then(() => {
			this.willPump = false;
			for (const execution of this.atWork) this.advance(execution);
			this.giveTurns();
			for (const execution of this.executions) this.endIfOver(execution);
		});
	}

	private get atWork(): Execution[] {
		return [...this.executions].filter(({ run }) => !run.halting.aborted);
	}

	/**
	 * Gets the next items ready: one for each channel that the execution may use. The list is read once one is, or takes
	 * long.
	 */
	private advance(execution: Execution): void {
		const { run } = execution;
		if (!execution.isListed && this.next(execution).some(isReadyOrSlow)) {
			void this.readList(run);
			execution.isListed = performance.now() < this.listDueAt;
		}
		for (const entry of this.next(execution)) {
			if (run.halting.aborted) return;
			const isOut = entry.state !== 'preparing' && this.isLate(execution, entry);
			if (entry.state === 'new' && !isOut) void this.prepare(execution, entry);
			if (entry.notBefore > performance.now()) this.checkAfter(entry.notBefore - performance.now());
		}
	}

	/** Whether all channels of an item are busy until after its deadline, or held for as long as it waits: it is out then. */
	private isLate(execution: Execution, entry: Entry): boolean {
		const { item } = entry;
		const channels = item.channel ? [this.channel(item.channel)] : this.usable(execution);
		const ms = Math.min(...channels.map(({ busyMs }) => busyMs));
		if (channels.length === 0) return false;
		if (!isTooBusy(entry, ms) && !this.isHeldTooLong(entry, channels)) return false;
		take(entry, 'out');
		execution.run.tooBusy(item, ms);
		this.pump();
		return true;
	}

	/** The end of such a job is not known: it may be that of another execution, which waits for days. */
	private isHeldTooLong(entry: Entry, channels: Channel[]): boolean {
		const isHeld = channels.every(({ held }) => held > 0);
		entry.heldSince = isHeld ? (entry.heldSince ?? performance.now()) : undefined;
		if (entry.heldSince === undefined) return false;
		const waitMs = entry.item.maximumWaitMs + HELD_TOLERANCE_MS;
		const leftMs = entry.heldSince + waitMs - performance.now();
		if (leftMs > 0) this.checkAfter(leftMs);
		return leftMs <= 0;
	}

	private async prepare(execution: Execution, entry: Entry): Promise<void> {
		entry.state = 'preparing';
		entry.notBefore = performance.now() + SLOW_MS;
		execution.working++;
		const work = execution.run.prepare(entry.item);
		const isPrepared = await this.settled(execution, work, false);
		execution.working--;
		if (isPrepared) Object.assign(entry, { state: 'ready', notBefore: 0 });
		else take(entry, 'out');
		this.pump();
	}

	/** Reads the list for all executions. A failure after Stop says nothing: the next execution reads it then. */
	private async readList(run: ChannelRun<ChannelItem>): Promise<void> {
		if (this.isListing || performance.now() < this.listDueAt) return;
		this.isListing = true;
		const list = await run.readList();
		this.isListing = false;
		if (list) this.list = list.map((id) => Object.assign(this.channel(id), { isSpent: false }));
		if (list || !run.halting.aborted) {
			this.listDueAt = performance.now() + (list ? LIST_MS : UNREADABLE_MS);
		}
		this.pump();
	}

	private giveTurns(): void {
		const load = (channel: Channel) =>
			this.atWork.filter(({ named }) => named.get(channel)?.length).length;
		const channels = [...this.channels.values()].sort((one, other) => load(one) - load(other));
		const unnamed = this.nextTurn(this.unnamed);
		for (const channel of this.unnamed.isCalled ? [] : channels) {
			const turn = this.nextTurn(channel);
			if (turn && (!unnamed || turn.number <= unnamed.number)) void this.serve(turn);
		}
		if (!unnamed || channels.some(({ isCalled }) => isCalled)) return;
		void this.readList(unnamed.execution.run);
		void this.serve(unnamed);
	}

	/** The next item for a channel, if it is free. */
	private nextTurn(channel: Channel): Turn | undefined {
		const waiting = this.atWork.filter(
			(execution) => execution.named.get(channel)?.length || this.mayShare(execution, channel),
		);
		if (waiting.length > 0 && channel.busyMs > 0) this.checkAfter(channel.busyMs);
		if (!channel.isFree) return undefined;
		const shared = waiting.reduce((sum, execution) => sum + mayBegin(execution), 0);
		const turn = ({ turns, arrival }: Execution) => turns.get(channel) ?? arrival;
		for (const execution of waiting.sort((one, other) => turn(one) - turn(other))) {
			const entry = this.nextEntry(execution, channel, shared);
			if (entry) return { execution, entry, channel, number: turn(execution) };
		}
		return undefined;
	}

	/** @param shared how many items may begin that name no channel */
	private nextEntry(execution: Execution, channel: Channel, shared: number): Entry | undefined {
		const [own] = execution.named.get(channel) ?? [];
		if (own && isReady(own)) return own;
		if (!this.mayShare(execution, channel)) return undefined;
		const entry = this.nextShared(execution).find(isReady);
		return entry && !this.leavesToOthers(execution, channel, shared) ? entry : undefined;
	}

	/** Whether the other channels should end all these items before this one ends one. It is checked again. */
	private leavesToOthers(execution: Execution, channel: Channel, shared: number): boolean {
		const { meanMs } = channel;
		if (meanMs === undefined) return false;
		let left = shared;
		for (const other of this.usable(execution)) {
			if (other === channel) continue;
			const before = execution.named.get(other)?.length ?? 0;
			left -= Math.max(0, other.endsWithin(meanMs) - before);
		}
		if (left > 0) return false;
		this.checkAfter(meanMs);
		return true;
	}

	/** The channels for items of an execution that name none; none while it does not know them. */
	private usable({ isListed, run }: Execution): Channel[] {
		if (!isListed) return [];
		const { length } = this.list;
		const apiChooses = length === 0 || (length > 1 && !run.anyChannel);
		return apiChooses ? [this.unnamed] : this.list.filter(({ isSpent }) => !isSpent);
	}

	/** Whether a channel may serve an item now that names none. */
	private mayShare(execution: Execution, channel: Channel): boolean {
		return mayBegin(execution) > 0 && this.usable(execution).includes(channel);
	}

	private next(execution: Execution): Entry[] {
		const own = [...execution.named.values()].flatMap((queue) => queue.slice(0, 1));
		return [...own, ...this.nextShared(execution)];
	}

	private nextShared(execution: Execution): Entry[] {
		const channels = execution.isListed ? this.usable(execution).length : 1;
		return execution.shared.slice(0, Math.min(execution.run.maxChannels, channels));
	}

	private async serve({ execution, entry, channel }: Turn): Promise<void> {
		const { item } = entry;
		take(entry, 'called');
		channel.begin();
		execution.working++;
		if (!item.channel) execution.sharedCalls++;
		this.pump();
		const hasOthers = () => this.list.some((one) => one !== channel && !one.isSpent);
		const work = execution.run.serve(item, { id: channel.id, hasOthers });
		const served = await this.settled(execution, work, { item: 'done', channel: 'free' });
		const isHalted = execution.run.halting.aborted;
		channel.end(served.item === 'done' && served.channel !== 'busy' && !isHalted);
		if (isHalted) channel.abandon();
		execution.turns.set(channel, ++this.turns);
		execution.working--;
		if (!item.channel) execution.sharedCalls--;
		this.note(served, entry, channel);
		this.pump();
	}

	/** Notes what a call says of its channel and its item. */
	private note(served: Served, entry: Entry, channel: Channel): void {
		const { restMs = 0, busyMs = 0 } = served;
		const isSpent = served.channel === 'spent';
		if (isSpent) channel.isSpent = true;
		if (isSpent && this.list.every((one) => one.isSpent)) this.listDueAt = 0;
		if (served.channel === 'busy') {
			channel.refuse(busyMs);
			entry.deadline ??= performance.now() + entry.item.maximumWaitMs;
		}
		const isDone = served.item === 'done';
		if (isDone) entry.state = 'out';
		// There is no other channel for an item that names one, or whose channel the API chooses.
		if (isDone || (isSpent && (entry.item.channel || !channel.id))) return;
		entry.state = 'ready';
		entry.notBefore = performance.now() + restMs;
		entry.queue.unshift(entry);
	}

	/** Ends an execution whose work throws, which it should not. */
	private async settled<R>(execution: Execution, work: Promise<R>, otherwise: R): Promise<R> {
		return await work.catch((error: unknown) => {
			this.executions.delete(execution);
			execution.fail(error);
			return otherwise;
		});
	}

	private endIfOver(execution: Execution): void {
		const { working, run, isListed, named, shared } = execution;
		const hasNamed = [...named.values()].some((queue) => queue.length > 0);
		const hasShared = shared.length > 0 && (!isListed || this.usable(execution).length > 0);
		const isListing = this.isListing && !isListed;
		if (working > 0 || ((hasNamed || hasShared || isListing) && !run.halting.aborted)) return;
		this.executions.delete(execution);
		execution.end();
	}

	/** Pumps after `ms`, or earlier. */
	private checkAfter(ms: number): void {
		const now = performance.now();
		const at = now + Math.min(ms, CHECK_MS);
		if (at >= this.checkAt) return;
		this.checkAt = at;
		void sleep(at - now).then(() => {
			if (this.checkAt !== at) return;
			this.checkAt = Infinity;
			this.pump();
		});
	}

	private channel(id: string): Channel {
		const channel = this.channels.get(id) ?? new Channel(id);
		this.channels.set(id, channel);
		return channel;
	}
}

/** How many items of an execution may begin that name no channel. */
const mayBegin = ({ run, shared, sharedCalls }: Execution): number =>
	Math.min(shared.length, run.maxChannels - sharedCalls);

const isReadyOrSlow = ({ state, notBefore }: Entry): boolean =>
	state !== 'new' && notBefore <= performance.now();

const isReady = (entry: Entry): boolean => entry.state === 'ready' && isReadyOrSlow(entry);

const nothing = () => {};

/** @param ms for how long all channels of the item are busy */
function isTooBusy(entry: Entry, ms: number): boolean {
	if (ms === 0) return false;
	entry.deadline ??= performance.now() + entry.item.maximumWaitMs;
	return performance.now() + ms > entry.deadline + TOLERANCE_MS;
}

/** Takes an entry out of its queue. */
function take(entry: Entry, state: 'called' | 'out'): void {
	entry.queue.splice(entry.queue.indexOf(entry), 1);
	entry.state = state;
}

/** The channels of the accounts that executions of this process use now, by a hash of base URL and token. */
const accounts = new Map<string, { channels: Channels; users: number }>();

/** How many accounts are in use. */
export const accountsInUse = (): number => accounts.size;

/** Lets an execution use the channels of an account, which all executions of this process share. */
export async function withChannels<R>(
	key: string,
	work: (channels: Channels) => Promise<R>,
): Promise<R> {
	const account = accounts.get(key) ?? { channels: new Channels(), users: 0 };
	accounts.set(key, account);
	account.users++;
	try {
		return await work(account.channels);
	} finally {
		account.users--;
		if (account.users === 0) accounts.delete(key);
	}
}

/** However long the API asks for, a channel is tried again after this time, in milliseconds. */
const MAX_BUSY_MS = 3_600_000;

/** What is known of a channel, or of the calls whose channel the API chooses. Times in milliseconds. */
export class Channel {
	/** Whether a call is in flight. */
	isCalled = false;

	/** How many jobs have it that no call belongs to. */
	held = 0;

	/** Whether it takes no items that name no channel, until the list is read again. */
	isSpent = false;

	private begunAt = 0;

	private served = 0;

	private servedMs = 0;

	/** Nothing begins before this time, by `performance.now()`. */
	private busyUntil = 0;

	/** @param id nothing where the API chooses the channel */
	constructor(readonly id?: string) {}

	/** The mean service time, once a call was served. */
	get meanMs(): number | undefined {
		return this.served > 0 ? this.servedMs / this.served : undefined;
	}

	/** For how long nothing begins here. */
	get busyMs(): number {
		return Math.max(0, this.busyUntil - performance.now());
	}

	get isFree(): boolean {
		return !this.isCalled && this.held === 0 && this.busyMs === 0;
	}

	begin(): void {
		this.isCalled = true;
		this.begunAt = performance.now();
	}

	/** @param isServed whether the time of the call counts as a service time */
	end(isServed: boolean): void {
		this.isCalled = false;
		if (!isServed) return;
		this.served++;
		this.servedMs += performance.now() - this.begunAt;
	}

	/** Notes that the API has said that the channel is busy for `ms`. */
	refuse(ms: number): void {
		this.busyUntil = performance.now() + Math.min(ms, MAX_BUSY_MS);
	}

	/** Notes that nobody waits for the call any more, which probably goes on at the API until its expected end. */
	abandon(): void {
		this.busyUntil = Math.max(this.busyUntil, this.begunAt + (this.meanMs ?? 0));
	}

	/** How many further calls should end within `ms`. An overdue call is expected to take as long again. */
	endsWithin(ms: number): number {
		const { meanMs } = this;
		if (meanMs === undefined || this.held > 0) return 0;
		const calledMs = this.isCalled ? Math.abs(this.begunAt + meanMs - performance.now()) : 0;
		return Math.max(0, Math.ceil((ms - Math.max(calledMs, this.busyMs)) / meanMs) - 1);
	}
}
