/** What a slow line carries, in bytes for each millisecond. */
const SLOW_LINE = 50;

/** How long a slow line takes for so many bytes, in milliseconds. */
export const transferMs = (bytes: number): number => bytes / SLOW_LINE;

/**
 * Stop and the time limit of one call as one signal. Timeouts of HTTP requests count silence only: a
 * server that sends a byte a second never reaches them.
 *
 * `AbortSignal.any` would do, but on Node.js 20 a timeout in it may be collected and never fire.
 */
export class Deadline {
	/** Whether the time is over. */
	isOver = false;

	private readonly controller = new AbortController();

	private readonly timeout: AbortSignal;

	/**
	 * @param ms in milliseconds from now
	 * @param stop aborts the call as well
	 */
	constructor(
		ms: number,
		private readonly stop?: AbortSignal,
	) {
		this.timeout = AbortSignal.timeout(Math.max(0, Math.ceil(ms)));
		this.timeout.addEventListener('abort', this.endOfTime);
		this.stop?.addEventListener('abort', this.abort);
		if (stop?.aborted) this.abort();
	}

	get signal(): AbortSignal {
		return this.controller.signal;
	}

	/** Aborts the call now. */
	readonly abort = (): void => {
		this.end();
		this.controller.abort();
	};

	/** The call has ended: nothing waits for the time or for Stop any more. */
	end(): void {
		this.timeout.removeEventListener('abort', this.endOfTime);
		this.stop?.removeEventListener('abort', this.abort);
	}

	private readonly endOfTime = (): void => {
		this.isOver = true;
		this.abort();
	};
}
