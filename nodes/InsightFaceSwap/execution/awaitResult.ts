import type { IBinaryKeyData, INodeExecutionData } from 'n8n-workflow';

import type { JobAnswer } from '../actions/types';
import { MultipartForm } from '../n8nCompat/multipartForm';
import { hasFailed, isRunning, jobsOf, type Job } from '../api/job';
import { announceJob } from '../jobs/runningJobs';
import { apiError, jobProblem } from '../jobs/nodeErrors';
import { jobFields } from '../jobs/jobOutput';
import { filesOf } from '../jobs/jobFiles';
import type { Run } from './executionState';
import { noteJob } from './submission/noteJob';
import { suspend, suspends } from './waiting/suspend';
import { readJob } from '../jobs/readJob';
import { setting, type Task } from './itemTask';

/**
 * From an answer to output items, or to an error: waits for the job, downloads its pictures, and
 * reports to the run.
 */
export async function awaitResult(run: Run, task: Task, body: unknown): Promise<void> {
	try {
		const items = await itemsOf(run, task, body);
		if (items) run.report(task.itemIndex, task.resumed ? items.map(asResumed) : items);
	} catch (error) {
		run.fail(task.itemIndex, error);
	}
}

/** Tells an item whose job an earlier run or try has started from one whose job is new. */
const asResumed = (item: INodeExecutionData): INodeExecutionData => ({
	...item,
	json: { ...item.json, resumed: true },
});

async function itemsOf(
	run: Run,
	task: Task,
	body: unknown,
): Promise<INodeExecutionData[] | undefined> {
	const { answer } = run.operation;
	if (answer.of === 'data') return answer.items(body, task.read).map((json) => ({ json }));
	if (answer.of === 'jobs') return jobsOf(body).map((job) => ({ json: fieldsOf(job, task) }));
	const started = body as Job;
	run.accept(task.itemIndex, started);
	noteJob(run, task, started);
	if (run.operation.request.form && !task.resumed) {
		announceJob(run.account, submitted(task, started));
	}
	const job = await awaited(run, answer, task, started);
	if (run.halted()) return undefined;
	if (suspends(run, task) && isRunning(job)) return [await suspend(run, task, job)];
	return await run.finishing(async () => await jobItems(run, answer, job, task));
}

/** The job with the reply URL that it was submitted with, which the API need not repeat. */
function submitted({ call }: Task, job: Job): Job {
	const replyUrl = call?.body instanceof MultipartForm && call.body.text('replyUrl');
	return { ...job, replyUrl: replyUrl || job.replyUrl };
}

/** The job as the user wants to wait for it. */
async function awaited(run: Run, { until }: JobAnswer, task: Task, started: Job): Promise<Job> {
	if (suspends(run, task)) return await readJob(run.client, started);
	const waits =
		until === 'ended' || (until === 'asked' && task.read<string>('waitMode', 'poll') !== 'none');
	return waits ? await run.poller.ended(task, started) : started;
}

async function jobItems(
	run: Run,
	answer: JobAnswer,
	job: Job,
	task: Task,
): Promise<INodeExecutionData[]> {
	if (answer.until !== 'read' && hasFailed(job)) {
		const problem = jobProblem(job);
		run.paid?.miss(task.itemIndex, 'failed', problem);
		run.undelivered?.drop(task.itemIndex);
		throw apiError(run.context, problem, task.itemIndex);
	}
	if (answer.items && task.read('simplify', true)) {
		return answer.items(job).map((json) => ({ json }));
	}
	return [{ json: fieldsOf(job, task), ...(await downloaded(run, job, task)) }];
}

/** The files of a job in the binary field that the user names; none when the user wants none. */
async function downloaded(run: Run, job: Job, task: Task): Promise<{ binary?: IBinaryKeyData }> {
	if (!task.read('downloadResults', false)) return {};
	const field = String(setting(task, 'outputBinaryPropertyName') || 'data');
	return await filesOf(run, job, field, task.itemIndex);
}

const fieldsOf = (job: Job, { read }: Task) => jobFields(job, read('simplify', true));
