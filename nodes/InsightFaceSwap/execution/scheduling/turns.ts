import { sleep } from 'n8n-workflow';

import type { CancelSignal } from '../../shared/cancellation';
import { Throughput } from './throughput';

/** The right to make one call. It ends with the first call of `end`. */
export interface Turn {
	/** @param served whether the API accepted the call */
	end: (served?: boolean) => void;
}

/** The number of tasks that could take this turn or another channel's. Tasks for this channel only have none. */
export type Demand = () => number;

/** The longest rest after the API has asked to wait longer than an item waits, in milliseconds. */
const MAX_REFUSAL_MS = 600_000;

interface Waiter {
	begin: (turn: Turn) => void;
	demand?: Demand;
}

/**
 * Gives turns in order of request. An execution requests each turn anew and waits behind the others,
 * so turns rotate between executions.
 */
export class Turns {
	private readonly waiting: Waiter[] = [];

	private heldCount = 0;

	/** No turn begins before this time, in milliseconds since 1970. */
	private busyUntil = 0;

	/** Until when the API has asked to wait, in milliseconds since 1970. */
	private refusedUntil = 0;

	private readonly throughput = new Throughput();

	/** Whether a check is scheduled for tasks that wait for other channels. */
	private isChecking = false;

	/**
	 * @param size the number of concurrent turns
	 * @param mayBegin whether a turn may begin now
	 * @param ended called after each turn, to give the next ones with `give`
	 * @param servedByOthers the number of tasks that other channels will serve within `ms` milliseconds
	 */
	constructor(
		private readonly size: number,
		private readonly mayBegin: () => boolean,
		private readonly ended: () => void,
		private readonly servedByOthers: (ms: number) => number = () => 0,
	) {}

	/** The mean service time in milliseconds, once a call was served. */
	get serviceMs(): number | undefined {
		return this.throughput.mean;
	}

	/** Turns that are held now. */
	get held(): number {
		return this.heldCount;
	}

	/** Whether a request waits. */
	get isWaitedFor(): boolean {
		return this.waiting.length > 0;
	}

	/** Turns that are held or waited for. */
	get load(): number {
		return this.heldCount + this.waiting.length;
	}

	/**
	 * Waits for a turn.
	 * @param signals each of them aborts the wait
	 * @param demand for a task that other channels could serve: it waits while they would serve it earlier
	 * @returns nothing if the wait was aborted
	 */
	async take(signals: CancelSignal[], demand?: Demand): Promise<Turn | undefined> {
		if (signals.some(({ aborted }) => aborted)) return undefined;
		return await new Promise((resolve) => {
			const settle = (turn?: Turn) => {
				for (const signal of signals) signal.removeEventListener('abort', withdraw);
				resolve(turn);
			};
			const waiter: Waiter = { begin: settle, demand };
			const withdraw = () => {
				this.waiting.splice(this.waiting.indexOf(waiter), 1);
				settle();
			};
			for (const signal of signals) signal.addEventListener('abort', withdraw);
			this.waiting.push(waiter);
			this.give();
		});
	}

	/** Begins a turn at once, also beyond the number of turns, for a call that is already in flight. */
	occupy(): Turn {
		return this.turn(this.heldCount === 0);
	}

	/** Gives as many turns as may begin now. */
	give(): void {
		while (this.heldCount < this.size && Date.now() >= this.busyUntil && this.mayBegin()) {
			const waiter = this.next();
			if (!waiter) return;
			this.waiting.splice(this.waiting.indexOf(waiter), 1);
			waiter.begin(this.turn());
		}
	}

	/** The number of shared tasks waiting here that it will serve within `ms` milliseconds. */
	servedWithin(ms: number): number {
		const restMs = Math.max(0, this.busyUntil - Date.now());
		const own = this.waiting.filter(({ demand }) => !demand).length;
		return Math.min(this.demand, this.throughput.within(ms - restMs, own));
	}

	private get demand(): number {
		return this.waiting.reduce((sum, { demand }) => sum + (demand?.() ?? 0), 0);
	}

	/** The first waiting request, without tasks that other channels would serve earlier. */
	private next(): Waiter | undefined {
		const [first] = this.waiting;
		const ms = this.throughput.mean;
		if (!first?.demand || ms === undefined || this.servedByOthers(ms) < this.demand) return first;
		if (!this.isChecking) void this.checkAfter(ms);
		return this.waiting.find(({ demand }) => !demand);
	}

	/** Checks again later, in case another channel is blocked. */
	private async checkAfter(ms: number): Promise<void> {
		this.isChecking = true;
		await sleep(ms);
		this.isChecking = false;
		this.give();
	}

	/** Gives no turn for `ms` milliseconds, or until `recover` is called. */
	rest(ms: number): void {
		const until = Date.now() + ms;
		if (until <= this.busyUntil) return;
		this.busyUntil = until;
		this.refusedUntil = 0;
		void this.wakeAfter(ms, until);
	}

	/** How long the API has asked to wait from now on, in milliseconds, where that was longer than an item waits. */
	get refusedMs(): number {
		return this.busyUntil > Date.now() ? Math.max(0, this.refusedUntil - Date.now()) : 0;
	}

	/** Rests as long as the API has asked, but at most 10 minutes: then it is asked again. */
	refuse(ms: number): void {
		this.rest(Math.min(MAX_REFUSAL_MS, ms));
		this.refusedUntil = Date.now() + ms;
	}

	/** Rests until the aborted call is expected to end at the API. */
	restUntilServed(): void {
		const ms = this.throughput.leftMs;
		if (ms > 0) this.rest(ms);
	}

	/** Ends a rest. */
	recover(): void {
		this.busyUntil = 0;
		this.refusedUntil = 0;
	}

	/** A timer may end a little before its time, and the clock may have been set back meanwhile. */
	private async wakeAfter(ms: number, until: number): Promise<void> {
		await sleep(ms);
		if (this.busyUntil === until) this.busyUntil = Math.min(until, Date.now());
		this.give();
	}

	/** @param isMeasured whether it tells the speed of the channel: of two turns at once, the first does */
	private turn(isMeasured = true): Turn {
		let hasEnded = false;
		this.heldCount++;
		if (isMeasured) this.throughput.begin();
		return {
			end: (served = false) => {
				if (hasEnded) return;
				hasEnded = true;
				this.heldCount--;
				if (isMeasured && served) this.throughput.end(1);
				else if (isMeasured) this.throughput.cancel();
				this.ended();
			},
		};
	}
}
