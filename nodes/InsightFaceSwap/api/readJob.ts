import type { ApiClient } from './client';
import { endpoints } from './endpoints';
import { isJobWithId, type Job } from './job';
import type { Outcome } from './outcome';

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
