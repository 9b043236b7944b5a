import { sleep } from 'n8n-workflow';

/** The right to make one call, held until `end` is called; further calls of `end` do nothing. */
export interface Turn {
	end: () => void;
}

interface Waiter {
	begin: (turn: Turn) => void;
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

	/**
	 * @param size how many turns there are at a time
	 * @param mayBegin whether something else forbids a turn now
	 * @param ended called after each turn, to give the next ones with `give`
	 */
	constructor(
		private readonly size: number,
		private readonly mayBegin: () => boolean,
		private readonly ended: () => void,
	) {}

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
	 * @returns nothing when the wait was ended
	 */
	async take(signals: AbortSignal[]): Promise<Turn | undefined> {
		if (signals.some(({ aborted }) => aborted)) return undefined;
		return await new Promise((resolve) => {
			const settle = (turn?: Turn) => {
				for (const signal of signals) signal.removeEventListener('abort', withdraw);
				resolve(turn);
			};
			const waiter: Waiter = { begin: settle };
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
		this.begun++;
		return this.turn();
	}

	/** Gives as many turns as may begin now. */
	give(): void {
		while (this.begun < this.size && Date.now() >= this.busyUntil && this.mayBegin()) {
			const waiter = this.waiting.shift();
			if (!waiter) return;
			this.begun++;
			waiter.begin(this.turn());
		}
	}

	/** Gives no turn for so many milliseconds, unless `recover` ends that. */
	rest(ms: number): void {
		this.busyUntil = Math.max(this.busyUntil, Date.now() + ms);
		void this.wakeAfter(ms);
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
		return {
			end: () => {
				if (hasEnded) return;
				hasEnded = true;
				this.begun--;
				this.ended();
			},
		};
	}
}
