import type { IExecuteFunctions } from 'n8n-workflow';

/** What a wait uses of an `AbortSignal`. */
export interface CancelSignal {
	readonly aborted: boolean;
	addEventListener(type: 'abort', listener: () => void): void;
	removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * A signal and its controller, for any number of listeners: Node.js 20 warns of a leak when an
 * `AbortSignal` has more than ten, and each of them takes more memory.
 */
export class Cancellation implements CancelSignal {
	private readonly listeners = new Set<() => void>();

	private isAborted = false;

	get aborted(): boolean {
		return this.isAborted;
	}

	/** Calls each listener once; further calls do nothing. */
	abort(): void {
		this.isAborted = true;
		for (const listener of this.listeners) {
			this.listeners.delete(listener);
			listener();
		}
	}

	addEventListener(_type: 'abort', listener: () => void): void {
		this.listeners.add(listener);
	}

	removeEventListener(_type: 'abort', listener: () => void): void {
		this.listeners.delete(listener);
	}
}

/**
 * Calls a listener when the user stops the execution; at once where that has happened: n8n begins the next try of
 * Retry On Fail even after Stop.
 * @returns what removes the listener: an execution that runs a node thousands of times has one signal
 */
export function whenStopped(
	context: Pick<IExecuteFunctions, 'getExecutionCancelSignal'>,
	listener: () => void,
): () => void {
	const signal = context.getExecutionCancelSignal();
	if (signal?.aborted) listener();
	else signal?.addEventListener('abort', listener);
	return () => signal?.removeEventListener('abort', listener);
}

/** What a slow line carries, in bytes for each millisecond. */
const SLOW_LINE = 50;

/** How long a slow line takes for so many bytes, in milliseconds. */
export const transferMs = (bytes: number): number => bytes / SLOW_LINE;

/** How long a server may take until its file begins, in milliseconds. */
const BEGIN_MS = 60_000;

/** How long a download may take until so many bytes have come, in milliseconds. */
export const downloadMs = (bytes: number): number => BEGIN_MS + transferMs(bytes);

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

	private readonly began = performance.now();

	private timeout?: AbortSignal;

	/**
	 * @param limitMs how long the call may take in all, in milliseconds. It may grow while the call goes on.
	 * @param stop aborts the call as well
	 */
	constructor(
		private readonly limitMs: () => number,
		private readonly stop?: CancelSignal,
	) {
		this.stop?.addEventListener('abort', this.abort);
		if (stop?.aborted) this.abort();
		else this.check();
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
		this.timeout?.removeEventListener('abort', this.check);
		this.stop?.removeEventListener('abort', this.abort);
	}

	private readonly check = (): void => {
		const left = this.began + this.limitMs() - performance.now();
		this.isOver = left <= 0;
		if (this.isOver) return this.abort();
		this.timeout = AbortSignal.timeout(Math.ceil(left));
		this.timeout.addEventListener('abort', this.check);
	};
}
