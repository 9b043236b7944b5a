/** All delays of the package, in milliseconds. `attempt` counts from 0. */

/** The shortest time between two reads of the same thing, as the API asks. */
export const LIST_MS = 10_000;

const MAX_POLL_MS = 30_000;
const GROWTH = 1.4;

/**
 * Before another read of a job, or another call to a busy channel: 10 to 30 seconds, as the API asks. Jitter keeps
 * many callers apart.
 * @param leftMs when the last one is due: as soon as that, but no sooner than the API asks
 */
export function pollDelay(attempt: number, leftMs = Infinity): number {
	const base = Math.min(MAX_POLL_MS * 0.8, LIST_MS * GROWTH ** attempt);
	return Math.max(LIST_MS, Math.min(leftMs, Math.round(base * (1 + Math.random() * 0.25))));
}

/**
 * Between two lists of an account's running jobs.
 * @param everyMs how often somebody needs it
 */
export const listDelay = (everyMs: number): number => Math.max(LIST_MS, everyMs);

const MIN_OUTAGE_MS = 15_000;
const MAX_OUTAGE_MS = 300_000;

/**
 * Before a job or the running jobs are read again after the API could not tell: 10 to 30 seconds where an item
 * waits; otherwise 15 seconds to 5 minutes.
 * @param everyMs how often somebody needs the answer
 */
export const outageDelay = (attempt: number, everyMs: number): number =>
	everyMs <= LIST_MS
		? Math.min(MAX_POLL_MS, LIST_MS * 2 ** attempt)
		: Math.min(MAX_OUTAGE_MS, MIN_OUTAGE_MS * 2 ** attempt);

/** Where the API says how long it is busy: never less than the 10 seconds that it asks of everybody. */
export const busyDelay = (askedMs: number): number => Math.max(askedMs, pollDelay(0));

/** Before another try of a call that failed: 1, 2, 4 … seconds. */
export const reconnectDelay = (attempt: number): number => 1000 * 2 ** attempt;

/**
 * Before an entry in n8n's database is looked for again: 500 to 1000 milliseconds. That is longer than n8n takes from
 * reading the entries to storing them. Jitter keeps executions apart.
 */
export const entryDelay = (): number => 500 * (1 + Math.random());
