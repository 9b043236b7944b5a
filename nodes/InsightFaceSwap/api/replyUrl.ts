import { retry } from '../shared/retry';
import type { ApiCall, ApiClient } from './client';
import { endpoints } from './endpoints';
import { isObject } from './job';
import type { Outcome, Problem } from './outcome';

/** The reply URL of the account, or why it could not be read. */
export type ReplyUrl = { url: string | undefined } | { problem: Problem };

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
	const outcome = await called(client, until, { method: 'GET', wholeReplyUrls: true });
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
	const outcome = await called(client, until, {
		method: 'POST',
		body: { replyUrl },
		secrets: [replyUrl],
		anyAnswer: true,
	});
	if (outcome.kind !== 'answered' && outcome.kind !== 'unknown') return outcome.problem;
	const current = await readReplyUrl(client, until);
	if ('problem' in current) return current.problem;
	if (current.url === url) return undefined;
	return 'problem' in outcome ? outcome.problem : NOT_SHOWN;
}

/** Calls again where the API cannot tell: the calls have the same effect when they are repeated. */
const called = async (
	client: ApiClient,
	until: number,
	call: Omit<ApiCall, 'path'>,
): Promise<Outcome> =>
	await retry(
		{ retries: 2 },
		async () => {
			const timeoutMs = Math.max(1, Math.min(CALL_MS, until - performance.now()));
			return await client({ ...call, path: endpoints.subscription, timeoutMs });
		},
		({ kind }) => (kind === 'unknown' || kind === 'unreachable') && performance.now() < until,
	);
