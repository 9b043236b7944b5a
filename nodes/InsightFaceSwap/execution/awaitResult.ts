import type { IBinaryKeyData, IDataObject, INodeExecutionData } from 'n8n-workflow';

import { attachmentsOf, hasFailed, isReadable, isRunning, type Job } from '../api/job';
import { apiError, jobProblem, named, noPicture } from '../api/nodeErrors';
import type { Problem } from '../api/outcome';
import { readJob, readNews } from '../api/readJob';
import { filesOf } from '../files/jobFiles';
import { jobFields, resultName } from '../jobs/jobOutput';
import { Deadline } from '../shared/deadline';
import type { Item } from './item';
import type { Run } from './run';
import { repeatProblem } from './submit';
import { suspend } from './suspend';

/** How long the last read of a job may take when Maximum Wait ends, in milliseconds. */
const LAST_READ_MS = 3_000;

/**
 * From an answer to output: waits for the job, downloads its pictures, and keeps the item's output.
 * @param body the answer to the item's call
 * @throws NodeApiError when Maximum Wait ends, the job cannot be read, or a picture not be downloaded
 */
export async function awaitResult(run: Run, item: Item, body: unknown): Promise<void> {
	const { answer } = run.operation;
	if (answer.of === 'data') {
		const data = answer.readFrom ? await readAgain(run, item, answer.readFrom) : body;
		return run.deliver(item, answer.items(data, item.read).map(asItem));
	}
	if (answer.of === 'jobs') {
		const jobs = answer.jobs(body, item.read);
		return run.deliver(
			item,
			jobs.map((job) => asItem(jobFields(job, item.settings.simplify))),
		);
	}
	const job = await awaited(run, item, body as Job);
	if (run.halted()) return;
	if (item.settings.waitMode === 'suspend' && isRunning(job)) {
		return run.deliver(item, [await suspend(run, item, job)]);
	}
	if (answer.until !== 'read' && hasFailed(job)) {
		item.job = job;
		return run.failJob(item, repeatProblem(run, item, jobProblem(job)));
	}
	const done = await withPicture(run, item, job);
	run.deliver(item, await run.download(async () => await jobItems(run, item, done)));
}

/** Some calls do not answer what they have changed. */
async function readAgain(run: Run, { index }: Item, path: string): Promise<unknown> {
	const outcome = await run.client({ method: 'GET', path });
	if (outcome.kind === 'answered') return outcome.body;
	throw apiError(run.context, outcome.problem, index);
}

const asItem = (json: IDataObject): INodeExecutionData => ({ json });

/**
 * A job with the picture that it was to make. One that has completed without is read once more.
 * @throws NodeApiError where it has none then: the next run reads it again
 */
async function withPicture(run: Run, item: Item, job: Job): Promise<Job> {
	const isDone = job.status === 'completed' && run.isSubmission;
	const has = ({ length }: unknown[]) => length > 0;
	if (!isDone || !item.settings.downloadResults || has(attachmentsOf(job))) return job;
	const again = await readJob(run.client, job);
	if (has(attachmentsOf(again))) return again;
	throw apiError(run.context, noPicture(again), item.index);
}

/** The job as the user wants to wait for it. */
async function awaited(run: Run, item: Item, job: Job): Promise<Job> {
	const { waitMode } = item.settings;
	if (waitMode === 'suspend') return await readJob(run.client, job);
	return waitMode === 'none' || !isRunning(job) || !job.jobid ? job : await ended(run, item, job);
}

/**
 * Waits until a job has ended.
 * @returns the job as it ended, with or without a result; as it was when the run is halted
 * @throws NodeApiError when Maximum Wait ends, the API has no such job, or it refuses to show jobs
 */
async function ended(run: Run, item: Item, job: Job): Promise<Job> {
	const { jobid = '' } = job;
	const { client, verb } = run;
	const deadline = new Deadline(() => item.settings.maximumWaitMs, run.halting);
	let refusal: Problem | undefined;
	const onRefusal = (problem: Problem) => {
		refusal = problem;
		deadline.abort();
	};
	const news = await run.jobs.ended({ jobid, verb, client, onRefusal }, deadline.signal);
	deadline.end();
	if (refusal) throw apiError(run.context, refusal, item.index);
	if (!news && run.halted()) return job;
	const last = news ?? (await readNews(client, jobid, LAST_READ_MS));
	if (last === 'absent' && isReadable(verb)) return lost(run, item, job);
	if (typeof last === 'object' && !isRunning(last)) return last;
	throw apiError(run.context, tooLate(item, job), item.index);
}

function lost(run: Run, item: Item, job: Job): never {
	const problem = {
		message: `useapi.net does not have the job any more${named(job)}`,
		description:
			'Look for its picture in the Discord channel. The next run submits the item again.',
	};
	run.ledger?.failed(item.index, problem, true);
	throw apiError(run.context, problem, item.index);
}

const tooLate = ({ settings }: Item, job: Job): Problem => ({
	message: `The job has not ended within ${settings.maximumWaitMs / 1000} seconds${named(job)}`,
	description:
		'It continues at the API. Read it later with Job → Wait, or raise Maximum Wait in the additional fields.',
});

async function jobItems(run: Run, item: Item, job: Job): Promise<INodeExecutionData[]> {
	const { answer } = run.operation;
	if (answer.of === 'job' && answer.items && item.settings.simplify) {
		return answer.items(job, item.read).map(asItem);
	}
	const facts = { ...item.files(run.operation), ...(answer.of === 'job' ? answer.fields : {}) };
	const json = jobFields(job, item.settings.simplify, facts);
	return [{ json, ...(await downloaded(run, item, job)) }];
}

/** The files of a job in the binary field that the user names, and the pictures that are to be kept. */
async function downloaded(run: Run, item: Item, job: Job): Promise<{ binary?: IBinaryKeyData }> {
	const { downloadResults, outputField: field } = item.settings;
	const baseName = resultName(job, item.files(run.operation).targetFile);
	const target = { field, itemIndex: item.index, baseName };
	const results = downloadResults ? await filesOf(run, job, target) : {};
	const binary = { ...item.inputPictures, ...results.binary };
	return Object.keys(binary).length > 0 ? { binary } : {};
}
