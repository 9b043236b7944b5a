import type { CancelSignal } from '../../shared/cancellation';
import { AnonymousCall, type FindChannel } from './anonymousCall';
import { Turns, type Demand, type Turn } from './turns';

/** The maximum number of concurrent calls of an account that need no channel. */
export const READERS = 4;

/** How long the list of channels is valid, in milliseconds. */
const LIST_MS = 60_000;

/** How long executions that have waited for a list that could not be read do not read it again, in milliseconds. */
const UNLISTED_MS = 5_000;

interface ChannelList {
	readAt: number;
	answer: Promise<string[] | undefined>;
	/** The answer, once it is there. */
	channels?: string[];
}

/** The accounts that executions of this process use now, by a hash of base URL and token. */
const accounts = new Map<string, Account>();

/** How many accounts are in use. */
export const accountsInUse = (): number => accounts.size;

/**
 * Lets an execution use what all executions of this process share of an account, while `work` runs.
 * @param submits whether the execution makes calls that need a channel
 */
export async function withAccount<T>(
	key: string,
	submits: boolean,
	work: (account: Account) => Promise<T>,
): Promise<T> {
	const account = accounts.get(key) ?? new Account();
	accounts.set(key, account);
	account.join(submits);
	try {
		return await work(account);
	} finally {
		account.leave(submits);
		if (!account.isUsed) accounts.delete(key);
	}
}

/** The channels of one account, their turns, and what is known of them. */
export class Account {
	private readonly reading = this.turns(READERS, () => true);

	/** Turns of calls that leave the choice of the channel to the API. */
	private readonly anonymous = this.turns(Infinity, () => this.hasRoom());

	private readonly anonymousCalls = new Set<AnonymousCall>();

	private readonly channels = new Map<string, Turns>();

	/** Channels that were busy during a call whose channel was unknown. */
	private readonly perhapsOurs = new Set<Turns>();

	private list?: ChannelList;

	/** When the list could not be read, in milliseconds since 1970. */
	private unlistedAt = 0;

	private users = 0;

	private submitters = 0;

	/** Whether any execution uses it. */
	get isUsed(): boolean {
		return this.users > 0;
	}

	/** Whether several executions use its channels. */
	get isShared(): boolean {
		return this.submitters > 1;
	}

	join(submits: boolean): void {
		this.users++;
		if (submits) this.submitters++;
	}

	leave(submits: boolean): void {
		this.users--;
		if (submits) this.submitters--;
	}

	/** Waits for the turn to make a reading call. */
	async turnToRead(signals: CancelSignal[]): Promise<Turn | undefined> {
		return await this.reading.take(signals);
	}

	/**
	 * Waits for the turn on a channel, or for one whose channel the API chooses.
	 * @param demand how many tasks would take it that other channels could serve, too
	 */
	async turnOn(
		channel: string | undefined,
		signals: CancelSignal[],
		demand?: Demand,
	): Promise<Turn | undefined> {
		if (!channel) return await this.anonymous.take(signals);
		const turn = this.channel(channel).take(signals, demand);
		this.locateAnonymous();
		return await turn;
	}

	/**
	 * Makes a call whose channel the API chooses. While others wait for a channel, the API is asked which
	 * one it has chosen: that one counts as held until the call has ended.
	 */
	async anonymously<T>(find: FindChannel, call: () => Promise<T>): Promise<T> {
		const entry = new AnonymousCall(find);
		this.anonymousCalls.add(entry);
		this.locateAnonymous();
		try {
			return await call();
		} finally {
			this.anonymousCalls.delete(entry);
			entry.end();
		}
	}

	/** How many have or want the turn on a channel. */
	load(channel: string): number {
		return this.channel(channel).load;
	}

	/**
	 * Notes that the API has said that a channel is busy. While a call of this process has a channel
	 * that nobody here knows, it may be that one: the channel then is tried again after that call.
	 */
	noteBusy(channel: string, ms: number): void {
		const turns = this.channel(channel);
		turns.rest(ms);
		if (this.unlocated > 0) this.perhapsOurs.add(turns);
	}

	/** Notes the same where the API has asked to wait longer than an item waits. */
	noteRefused(channel: string, ms: number): void {
		const turns = this.channel(channel);
		turns.refuse(ms);
		if (this.unlocated > 0) this.perhapsOurs.add(turns);
	}

	/** How long the API has asked to wait for a channel, where that was longer than an item waits; in milliseconds. */
	refusedMs(channel: string): number {
		return this.channel(channel).refusedMs;
	}

