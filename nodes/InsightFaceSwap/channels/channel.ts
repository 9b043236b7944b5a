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
