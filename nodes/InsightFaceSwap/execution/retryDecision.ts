import type { Effect } from '../actions/types';
import type { Outcome, Problem } from '../api/outcome';
import { pollDelay, reconnectDelay } from '../shared/backoff';
import { RECONNECT } from '../shared/retry';
import type { Item } from './item';

/** What happened to the calls of an item so far. */
export type Attempts = Pick<Item, 'busy' | 'failedTries' | 'leftMs'>;

/** What to do after a call. */
export type RetryDecision =
	/** The API took the call. */
	| { next: 'accept'; body: unknown }
	/** The API certainly did not take the call, or repeating it is harmless. */
	| { next: 'retry'; ms: number; because: 'busy' | 'failed' }
	/** Nobody knows whether the API took the call: look for the job, never send it again unasked. */
	| { next: 'reconcile'; problem: Problem }
	| { next: 'fail'; problem: Problem };

/**
 * Decides whether a call is sent again.
 *
 * | outcome | submission | other calls |
 * |---|---|---|
 * | answered | accept | accept |
 * | busy (429) | retry, while Maximum Wait lasts | the same |
 * | unreachable: no connection was made | 4 retries within 15 seconds; none for a lasting reason | the same |
 * | refused, absent | fail | fail |
 * | unknown: broken connection, 5xx, 408, 425, no JSON | reconcile | 4 retries |
 *
 * @param effect what sending the call twice would do
 */
export function retryDecision(
	outcome: Outcome,
	effect: Effect,
	{ busy, failedTries, leftMs }: Attempts,
): RetryDecision {
	switch (outcome.kind) {
		case 'answered':
			return { next: 'accept', body: outcome.body };
		case 'busy':
			return {
				next: 'retry',
				ms: outcome.waitMs ?? pollDelay(busy.tries, leftMs),
				because: 'busy',
			};
		case 'refused':
		case 'absent':
			return { next: 'fail', problem: outcome.problem };
		case 'unreachable':
			return whenFailed(outcome.problem, outcome.lasting ? Infinity : failedTries);
		case 'unknown':
			return effect === 'submission'
				? { next: 'reconcile', problem: outcome.problem }
				: whenFailed(outcome.problem, failedTries);
	}
}

const whenFailed = (problem: Problem, failed: number): RetryDecision =>
	failed < RECONNECT.retries
		? { next: 'retry', ms: reconnectDelay(failed), because: 'failed' }
		: { next: 'fail', problem };
