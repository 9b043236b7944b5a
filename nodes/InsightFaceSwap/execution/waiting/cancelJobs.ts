import { endpoints } from '../../api/endpoints';
import { isRunning, type Job } from '../../api/job';
import { limit } from '../../shared/semaphore';
import { isGenerated } from '../buildRequest';
import type { Task } from '../itemTask';
import type { RunContext } from '../runContext';
import { referenceOf, runningJobs } from '../submission/reconcileSubmission';

/** The maximum number of concurrent calls. */
const CONCURRENCY = 4;

/** How long the API may take to cancel a job, in milliseconds. The next run waits for this one. */
const TIMEOUT_MS = 10_000;

/**
 * Cancels at the API what this run has started there: the jobs it knows, and those whose
 * submission was in flight, which the list of running jobs identifies by the references that this
 * run made up for them.
 * @param accepted the jobs that the API took
 * @returns the jobs that the API has cancelled
 */
export async function cancelJobs(run: RunContext, tasks: Task[], accepted: Job[]): Promise<Job[]> {
	const inFlight = await jobsInFlight(run, tasks);
	const jobs = new Map([...accepted.filter(isRunning), ...inFlight].map((job) => [job.jobid, job]));
	const oneOfFew = limit(CONCURRENCY);
	const cancelled = async (job: Job) => ((await isCancelled(run, job)) ? [job] : []);
	const results = [...jobs.values()].map(
		async (job) => await oneOfFew(async () => await cancelled(job)),
	);
	return (await Promise.all(results)).flat();
}

async function isCancelled({ client }: RunContext, { jobid }: Job): Promise<boolean> {
	const { kind } = await client({
		method: 'GET',
		path: endpoints.cancelJob,
		query: { jobid },
		afterStop: true,
		timeoutMs: TIMEOUT_MS,
	});
	return kind === 'answered';
}

async function jobsInFlight(run: RunContext, tasks: Task[]): Promise<Job[]> {
	const references = new Set(tasks.map(({ call }) => call && referenceOf(call)));
	const jobs = await runningJobs(run);
	return jobs.filter(({ replyRef = '' }) => isGenerated(replyRef) && references.has(replyRef));
}
