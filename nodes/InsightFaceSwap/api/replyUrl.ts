import { endpoints } from './endpoints';
import type { ApiCall, ApiClient } from './client';
import { isObject } from './job';
import type { Outcome, Problem } from './outcome';
import { retry } from '../shared/retry';

/** The reply URL of the account, or why it could not be read. */
export type ReplyUrl = { url: string | undefined } | { problem: Problem };

const RETRIES = 2;

/** The timeout of one call, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** After this time there is no retry, in milliseconds: n8n 2 gives up an activation after 84 seconds. */
const RETRY_WITHIN_MS = 10_000;

/** Reads the one reply URL that a useapi.net account has for all its services. */
export async function readReplyUrl(client: ApiClient): Promise<ReplyUrl> {
	const masking = { wholeReplyUrls: true };
	const outcome = await withRetries(client, {
		method: 'GET',
		path: endpoints.subscription,
		masking,
	});
	if (outcome.kind !== 'answered') return { problem: outcome.problem };
	const { replyUrl } = isObject(outcome.body) ? outcome.body : {};
	return { url: typeof replyUrl === 'string' && replyUrl ? replyUrl : undefined };
}

/**
 * Sets the reply URL of the account, or removes it where `url` is undefined.
 * @returns why it could not be set, nothing if it was
 */
export async function writeReplyUrl(
	client: ApiClient,
	url: string | undefined,
): Promise<Problem | undefined> {
	const body = { replyUrl: url ?? '' };
	const outcome = await withRetries(client, {
		method: 'POST',
		path: endpoints.subscription,
		body,
		secrets: [body.replyUrl],
	});
	return outcome.kind === 'answered' ? undefined : outcome.problem;
}

/** Sends a call that has the same effect when it is repeated, until the API accepts or refuses it. */
async function withRetries(client: ApiClient, call: ApiCall): Promise<Outcome> {
	const end = Date.now() + RETRY_WITHIN_MS;
	return await retry(
		{ retries: RETRIES },
		async () => await client({ ...call, timeoutMs: TIMEOUT_MS }),
		({ kind }) => kind !== 'answered' && kind !== 'refused' && Date.now() < end,
	);
}
