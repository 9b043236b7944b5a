import type { Effect } from '../../actions/types';
import type { Outcome, Problem } from '../../api/outcome';
import { minimumBusyDelay, pollDelay, reconnectDelay } from '../../shared/backoff';
import { RECONNECT } from '../../shared/retry';

/** What happened to the calls of one item so far. */
export interface Attempts {
	/** How many calls the API was too busy for. */
	busy: number;
	/** How many calls failed without an answer. */
	failed: number;
	/** How long the API has been busy for this item, in milliseconds. */
	busyMs: number;
	/** How long the user allows that, in milliseconds. */
	maximumWaitMs: number;
	/** How long the channel usually takes for a job, in milliseconds, where that is known. */
	serviceMs?: number;
}

/** What to do after a call. */
export type RetryDecision =
	/** The API took the call. */
	| { next: 'accept'; body: unknown }
	/** The API certainly did not take the call, or repeating it is harmless. */
	| { next: 'retry'; ms: number; because: 'busy' | 'failed' }
	/** Nobody knows whether the API took the call: look for the job, never send it again unasked. */
	| { next: 'reconcile'; problem: Problem }
	/** `busy`: for how long, in milliseconds, and whether the API has asked to wait longer than the item does. */
	| { next: 'fail'; problem: Problem; busy?: { ms: number; isRefused: boolean } };

/**
 * Decides whether a call is sent again.
 *
 * | outcome | submission | other calls |
 * |---|---|---|
 * | answered | accept | accept |
 * | busy (429) | retry until Maximum Wait ends; fail where the API asks to wait longer | the same |
 * | unreachable: no connection was made | 4 retries within 15 seconds | the same |
 * | refused | fail | fail |
 * | unknown: broken connection, 5xx, 408, 425, no JSON | reconcile | 4 retries |
 *
 * @param effect what sending the call twice would do
 */
export function retryDecision(outcome: Outcome, effect: Effect, attempts: Attempts): RetryDecision {
	switch (outcome.kind) {
		case 'answered':
			return { next: 'accept', body: outcome.body };
		case 'busy':
			return whenBusy(outcome, attempts);
		case 'refused':
		case 'absent':
			return { next: 'fail', problem: outcome.problem };
		case 'unreachable':
			return whenFailed(outcome.problem, attempts);
		case 'unknown':
			return effect === 'submission'
				? { next: 'reconcile', problem: outcome.problem }
				: whenFailed(outcome.problem, attempts);
	}
}

/** Waits as long as the API asks, but at least a minimum; the poll delay where it asks for nothing. */
function whenBusy(
	{ problem, waitMs }: Extract<Outcome, { kind: 'busy' }>,
	{ busy, busyMs, maximumWaitMs, serviceMs }: Attempts,
): RetryDecision {
	const left = maximumWaitMs - busyMs;
	const ms =
		waitMs === undefined ? pollDelay(busy, serviceMs) : Math.max(waitMs, minimumBusyDelay(busy));
	if (left > 0 && (waitMs ?? 0) <= left) {
		return { next: 'retry', ms: Math.min(left, ms), because: 'busy' };
	}
	const asked = left > 0 ? `, and it asks to wait ${Math.ceil(ms / 1000)} more` : '';
	const message = `${problem.message} (tried for ${Math.round(busyMs / 1000)} seconds${asked})`;
	return { next: 'fail', problem: { ...problem, message }, busy: { ms, isRefused: left > 0 } };
}

const whenFailed = (problem: Problem, { failed }: Attempts): RetryDecision =>
	failed < RECONNECT.retries
		? { next: 'retry', ms: reconnectDelay(failed), because: 'failed' }
		: { next: 'fail', problem };
