import { endpoints } from '../../api/endpoints';
import { isRunning, type Job } from '../../api/job';
import { isGenerated } from '../buildRequest';
import type { Run } from '../executionState';
import type { Task } from '../itemTask';
import { referenceOf, runningJobs } from '../submission/reconcileSubmission';

/**
 * Cancels at the API what this run has started there: the jobs it knows, and those whose
 * submission was in flight, which the list of running jobs identifies by the references that this
 * run made up for them.
 */
export async function cancelJobs(run: Run, tasks: Task[]): Promise<void> {
	const known = [...run.accepted.values()].filter(isRunning);
	const jobs = new Map(
		[...known, ...(await jobsInFlight(run, tasks))].map((job) => [job.jobid, job]),
	);
	await Promise.all([...jobs.values()].map(async (job) => await cancel(run, job)));
}

async function cancel({ client, undelivered }: Run, job: Job): Promise<void> {
	const { kind } = await client({
		method: 'GET',
		path: endpoints.cancelJob,
		query: { jobid: job.jobid },
		afterStop: true,
	});
	if (kind === 'answered') undelivered?.dropJob(job);
}

async function jobsInFlight(run: Run, tasks: Task[]): Promise<Job[]> {
	const references = new Set(tasks.map(({ call }) => call && referenceOf(call)));
	const jobs = await runningJobs(run);
	return jobs.filter(({ replyRef = '' }) => isGenerated(replyRef) && references.has(replyRef));
}
