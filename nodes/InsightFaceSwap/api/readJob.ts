import type { ApiClient } from './client';
import { endpoints } from './endpoints';
import { isJobWithId, type Job } from './job';

/**
 * Reads a job from the API once.
 * @returns the job as it is now; `job` itself where the API cannot tell
 */
export async function readJob(client: ApiClient, job: Job): Promise<Job> {
	const outcome = await client({
		method: 'GET',
		path: endpoints.job,
		query: { jobid: job.jobid },
	});
	return outcome.kind === 'answered' && isJobWithId(outcome.body, job.jobid) ? outcome.body : job;
}
