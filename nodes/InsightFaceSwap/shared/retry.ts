import { sleep } from 'n8n-workflow';

const MIN_POLL_MS = 10_000;
const MAX_POLL_MS = 30_000;
const GROWTH = 1.4;

/**
 * The pause before the `attempt`-th look at a job, or try at a busy channel (from 0), in
 * milliseconds: within the 10 to 30 seconds that the API asks for, growing, and jittered so that
 * many waiters do not come at once.
 */
export function pollDelay(attempt: number): number {
	const base = Math.min(MAX_POLL_MS * 0.8, MIN_POLL_MS * GROWTH ** attempt);
	return Math.round(base * (1 + Math.random() * 0.25));
}

const MIN_BUSY_MS = 1000;
const MAX_BUSY_MS = 10_000;

/**
 * The shortest pause before the `attempt`-th try (from 0) at a busy channel, whatever the API says,
 * in milliseconds: from 1 to 12.5 seconds, growing and jittered. The API may say 0, or a date that
 * this machine's clock has passed.
 */
export function minimumBusyDelay(attempt: number): number {
	const base = Math.min(MAX_BUSY_MS, MIN_BUSY_MS * GROWTH ** attempt);
	return Math.round(base * (1 + Math.random() * 0.25));
}

/** The pause before trying again to reach a server that was not reached, in milliseconds. */
export const reconnectDelay = (attempt: number): number => 1000 * 2 ** attempt;

/**
 * Sleeps for `ms`, or until `signal` says that there is nothing to wait for any more, or one of
 * `events` has come.
 */
export async function pause(
	ms: number,
	signal: AbortSignal | undefined,
	...events: Array<Promise<void>>
): Promise<void> {
	if (signal?.aborted) return;
	let end = () => {};
	const ended = new Promise<void>((resolve) => {
		end = resolve;
		signal?.addEventListener('abort', end, { once: true });
	});
	await Promise.race([sleep(ms), ended, ...events]);
	signal?.removeEventListener('abort', end);
}
