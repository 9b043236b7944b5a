/** How long a channel is left alone at most that asks for more time than the item has, in milliseconds. */
const MAX_ASKED_MS = 600_000;

/** What is known of a channel, or of the calls whose channel the API chooses. Times in milliseconds. */
export class Channel {
	/** Whether a call is in flight. */
	isCalled = false;

	/** Those who keep the channel for a job that no call belongs to. */
	readonly holders = new Set<symbol>();

	private begunAt = 0;

	private served = 0;

	private servedMs = 0;

	/** Nothing begins before this time, by `performance.now()`. */
	private busyUntil = 0;

	/** Until when the API has said that it is busy. */
	private askedUntil = 0;

	/** @param id nothing where the API chooses the channel */
	constructor(readonly id?: string) {}

	/** The mean service time, once a call was served. */
	get meanMs(): number | undefined {
		return this.served > 0 ? this.servedMs / this.served : undefined;
	}

	/** Whether a call or a job has the channel. */
	get isTaken(): boolean {
		return this.isCalled || this.holders.size > 0;
	}

	/** For how long nothing begins here. */
	get busyMs(): number {
		return Math.max(0, this.busyUntil - performance.now());
	}

	/** For how long the API has said that it is busy; 0 once the channel is to be tried again. */
	get askedMs(): number {
		return this.busyMs > 0 ? Math.max(0, this.askedUntil - performance.now()) : 0;
	}

	get isFree(): boolean {
		return !this.isTaken && this.busyMs === 0;
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

	/**
	 * Notes that the API has said that the channel is busy for `ms`.
	 * @param isAwaited whether an item waits for so long; otherwise the channel is tried again after 10 minutes
	 */
	refuse(ms: number, isAwaited: boolean): void {
		const now = performance.now();
		const until = now + (isAwaited ? ms : Math.min(ms, MAX_ASKED_MS));
		this.busyUntil = Math.max(this.busyUntil, until);
		this.askedUntil = now + ms;
	}

	/** Notes that nobody waits for the call any more, which probably goes on at the API. */
	abandon(): void {
		this.busyUntil = Math.max(this.busyUntil, this.begunAt + (this.meanMs ?? 0));
	}

	/** How many further calls should end within `ms`. An overdue call is expected to take as long again. */
	endsWithin(ms: number): number {
		const { meanMs } = this;
		if (meanMs === undefined || this.holders.size > 0) return 0;
		const calledMs = this.isCalled ? Math.abs(this.begunAt + meanMs - performance.now()) : 0;
		return Math.max(0, Math.ceil((ms - Math.max(calledMs, this.busyMs)) / meanMs) - 1);
	}
}
