/** How fast a worker or a channel is, by what it has served so far. All times in milliseconds. */
export class Throughput {
	private served = 0;

	private spent = 0;

	private begun = 0;

	/** When it expects to be free, in milliseconds since 1970; nothing while it is. */
	private due?: number;

	/** Time per task, rests included; unknown until one was served. */
	get mean(): number | undefined {
		return this.served > 0 ? this.spent / this.served : undefined;
	}

	/** How long what was begun is still expected to take; 0 or less when that time has passed. */
	get leftMs(): number {
		return (this.due ?? 0) - Date.now();
	}

	/** Begins with what is expected to take so long: a task, or a rest. */
	begin(ms = this.mean): void {
		this.begun = Date.now();
		this.due = this.begun + (ms ?? 0);
	}

	/** Ends what was begun. */
	end(served: 0 | 1): void {
		this.spent += Date.now() - this.begun;
		this.served += served;
		this.due = undefined;
	}

	/** Takes back what was begun, as if no time had passed. */
	cancel(): void {
		this.due = undefined;
	}

	/**
	 * How many more tasks it can be trusted to serve in less than `ms` from now, after those `ahead`.
	 * What is overdue is expected to take as long again, so that nobody waits for it for ever.
	 */
	within(ms: number, ahead: number): number {
		const { mean, due } = this;
		if (mean === undefined) return 0;
		const busyMs = due === undefined ? 0 : Math.abs(due - Date.now());
		return Math.max(0, Math.ceil((ms - busyMs) / mean) - 1 - ahead);
	}
}
