import type { IDataObject } from 'n8n-workflow';

import type { ApiClient } from '../api/client';
import { isReadable, isRunning, type Job } from '../api/job';
import { readNews } from '../api/endpoints';
import { pollDelay } from '../shared/backoff';
import type { CancelSignal } from '../shared/cancellation';
import { pause } from '../shared/retry';

/** What the API says of a reported job. */
export type Reading =
	| { verification: 'verified'; job: Job }
	/** `absent`: the API says itself that there is no such job. `pending`: it cannot tell now. */
	| { verification: 'absent' | 'pending' };

/** A reported job as the execution begins with it: the API's words where there are any. */
export interface Reported extends IDataObject {
	job: Job;
	verification: Reading['verification'];
	/** Whether it may have been delivered before n8n was started. The execution checks that. */
	again?: boolean;
}

/** How long a caller waits for the reading before it is answered, in milliseconds. */
const CALLER_TIMEOUT_MS = 3_000;

/** The API may show the end of a job a moment after it has reported it. */
const REREAD_MS = 700;

/** The number of reads after the caller was answered. With their delays, they last about a minute. */
const READS = 4;

/**
 * Reads a reported job while the caller waits, for at most 3 seconds: once more where it has ended by the report
 * and still runs by the API.
 * @param takesUnknown whether a job that the API does not know counts as absent also where it may be there
 */
export async function readWhileWaiting(
	client: ApiClient,
	reported: Job,
	takesUnknown = false,
): Promise<Reading> {
	const deadline = performance.now() + CALLER_TIMEOUT_MS;
	const reading = await read(client, reported, takesUnknown, CALLER_TIMEOUT_MS);
	if (!lags(reading, reported) || performance.now() + 2 * REREAD_MS > deadline) return reading;
	await pause(REREAD_MS, undefined);
	return await read(client, reported, takesUnknown, deadline - performance.now());
}

/**
 * Reads a reported job every 10 seconds and more for about a minute, until the API can tell, and has seen it end
 * if that was reported. The first read comes after the first delay: the caller's reading was just now.
 * @param takesUnknown as above
 */
export async function readPatiently(
	client: ApiClient,
	reported: Job,
	signal: CancelSignal | undefined,
	takesUnknown = false,
): Promise<Reading> {
	let reading: Reading = { verification: 'pending' };
	const isOpen = () => reading.verification === 'pending' || lags(reading, reported);
	for (let attempt = 0; attempt < READS && isOpen(); attempt++) {
		await pause(pollDelay(attempt), signal);
		if (signal?.aborted) break;
		reading = await read(client, reported, takesUnknown);
	}
	return reading;
}

/** Whether a job has ended by the report and still runs by the API. */
export const lags = (reading: Reading, reported: Job): boolean =>
	'job' in reading && isRunning(reading.job) && !isRunning(reported);

async function read(
	client: ApiClient,
	{ jobid = '', verb }: Job,
	takesUnknown: boolean,
	timeoutMs?: number,
): Promise<Reading> {
	const news = await readNews(client, jobid, timeoutMs);
	if (typeof news === 'object') return { verification: 'verified', job: news };
	const isAbsent = news === 'absent' && (takesUnknown || isReadable(verb));
	return { verification: isAbsent ? 'absent' : 'pending' };
}
