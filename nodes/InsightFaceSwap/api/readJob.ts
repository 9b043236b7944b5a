import type { ApiClient } from './client';
import { endpoints } from './endpoints';
import { isJobWithId, type Job } from './job';

/** How long one read of a job may take, in milliseconds. */
const TIMEOUT_MS = 20_000;

/**
 * Reads a job from the API once.
 * @returns the job as it is now; `absent` where the API says that it is not there; nothing where it cannot tell
 */
export async function readNews(
	client: ApiClient,
	jobid: string,
	timeoutMs = TIMEOUT_MS,
): Promise<Job | 'absent' | undefined> {
	const query = { jobid };
	const outcome = await client({ method: 'GET', path: endpoints.job, query, timeoutMs });
	if (outcome.kind === 'absent') return 'absent';
	const isRead = outcome.kind === 'answered' && isJobWithId(outcome.body, jobid);
	return isRead ? (outcome.body as Job) : undefined;
}

/** The job as it is now; `job` itself where the API cannot tell. */
export async function readJob(client: ApiClient, job: Job): Promise<Job> {
	const news = await readNews(client, job.jobid ?? '');
	return typeof news === 'object' ? news : job;
}
