import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import type { JobAnswer } from '../actions/types';
import { attachmentsOf, hasFailed, isReadable, isRunning, type Job } from '../api/job';
import { jobProblem, named, noPicture } from '../api/nodeErrors';
import type { Problem } from '../api/outcome';
import { readJob, readNews } from '../api/endpoints';
import { filesOf } from '../files/jobFiles';
import { jobFields, resultName } from '../jobs/jobOutput';
import { Deadline } from '../shared/cancellation';
import type { Item } from './item';
import type { Run } from './run';
import { suspend } from './suspend';

/** How long the last read of a job may take when Maximum Wait ends, in milliseconds. */
const LAST_READ_MS = 3_000;

/**
 * From the answer to output: waits for the job, downloads its pictures, and keeps the item's output.
 * @throws NodeApiError when Maximum Wait ends, the job cannot be read, or a picture not be downloaded
 */
export async function awaitResult(run: Run, item: Item): Promise<void> {
	const { answer } = run.operation;
	const { simplify, waitMode } = item.settings;
	if (answer.of === 'data') {
		const body = answer.readFrom ? await readAgain(run, item, answer.readFrom) : item.answer;
		return run.deliver(item, answer.items(body, item.read).map(asItem));
	}
	if (answer.of === 'jobs') {
		const jobs = answer.jobs(item.answer, item.read).map((job) => jobFields(job, simplify));
		return run.deliver(item, jobs.map(asItem));
	}
	const job = await awaited(run, item, item.answer as Job);
	if (run.halted()) return;
	if (waitMode === 'suspend' && isRunning(job)) {
		return run.deliver(item, [await suspend(run, item, job)]);
	}
	if (answer.until !== 'read' && hasFailed(job)) {
		item.job = job;
		run.giveUp(item, jobProblem(job));
	}
	const done = await withPicture(run, item, job);
	const output = await run.download(async () =>
		run.halted() ? undefined : await jobItems(run, item, done),
	);
	if (output) run.deliver(item, output);
}

/** Some calls do not answer what they have changed. */
async function readAgain(run: Run, item: Item, path: string): Promise<unknown> {
	const outcome = await run.client({ method: 'GET', path });
	if (outcome.kind === 'answered') return outcome.body;
	throw run.errorOf(item, outcome.problem);
}

const asItem = (json: IDataObject): INodeExecutionData => ({ json });

/**
 * A job with the picture that it was to make. One that has completed without is read once more.
 * @throws NodeApiError where it has none then: the next run reads it again
 */
async function withPicture(run: Run, item: Item, job: Job): Promise<Job> {
	const hasPicture = (one: Job) => attachmentsOf(one).length > 0;
	const isWanted = run.isSubmission && item.settings.downloadResults && job.status === 'completed';
	if (!isWanted || hasPicture(job)) return job;
	const again = await readJob(run.client, job);
	if (hasPicture(again)) return again;
	throw run.errorOf(item, noPicture(again));
}

/** The job as the user wants to wait for it. */
async function awaited(run: Run, item: Item, job: Job): Promise<Job> {
	const { waitMode } = item.settings;
	if (waitMode === 'suspend') return await readJob(run.client, job);
	return waitMode === 'none' || !isRunning(job) ? job : await ended(run, item, job);
}

/**
 * Waits until a job has ended.
 * @returns the job as it ended, with or without a result; as it was when the run is halted
 * @throws NodeApiError when Maximum Wait ends, the API has no such job, or it refuses to show jobs
 */
async function ended(run: Run, item: Item, job: Job): Promise<Job> {
	const { jobid = '' } = job;
	const { client, verb } = run;
	const deadline = new Deadline(() => item.maximumWaitMs, run.halting);
	let refusal: Problem | undefined;
	const onRefusal = (problem: Problem) => {
		refusal = problem;
		deadline.abort();
	};
	const news = await run.jobs.ended({ jobid, verb, client, onRefusal }, deadline.signal);
	deadline.end();
	if (refusal) throw run.errorOf(item, refusal);
	if (!news && run.halted()) return job;
	const last = news ?? (await readNews(client, jobid, LAST_READ_MS));
	if (last === 'absent' && isReadable(verb)) run.giveUp(item, lost(job));
	if (typeof last === 'object' && !isRunning(last)) return last;
	throw run.errorOf(item, tooLate(item, job));
}

const lost = (job: Job): Problem => ({
	message: `useapi.net does not have the job any more${named(job)}`,
	description: 'Look for its picture in the Discord channel. The next run submits the item again.',
});

const tooLate = ({ maximumWaitMs }: Item, job: Job): Problem => ({
	message: `The job has not ended within ${maximumWaitMs / 1000} seconds${named(job)}`,
	description:
		'It continues at the API. Read it later with Job → Wait, or raise Maximum Wait in the additional fields.',
});

async function jobItems(run: Run, item: Item, job: Job): Promise<INodeExecutionData[]> {
	const answer = run.operation.answer as JobAnswer;
	const { simplify, downloadResults, outputField: field } = item.settings;
	if (answer.items && simplify) return answer.items(job, item.read).map(asItem);
	const baseName = resultName(job, item.files.targetFile);
	const target = { field, itemIndex: item.index, baseName };
	const results = downloadResults ? await filesOf(run, job, target) : {};
	const binary = { ...item.inputPictures, ...results.binary };
	const json = jobFields(job, simplify, { ...item.files, ...answer.fields });
	return [{ json, ...(Object.keys(binary).length > 0 ? { binary } : {}) }];
}
