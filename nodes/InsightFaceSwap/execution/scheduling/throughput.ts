/** The speed of a worker or channel, measured by the tasks it has served. Times are in milliseconds. */
export class Throughput {
	private served = 0;

	private spent = 0;

	private startedAt = 0;

	/** When it is expected to be free, in milliseconds since 1970; nothing while it is free. */
	private due?: number;

	/** The mean service time, rests included; unknown before the first task. */
	get mean(): number | undefined {
		return this.served > 0 ? this.spent / this.served : undefined;
	}

	/** The expected remaining time of the current task or rest; 0 or less when it is overdue. */
	get leftMs(): number {
		return (this.due ?? 0) - Date.now();
	}

	/** Starts a task or a rest. @param ms its expected duration */
	begin(ms = this.mean): void {
		this.startedAt = Date.now();
		this.due = this.startedAt + (ms ?? 0);
	}

	/** Ends the task or rest. */
	end(served: 0 | 1): void {
		this.spent += Date.now() - this.startedAt;
		this.served += served;
		this.due = undefined;
	}

	/** Drops the task or rest without counting its time. */
	cancel(): void {
		this.due = undefined;
	}

	/**
	 * The number of further tasks that it should serve within `ms`, after `ahead` others. An overdue task
	 * is expected to take as long again, so that no task waits for it without end.
	 */
	within(ms: number, ahead: number): number {
		const { mean, due } = this;
		if (mean === undefined) return 0;
		const busyMs = due === undefined ? 0 : Math.abs(due - Date.now());
		return Math.max(0, Math.ceil((ms - busyMs) / mean) - 1 - ahead);
	}
}
