import type { IDataObject } from 'n8n-workflow';

import { endpoints } from '../api/endpoints';
import type { ApiClient } from '../api/client';
import { isJobWithId, isRunning, type Job } from '../api/job';
import type { Outcome } from '../api/outcome';
import { retry } from '../shared/retry';

/** What the API says of a reported job. */
export type Reading =
	| { verification: 'verified'; job: Job }
	/** The API does not know the job. */
	| { verification: 'unverified' }
	/** The API cannot tell now: it is not reached, fails, redirects, or does not take the token. */
	| { verification: 'pending' };

/** A reported job as the execution begins with it: the API's words where there are any. */
export interface Reported extends IDataObject {
	job: Job;
	verification: Reading['verification'];
	/** Whether it may have been delivered before n8n was started. The execution checks that. */
	again?: boolean;
}

/** How long a caller waits for the reading before it is answered, in milliseconds. */
const CALLER_TIMEOUT_MS = 3_000;

const REREAD_MS = 700;

const TIMEOUT_MS = 20_000;

/** The number of retries while the API cannot tell. With the backoff, they last about a minute. */
const RETRIES = 6;

/**
 * Reads a reported job while the caller waits, for at most 3 seconds. It reads a job again that has
 * ended by the report and still runs by the API: the API may show the end a moment later.
 */
export async function readWhileWaiting(client: ApiClient, reported: Job): Promise<Reading> {
	const deadline = Date.now() + CALLER_TIMEOUT_MS;
	return await retry(
		{ retries: Infinity, delay: () => REREAD_MS },
		async () => await read(client, reported, deadline - Date.now()),
		(reading) => lags(reading, reported) && Date.now() + 2 * REREAD_MS <= deadline,
	);
}

/**
 * Reads a reported job with growing delays for about a minute, until the API can tell, and has seen
 * it end if that was reported.
 */
export async function readPatiently(
	client: ApiClient,
	reported: Job,
	signal: AbortSignal | undefined,
): Promise<Reading> {
	return await retry(
		{ retries: RETRIES, signal },
		async () => await read(client, reported, TIMEOUT_MS),
		(reading) => reading.verification === 'pending' || lags(reading, reported),
	);
}

/**
 * An unconfirmed job without its files, whose addresses may lead anywhere.
 */
export function withoutFiles(job: Job): Job {
	const { attachments: _attachments, resultUrl: _resultUrl, ...words } = job;
	return words;
}

/** Whether a job has ended by the report and still runs by the API. */
export const lags = (reading: Reading, reported: Job): boolean =>
	'job' in reading && isRunning(reading.job) && !isRunning(reported);

/** Reads a job from the API once. */
export const readOnce = async (client: ApiClient, jobid: string): Promise<Reading> =>
	await read(client, { jobid }, TIMEOUT_MS);

async function read(client: ApiClient, { jobid }: Job, timeoutMs: number): Promise<Reading> {
	const outcome = await client({
		method: 'GET',
		path: endpoints.job,
		query: { jobid },
		timeoutMs,
	});
	return readingOf(outcome, jobid);
}

function readingOf(outcome: Outcome, jobid: string | undefined): Reading {
	if (outcome.kind !== 'answered') {
		return { verification: outcome.kind === 'absent' ? 'unverified' : 'pending' };
	}
	const { body } = outcome;
	return isJobWithId(body, jobid)
		? { verification: 'verified', job: body }
		: { verification: 'pending' };
}
