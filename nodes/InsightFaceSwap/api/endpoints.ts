import type { ApiClient } from './client';
import { isJobWithId, type Job } from './job';
import type { Outcome } from './outcome';

/**
 * Every path of the API, below the credential's base URL.
 * Source: useapi.net, InsightFaceSwap API v1 and account API v2.
 */
const faceswap = (path: string): string => `/v1/faceswap/${path}`;

export const endpoints = {
	/** The useapi.net account: GET reads it, POST sets its default reply URL. */
	subscription: '/v2/account',
	accounts: faceswap('account'),
	/** @param channel a Discord channel ID */
	account: (channel: string): string => faceswap(`account/${channel}`),
	/** The jobs that run now. */
	runningJobs: faceswap('jobs'),
	/** One job; takes the query `jobid`. */
	job: faceswap('jobs/'),
	/** Cancels one job; takes the query `jobid`. */
	cancelJob: faceswap('jobs/cancel/'),
	saveIdentity: faceswap('saveid'),
	setDefaultIdentity: faceswap('setid'),
	listIdentities: faceswap('listid'),
	deleteIdentity: faceswap('delid'),
	deleteAllIdentities: faceswap('delall'),
	swapIdentity: faceswap('swapid'),
	swapImages: faceswap('swap'),
	swapMessage: faceswap('inswapper'),
	picsi: faceswap('picsi'),
	changeBackground: faceswap('changebg'),
	headshot: faceswap('headshot'),
} as const;

/** Reads a job from the API once. */
export const readOf = async (
	client: ApiClient,
	jobid: string,
	timeoutMs?: number,
): Promise<Outcome> =>
	await client({ method: 'GET', path: endpoints.job, query: { jobid }, timeoutMs });

/** The job that a read has told, if it has told it. */
export const jobIn = (outcome: Outcome, jobid: string): Job | undefined =>
	outcome.kind === 'answered' && isJobWithId(outcome.body, jobid) ? outcome.body : undefined;

/** The job as it is now; `absent` where the API says that it is not there; nothing where it cannot tell. */
export async function readNews(
	client: ApiClient,
	jobid: string,
	timeoutMs?: number,
): Promise<Job | 'absent' | undefined> {
	const outcome = await readOf(client, jobid, timeoutMs);
	return outcome.kind === 'absent' ? 'absent' : jobIn(outcome, jobid);
}

/** The job as it is now; `job` itself where the API cannot tell. */
export async function readJob(client: ApiClient, job: Job): Promise<Job> {
	const news = await readNews(client, job.jobid ?? '');
	return typeof news === 'object' ? news : job;
}
