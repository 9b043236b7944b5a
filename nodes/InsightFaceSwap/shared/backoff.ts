const MIN_POLL_MS = 10_000;
const MAX_POLL_MS = 30_000;
const GROWTH = 1.4;

/**
 * The delay before poll number `attempt` of a job, or before the next call to a busy channel, in
 * milliseconds. It grows from 10 to 30 seconds, as the API asks. Jitter keeps many callers apart.
 * @param attempt from 0
 * @param serviceMs how long a job usually takes, in milliseconds: the delay grows no further than that
 */
export function pollDelay(attempt: number, serviceMs = Infinity): number {
	const longest = Math.max(MIN_POLL_MS, Math.min(MAX_POLL_MS * 0.8, serviceMs));
	const base = Math.min(longest, MIN_POLL_MS * GROWTH ** attempt);
	return Math.round(base * (1 + Math.random() * 0.25));
}

/** The shortest time between two lists of an account's running jobs, in milliseconds. */
export const LIST_MS = 10_000;

/**
 * The time between two lists of an account's running jobs, in milliseconds.
 * @param everyMs how often somebody needs it
 */
export const listDelay = (everyMs: number): number => Math.max(LIST_MS, everyMs);

const MIN_OUTAGE_MS = 15_000;
const MAX_OUTAGE_MS = 300_000;

/**
 * The delay before a job or the running jobs are read again after the API could not tell, in milliseconds. It
 * grows from 10 to 30 seconds where an item waits; otherwise from 15 seconds to 5 minutes.
 * @param attempt from 0
 * @param everyMs how often somebody needs the answer
 */
export const outageDelay = (attempt: number, everyMs: number): number =>
	everyMs <= LIST_MS
		? Math.min(MAX_POLL_MS, LIST_MS * 2 ** attempt)
		: Math.min(MAX_OUTAGE_MS, MIN_OUTAGE_MS * 2 ** attempt);

/**
 * How long a busy channel is left alone where the API asks for `askedMs` milliseconds: never less than
 * the 10 seconds that it asks of everybody, with jitter.
 */
export const busyDelay = (askedMs: number): number => Math.max(askedMs, pollDelay(0));

/**
 * The delay before retry number `attempt` of a call that failed, in milliseconds: 1, 2, 4 … seconds.
 * @param attempt from 0
 */
export const reconnectDelay = (attempt: number): number => 1000 * 2 ** attempt;

const COLLECT_MS = 5000;
const MAX_REPORT_MS = 300_000;

/**
 * The delay before report number `attempt` to a trigger in another process, in milliseconds: 5 seconds, in which
 * jobs are collected; after a failure 10, 20, 40 … seconds, at most 5 minutes.
 * @param attempt from 0
 */
export const reportDelay = (attempt: number): number =>
	Math.min(MAX_REPORT_MS, COLLECT_MS * 2 ** attempt);

/**
 * The delay before an entry in n8n's database is looked for again, in milliseconds: 500 to 1000. That
 * is longer than n8n takes from reading the entries to storing them. Jitter keeps executions apart.
 */
export const entryDelay = (): number => 500 * (1 + Math.random());
