import type { IDataObject } from 'n8n-workflow';

import { endpoints } from '../api/endpoints';
import type { ApiClient } from '../api/client';
import { isJob, isRunning, type Job } from '../api/job';
import type { Outcome } from '../api/outcome';
import { pause, reconnectPause } from '../shared/retry';

/** What the API says of a reported job. */
export type Reading =
	| { verification: 'verified'; job: Job }
	/** The API does not know the job, or does not let it be read. */
	| { verification: 'unverified' }
	/** The API cannot tell now. */
	| { verification: 'pending' };

/** A reported job as the execution begins with it: the API's words where there are any. */
export interface Reported extends IDataObject {
	job: Job;
	verification: Reading['verification'];
}

/** How long a caller waits for the reading before it is answered, in milliseconds. */
const PATIENCE_MS = 3_000;

const LOOK_AGAIN_MS = 700;

const TIMEOUT_MS = 20_000;

/** So often an API that cannot be reached is asked again: for about a minute. */
const RETRIES = 6;

/**
 * Reads a reported job while the caller waits. A job that has ended by the report and still runs by
 * the API is looked at again for a moment: the report may have been quicker.
 */
export async function readWhileWaiting(client: ApiClient, reported: Job): Promise<Reading> {
	const deadline = Date.now() + PATIENCE_MS;
	for (;;) {
		const reading = await read(client, reported, deadline - Date.now());
		const lags = 'job' in reading && isRunning(reading.job) && !isRunning(reported);
		if (!lags || Date.now() + 2 * LOOK_AGAIN_MS > deadline) return reading;
		await pause(LOOK_AGAIN_MS, undefined);
	}
}

/** Reads a reported job that could not be read before, with growing pauses. */
export async function readPatiently(
	client: ApiClient,
	reported: Job,
	stop: AbortSignal | undefined,
): Promise<Reading> {
	for (let tries = 0; ; tries++) {
		const reading = await read(client, reported, TIMEOUT_MS);
		if (reading.verification !== 'pending' || tries === RETRIES || stop?.aborted) return reading;
		await pause(reconnectPause(tries), stop);
	}
}

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
	if (outcome.kind === 'refused') return { verification: 'unverified' };
	if (outcome.kind !== 'answered') return { verification: 'pending' };
	const { body } = outcome;
	return isJob(body) && body.jobid === jobid
		? { verification: 'verified', job: body }
		: { verification: 'unverified' };
}
