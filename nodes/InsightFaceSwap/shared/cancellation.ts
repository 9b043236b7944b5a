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
 */
export function whenStopped(
	context: Pick<IExecuteFunctions, 'getExecutionCancelSignal'>,
	listener: () => void,
): void {
	const signal = context.getExecutionCancelSignal();
	if (signal?.aborted) listener();
	else signal?.addEventListener('abort', listener);
}
