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