	/** Notes that the execution no longer waits for its call on a channel. */
	noteAbandoned(channel: string): void {
		this.channel(channel).restUntilServed();
	}

	/** Has a channel count as held by a job that no call in flight belongs to, until the turn ends. */
	occupy(channel: string): Turn {
		return this.channel(channel).occupy();
	}

	/** The mean service time of a channel in milliseconds, once it has served a call. */
	serviceMs(channel: string): number | undefined {
		return this.channel(channel).serviceMs;
	}

	/** Notes that a channel has no credits left. */
	noteSpent(channel: string): void {
		if (!this.list?.channels) return;
		const channels = this.list.channels.filter((other) => other !== channel);
		this.list = { ...this.list, channels, answer: Promise.resolve(channels) };
	}

	/** Has the list read anew when it is needed next. */
	forgetList(): void {
		this.list = undefined;
	}

	/**
	 * The channels that have credits, as known for at most a minute.
	 * @param read asks the API, and gives nothing when the list cannot be read
	 * @param halted whether the execution was stopped, so that its failure says nothing of the API
	 */
	async listed(
		read: () => Promise<string[] | undefined>,
		halted: () => boolean,
	): Promise<string[]> {
		for (;;) {
			const known = this.list && Date.now() - this.list.readAt < LIST_MS ? this.list : undefined;
			const list = known ?? (this.list = { readAt: Date.now(), answer: read() });
			const channels = await list.answer;
			if (channels) {
				list.channels ??= channels;
				return list.channels;
			}
			if (this.list === list) this.list = undefined;
			if (!known && !halted()) this.unlistedAt = Date.now();
			// What another execution could not read because it was stopped, this one reads.
			if (!known || Date.now() - this.unlistedAt < UNLISTED_MS) return [];
		}
	}

	private channel(id: string): Turns {
		const known = this.channels.get(id);
		if (known) return known;
		const turns: Turns = new Turns(
			1,
			() => this.isSafe(),
			() => this.giveTurns(),
			(ms) => this.servedWithout(turns, ms),
		);
		this.channels.set(id, turns);
		return turns;
	}

	/** How many tasks the other channels will have served in `ms` milliseconds. */
	private servedWithout(one: Turns, ms: number): number {
		return [...this.channels.values()]
			.filter((other) => other !== one)
			.reduce((sum, other) => sum + other.servedWithin(ms), 0);
	}

	private turns(size: number, mayBegin: () => boolean): Turns {
		return new Turns(size, mayBegin, () => this.giveTurns());
	}

	/** Calls in flight whose channel is not known. */
	private get unlocated(): number {
		return this.anonymous.held - [...this.anonymousCalls].filter(({ channel }) => channel).length;
	}

	/**
	 * Whether a call on a named channel can begin without meeting one whose channel the API has chosen.
	 * Where the API does not tell that channel, one channel is left free for it.
	 */
	private isSafe(): boolean {
		const lost = [...this.anonymousCalls].filter(({ isLost }) => isLost).length;
		return this.unlocated === 0 || (this.unlocated === lost && this.hasRoom());
	}

	private hasRoom(): boolean {
		const size = this.list?.channels?.length;
		if (!size) return true;
		const held = [...this.channels.values()].reduce((sum, turns) => sum + turns.held, 0);
		return held + this.unlocated < size;
	}

	/** Looks for the channels of calls in flight, where others wait for a channel. */
	private locateAnonymous(): void {
		if (![...this.channels.values()].some(({ isWaitedFor }) => isWaitedFor)) return;
		for (const call of this.anonymousCalls) {
			void call.locate(
				() => this.onlyChannel,
				() => this.hold(call),
			);
		}
	}

	private get onlyChannel(): string | undefined {
		const [only, another] = this.list?.channels ?? [];
		return another ? undefined : only;
	}

	/** Holds the channel of a call, where it is known now, until the call ends. */
	private hold(call: AnonymousCall): void {
		if (call.channel) {
			const turn = this.channel(call.channel).occupy();
			call.whenEnded(() => turn.end(true));
		}
		this.giveTurns();
	}

	private giveTurns(): void {
		if (this.unlocated === 0) {
			for (const turns of this.perhapsOurs) turns.recover();
			this.perhapsOurs.clear();
		}
		for (const turns of [this.reading, this.anonymous, ...this.channels.values()]) turns.give();
	}
}
