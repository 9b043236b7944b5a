import type { IBinaryKeyData, IDataObject, INodeExecutionData } from 'n8n-workflow';

import { attachmentsOf, hasFailed, isRunning, type Job } from '../api/job';
import type { Problem } from '../api/outcome';
import { filesOf } from '../jobs/jobFiles';
import { jobFields } from '../jobs/jobOutput';
import { apiError, jobProblem, noPicture } from '../jobs/nodeErrors';
import { readJob } from '../jobs/readJob';
import type { Task } from './itemTask';
import type { RunContext } from './runContext';
import { repeatProblem } from './submission/repeatProblem';
import type { JobPoller } from './waiting/jobPoller';
import { suspend } from './waiting/suspend';

/** What became of an item whose call the API took. */
export type Result =
	| { result: 'items'; items: INodeExecutionData[] }
	/** Its job ended without a result. */
	| { result: 'failed'; problem: Problem }
	/** The run was halted before. */
	| { result: 'none' };

/** What waiting for results takes from the run, besides what every step knows. */
interface WaitContext extends RunContext {
	poller: JobPoller;
	/** Runs a download when its turn comes. */
	download: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * From an answer to output items: waits for the job, and downloads its pictures.
 * @param body the answer to the item's call
 * @throws NodeApiError when Maximum Wait ends, the job cannot be read, or a picture not be downloaded
 */
export async function awaitResult(run: WaitContext, task: Task, body: unknown): Promise<Result> {
	const { answer } = run.operation;
	if (answer.of === 'data') {
		const data = answer.readFrom ? await readAgain(run, task, answer.readFrom) : body;
		return itemsOf(task, answer.items(data, task.read).map(asItem));
	}
	if (answer.of === 'jobs') {
		return itemsOf(
			task,
			answer.jobs(body, task.read).map((job) => asItem(fieldsOf(job, task))),
		);
	}
	const job = await awaited(run, task, body as Job);
	if (run.halted()) return { result: 'none' };
	if (task.settings.waitMode === 'suspend' && isRunning(job)) {
		return itemsOf(task, [await suspend(run, task, job)]);
	}
	if (answer.until !== 'read' && hasFailed(job)) {
		return { result: 'failed', problem: repeatProblem(run.operation, task, jobProblem(job)) };
	}
	const done = await withPicture(run, task, job);
	return itemsOf(task, await run.download(async () => await jobItems(run, task, done)));
}

/**
 * A job with the picture that it was to make. One that has completed without is read once more.
 * @throws NodeApiError where it has none then: the next run reads it again
 */
async function withPicture(run: RunContext, task: Task, job: Job): Promise<Job> {
	const isDone = job.status === 'completed' && run.operation.request.effect === 'submission';
	const has = ({ length }: unknown[]) => length > 0;
	if (!isDone || !task.settings.downloadResults || has(attachmentsOf(job))) return job;
	const again = await readJob(run.client, job);
	if (has(attachmentsOf(again))) return again;
	throw apiError(run.context, noPicture(again), task.itemIndex);
}

async function readAgain(run: RunContext, { itemIndex }: Task, path: string): Promise<unknown> {
	const outcome = await run.client({ method: 'GET', path });
	if (outcome.kind === 'answered') return outcome.body;
	throw apiError(run.context, outcome.problem, itemIndex);
}

/** Says of a job that an earlier run or try has started that it is not new. */
const itemsOf = ({ resumed }: Task, items: INodeExecutionData[]): Result => ({
	result: 'items',
	items: resumed
		? items.map((item) => ({ ...item, json: { ...item.json, resumed: true } }))
		: items,
});

const asItem = (json: IDataObject): INodeExecutionData => ({ json });

/** The job as the user wants to wait for it. */
async function awaited(run: WaitContext, task: Task, job: Job): Promise<Job> {
	const { waitMode, maximumWaitMs } = task.settings;
	if (waitMode === 'suspend') return await readJob(run.client, job);
	return waitMode === 'none' ? job : await run.poller.ended(job, task.itemIndex, maximumWaitMs);
}

async function jobItems(run: RunContext, task: Task, job: Job): Promise<INodeExecutionData[]> {
	const { answer } = run.operation;
	if (answer.of === 'job' && answer.items && task.settings.simplify) {
		return answer.items(job, task.read).map(asItem);
	}
	const facts = answer.of === 'job' ? answer.fields : {};
	return [{ json: fieldsOf(job, task, facts), ...(await downloaded(run, job, task)) }];
}

/** The files of a job in the binary field that the user names; none when the user wants none. */
async function downloaded(
	run: RunContext,
	job: Job,
	{ itemIndex, settings }: Task,
): Promise<{ binary?: IBinaryKeyData }> {
	if (!settings.downloadResults) return {};
	return await filesOf(run, job, settings.outputField, itemIndex);
}

const fieldsOf = (job: Job, { settings }: Task, facts?: IDataObject) =>
	jobFields(job, settings.simplify, facts);
