import { endpoints } from '../../api/endpoints';
import { MultipartForm } from '../../n8nCompat/multipartForm';
import { isRunning, jobsOf } from '../../api/job';
import { isGenerated } from '../buildRequest';
import type { Run } from '../executionState';
import type { Task } from '../itemTask';

/**
 * Cancels at the API what this run has started there: the jobs it knows, and those whose
 * submission was in flight, which the list of running jobs identifies by the references that this
 * run made up for them.
 */
export async function cancelJobs(run: Run, tasks: Task[]): Promise<void> {
	const known = [...run.accepted.values()].filter(isRunning).map(({ jobid }) => jobid);
	const jobs = new Set([...known, ...(await jobsInFlight(run, tasks))]);
	await Promise.all(
		[...jobs].map(
			async (jobid) =>
				await run.client({
					method: 'GET',
					path: endpoints.cancelJob,
					query: { jobid },
					afterStop: true,
				}),
		),
	);
}

async function jobsInFlight(run: Run, tasks: Task[]): Promise<Array<string | undefined>> {
	const references = new Set(tasks.map(({ call }) => referenceOf(call?.body)));
	const outcome = await run.client({
		method: 'GET',
		path: endpoints.runningJobs,
		afterStop: true,
	});
	const jobs = outcome.kind === 'answered' ? jobsOf(outcome.body) : [];
	return jobs
		.filter(({ replyRef = '' }) => isGenerated(replyRef) && references.has(replyRef))
		.map(({ jobid }) => jobid);
}

const referenceOf = (body: unknown): string | undefined =>
	body instanceof MultipartForm ? body.text('replyRef') : undefined;
