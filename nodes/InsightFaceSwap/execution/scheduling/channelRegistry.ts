import { createHash } from 'crypto';

import { Turns, type Turn } from './turns';

/** Calls that no channel serves may run side by side. */
const READERS = 4;

/** How long the list of channels is valid, in milliseconds. */
const LIST_MS = 60_000;

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

/** Names an account without telling its token. */
export const accountKey = (baseUrl: string, token: string): string =>
	createHash('sha256').update(`${baseUrl}\n${token}`).digest('hex');

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

	/** Calls that leave the choice of the channel to the API. */
	private readonly anonymous = this.turns(Infinity, () => this.hasRoom());

	private readonly channels = new Map<string, Turns>();

	/** Channels that were busy while a call had a channel that nobody here knew. */
	private readonly perhapsOurs = new Set<Turns>();

	private list?: ChannelList;

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
	async turnToRead(signals: AbortSignal[]): Promise<Turn | undefined> {
		return await this.reading.take(signals);
	}

	/** Waits for the turn on a channel, or for one whose channel the API chooses. */
	async turnOn(channel: string | undefined, signals: AbortSignal[]): Promise<Turn | undefined> {
		return await (channel ? this.channel(channel) : this.anonymous).take(signals);
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
		if (this.anonymous.held > 0) this.perhapsOurs.add(turns);
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
	 */
	async listed(read: () => Promise<string[] | undefined>): Promise<string[]> {
		for (;;) {
			const known = this.list && Date.now() - this.list.readAt < LIST_MS ? this.list : undefined;
			const list = known ?? (this.list = { readAt: Date.now(), answer: read() });
			const channels = await list.answer;
			if (channels) {
				list.channels ??= channels;
				return list.channels;
			}
			if (this.list === list) this.list = undefined;
			// What another execution could not read, perhaps because it was stopped, this one reads.
			if (!known) return [];
		}
	}

	private channel(id: string): Turns {
		const turns = this.channels.get(id) ?? this.turns(1, () => this.isSafe());
		this.channels.set(id, turns);
		return turns;
	}

	private turns(size: number, mayBegin: () => boolean): Turns {
		return new Turns(size, mayBegin, () => this.giveTurns());
	}

	/** A call with an unknown channel takes the place of one, so that many fewer may begin. */
	private isSafe(): boolean {
		return this.anonymous.held === 0 || this.hasRoom();
	}

	private hasRoom(): boolean {
		const size = this.list?.channels?.length;
		if (!size) return true;
		const held = [...this.channels.values()].reduce((sum, turns) => sum + turns.held, 0);
		return held + this.anonymous.held < size;
	}

	private giveTurns(): void {
		if (this.anonymous.held === 0) {
			for (const turns of this.perhapsOurs) turns.recover();
			this.perhapsOurs.clear();
		}
		for (const turns of [this.reading, this.anonymous, ...this.channels.values()]) turns.give();
	}
}
