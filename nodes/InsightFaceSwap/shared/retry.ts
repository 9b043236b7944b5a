import { sleep } from 'n8n-workflow';

import { reconnectDelay } from './backoff';
import type { CancelSignal } from './cancellation';

export interface RetryPolicy {
	/** How many times to call again after the first call. */
	retries: number;
	/** The delay before retry number `attempt` (from 0) in milliseconds; 1, 2, 4 … seconds by default. */
	delay?: (attempt: number) => number;
	/** Ends the delay and the retries. */
	signal?: CancelSignal;
}

/** For a server that cannot be reached, or fails: 4 retries within 15 seconds. */
export const RECONNECT: RetryPolicy = { retries: 4 };

/**
 * Calls `work` until its result needs no retry, the policy allows no more, or the signal aborts.
 * @param needsRetry whether a result is worth another call
 * @returns the last result
 * @throws what `work` throws, at once
 */
export async function retry<T>(
	{ retries, delay = reconnectDelay, signal }: RetryPolicy,
	work: () => Promise<T>,
	needsRetry: (result: T) => boolean,
): Promise<T> {
	for (let attempt = 0; ; attempt++) {
		const result = await work();
		if (attempt === retries || signal?.aborted || !needsRetry(result)) return result;
		await pause(delay(attempt), signal);
		if (signal?.aborted) return result;
	}
}

/** Waits for `ms` milliseconds; less if `signal` aborts or one of `events` settles before. */
export async function pause(
	ms: number,
	signal: CancelSignal | undefined,
	...events: Array<Promise<void>>
): Promise<void> {
	if (signal?.aborted) return;
	let end = () => {};
	const ended = new Promise<void>((resolve) => {
		end = resolve;
		signal?.addEventListener('abort', end);
	});
	await Promise.race([sleep(ms), ended, ...events]);
	signal?.removeEventListener('abort', end);
}
