import { sleep } from 'n8n-workflow';

import { Throughput } from './throughput';

/** The right to make one call, held until `end` is called; further calls of `end` do nothing. */
export interface Turn {
	/** @param served whether the call was served, rather than sent back */
	end: (served?: boolean) => void;
}

/** How many tasks would take this turn or that of another channel; left out for a task of this one. */
export type Demand = () => number;

interface Waiter {
	begin: (turn: Turn) => void;
	demand?: Demand;
}

/**
 * Gives turns in the order in which they were asked for. Who wants another asks again and waits
 * behind the others, so that turns go round between all that ask.
 */
export class Turns {
	private readonly waiting: Waiter[] = [];

	private begun = 0;

	/** Nobody begins before, in milliseconds since 1970. */
	private busyUntil = 0;

	private readonly throughput = new Throughput();

	/** Whether a check is due for those who leave their turn to other channels. */
	private isChecking = false;

	/**
	 * @param size how many turns there are at a time
	 * @param mayBegin whether something else forbids a turn now
	 * @param ended called after each turn, to give the next ones with `give`
	 * @param servedByOthers how many tasks other channels will have served in so many milliseconds
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
		return this.begun;
	}

	/** Whether somebody waits for a turn. */
	get isWaitedFor(): boolean {
		return this.waiting.length > 0;
	}

	/** Turns that are held or waited for. */
	get load(): number {
		return this.begun + this.waiting.length;
	}

	/**
	 * Waits for a turn.
	 * @param signals each of them ends the wait
	 * @param demand for a task that other channels could serve: it gets no turn while they would be earlier
	 * @returns nothing when the wait was ended
	 */
	async take(signals: AbortSignal[], demand?: Demand): Promise<Turn | undefined> {
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
		return this.turn();
	}

	/** Gives as many turns as may begin now. */
	give(): void {
		while (this.begun < this.size && Date.now() >= this.busyUntil && this.mayBegin()) {
			const waiter = this.next();
			if (!waiter) return;
			this.waiting.splice(this.waiting.indexOf(waiter), 1);
			waiter.begin(this.turn());
		}
	}

	/** How many tasks that wait here it will have served in `ms` milliseconds, so that others need not. */
	servedWithin(ms: number): number {
		const restMs = Math.max(0, this.busyUntil - Date.now());
		const own = this.waiting.filter(({ demand }) => !demand).length;
		return Math.min(this.demand, this.throughput.within(ms - restMs, own));
	}

	private get demand(): number {
		return this.waiting.reduce((sum, { demand }) => sum + (demand?.() ?? 0), 0);
	}

	/** The first that waits; of those that other channels would serve earlier, none. */
	private next(): Waiter | undefined {
		const [first] = this.waiting;
		const ms = this.throughput.mean;
		if (!first?.demand || ms === undefined || this.servedByOthers(ms) < this.demand) return first;
		if (!this.isChecking) void this.checkAfter(ms);
		return this.waiting.find(({ demand }) => !demand);
	}

	/** Another channel may be stuck. */
	private async checkAfter(ms: number): Promise<void> {
		this.isChecking = true;
		await sleep(ms);
		this.isChecking = false;
		this.give();
	}

	/** Gives no turn for so many milliseconds, unless `recover` ends that. */
	rest(ms: number): void {
		this.busyUntil = Math.max(this.busyUntil, Date.now() + ms);
		void this.wakeAfter(ms);
	}

	/** Rests until the call that has the turn is expected to end, where it goes on at the API alone. */
	restUntilServed(): void {
		const ms = this.throughput.leftMs;
		if (ms > 0) this.rest(ms);
	}

	/** Ends a rest. */
	recover(): void {
		this.busyUntil = 0;
	}

	/** A timer may end a little before its time. */
	private async wakeAfter(ms: number): Promise<void> {
		await sleep(ms);
		const left = this.busyUntil - Date.now();
		if (left > 0 && left <= ms) await sleep(left);
		this.give();
	}

	private turn(): Turn {
		let hasEnded = false;
		this.begun++;
		this.throughput.begin();
		return {
			end: (served = false) => {
				if (hasEnded) return;
				hasEnded = true;
				this.begun--;
				this.throughput.end(served ? 1 : 0);
				this.ended();
			},
		};
	}
}
