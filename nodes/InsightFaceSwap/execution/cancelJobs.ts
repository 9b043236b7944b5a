import { outsideExecution } from '../api/client';
import { endpoints } from '../api/endpoints';
import { isRunning, type Job } from '../api/job';
import { isGenerated } from '../api/reference';
import { limit } from '../shared/semaphore';
import type { Item } from './item';
import type { Run } from './run';

/** The maximum number of concurrent calls. */
const CONCURRENCY = 4;

/** How long the API may take to cancel a job, in milliseconds. The next run waits for this one. */
const TIMEOUT_MS = 10_000;

/**
 * Cancels at the API what this run has started there: the jobs it knows, and those whose submission was in
 * flight, which the list of running jobs identifies by the references that the node made up.
 */
export async function cancelJobs(run: Run): Promise<void> {
	const inFlight = run.items.filter(({ state }) => state === 'sent' || state === 'unknown');
	const running = inFlight.length > 0 ? await run.jobs.running(outsideExecution(run.client)) : [];
	for (const item of inFlight) item.job = running?.find((job) => isOf(job, item));
	const jobs = run.items.filter(({ job, state }) => job && isRunning(job) && state !== 'done');
	const oneOfFew = limit(CONCURRENCY);
	await Promise.all(jobs.map(async (item) => await oneOfFew(async () => await cancel(run, item))));
}

const isOf = ({ replyRef }: Job, { form }: Item): boolean =>
	isGenerated(replyRef) && form?.text('replyRef') === replyRef;

/** A job that was cancelled is not left to the next run. */
async function cancel({ client, ledger }: Run, { index, job }: Item): Promise<void> {
	const { kind } = await outsideExecution(client)({
		method: 'GET',
		path: endpoints.cancelJob,
		query: { jobid: job?.jobid },
		timeoutMs: TIMEOUT_MS,
	});
	if (kind === 'answered') ledger?.erase(index);
}
