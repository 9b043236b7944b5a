import { endpoints } from './endpoints';
import type { ApiCall, ApiClient } from './client';
import { isObject } from './job';
import type { Outcome, Problem } from './outcome';
import { retry } from '../shared/retry';

/** The reply URL of the account, or why it could not be read. */
export type ReplyUrl = { url: string | undefined } | { problem: Problem };

const RETRIES = 2;

/** How long one call may take, in milliseconds. */
const CALL_MS = 8_000;

const NOT_SHOWN: Problem = {
	message: 'useapi.net has answered that it took the reply URL, but does not show it',
	description: 'Try again in a minute, or set the reply URL at useapi.net.',
};

/**
 * Reads the one reply URL that a useapi.net account has for all its services.
 * @param until when to give up, by `performance.now()`
 */
export async function readReplyUrl(client: ApiClient, until: number): Promise<ReplyUrl> {
	const call: ApiCall = {
		method: 'GET',
		path: endpoints.subscription,
		masking: { wholeReplyUrls: true },
	};
	const outcome = await retry(
		{ retries: RETRIES },
		async () => await callInTime(client, call, until),
		(last) => isOpen(last) && performance.now() < until,
	);
	if (outcome.kind !== 'answered') return { problem: outcome.problem };
	const { replyUrl } = isObject(outcome.body) ? outcome.body : {};
	return { url: typeof replyUrl === 'string' && replyUrl ? replyUrl : undefined };
}

/**
 * Sets the reply URL of the account, or removes it where `url` is undefined. How the API answers a success is not
 * documented, so it is read back.
 * @param until when to give up, by `performance.now()`
 * @returns why it could not be set, nothing if it was
 */
export async function writeReplyUrl(
	client: ApiClient,
	url: string | undefined,
	until: number,
): Promise<Problem | undefined> {
	const replyUrl = url ?? '';
	const call: ApiCall = {
		method: 'POST',
		path: endpoints.subscription,
		body: { replyUrl },
		secrets: [replyUrl],
	};
	const { problem } = await retry(
		{ retries: RETRIES },
		async () => {
			const outcome = await callInTime(client, call, until);
			const isSent = outcome.kind === 'answered' || outcome.kind === 'unknown';
			return isSent ? await readBack(client, url, outcome, until) : outcome;
		},
		(last) => isOpen(last) && performance.now() < until,
	);
	return problem;
}

async function readBack(
	client: ApiClient,
	url: string | undefined,
	outcome: Outcome,
	until: number,
): Promise<{ kind: Outcome['kind']; problem?: Problem }> {
	const current = await readReplyUrl(client, until);
	if ('problem' in current) return { kind: 'refused', ...current };
	if (current.url === url) return { kind: 'answered' };
	return { kind: 'unknown', problem: 'problem' in outcome ? outcome.problem : NOT_SHOWN };
}

/** Whether another call may do what this one has not: the calls have the same effect when they are repeated. */
const isOpen = ({ kind }: { kind: Outcome['kind'] }): boolean =>
	kind === 'unknown' || kind === 'unreachable';

const callInTime = async (client: ApiClient, call: ApiCall, until: number): Promise<Outcome> =>
	await client({ ...call, timeoutMs: Math.max(1, Math.min(CALL_MS, until - performance.now())) });
