import { endpoints } from '../../api/endpoints';
import { hasFailed, isJob, type Job } from '../../api/job';
import type { Problem } from '../../api/outcome';
import { MultipartForm } from '../../n8nCompat/multipartForm';
import { apiError } from '../../jobs/nodeErrors';
import { limit } from '../../shared/semaphore';
import type { Run } from '../executionState';
import type { Account } from '../scheduling/channelRegistry';
import { continuesPaidJobs, mayResubmit, type Task } from '../itemTask';
import type { PaidTask } from './continuePaidJobs';
import { itemKey, keyWithoutPictures } from './itemKey';
import { jobStartedBy, referenceOf, runningJobs } from './reconcileSubmission';
import { prepared } from './submitJob';

/** The maximum number of items whose pictures are read at the same time. */
const PICTURE_READERS = 4;

/** The statuses that say that there is no such job. */
const NO_SUCH_JOB = ['404', '410'];

/** What to do with an item whose job is remembered. */
type TakenUp =
	| { next: 'continue'; job: Job }
	/** There is nothing to continue. */
	| { next: 'submit' }
	/** The job waits for the next run. */
	| { next: 'leave' };

/**
 * Finds the items whose job an earlier run has started without putting it out. Such a job is continued.
 * Where it has ended without a result, or the API does not have it any more, the item is submitted.
 * Nothing is read while no job is remembered.
 * @returns the items with a job, and those to submit
 */
export async function takeUpJobs(
	run: Run,
	account: Account,
	tasks: Task[],
): Promise<{ paid: PaidTask[]; open: Task[] }> {
	const { undelivered } = run;
	if (!undelivered?.hasAny) return { paid: [], open: tasks };
	const oneOfFew = limit(PICTURE_READERS);
	const keys = await Promise.all(
		tasks.map(async (task) => await oneOfFew(async () => await keyOf(run, task))),
	);
	const claimed = tasks.filter(({ itemIndex }, index) => {
		const key = keys[index];
		return key && undelivered.claim(itemIndex, key);
	});
	for (const { itemIndex } of claimed) run.taken.add(undelivered.of(itemIndex)?.job);
	const running = once(async () => await runningJobs(run));
	const paid: PaidTask[] = [];
	const open = new Set(tasks.filter((task) => !claimed.includes(task)));
	const takeUp = claimed.map(async (task) => {
		const taken = await takenUp(run, account, task, running);
		if (taken.next === 'submit') open.add(task);
		if (taken.next === 'continue') paid.push({ task, read: async () => taken.job });
	});
	await Promise.all(takeUp);
	for (const { task } of paid) task.resumed = true;
	return { paid, open: tasks.filter((task) => open.has(task)) };
}

/** The key of an item for which a job may be remembered. Its pictures are read for that. */
async function keyOf(run: Run, task: Task): Promise<string | undefined> {
	if (run.halted() || !continuesPaidJobs(task)) return undefined;
	try {
		if (!run.undelivered?.hasFor(await keyWithoutPictures(run, task))) return undefined;
		const { body } = await prepared(run, task);
		if (!(body instanceof MultipartForm)) return undefined;
		for (const [, file] of body.files()) await file.readThrough();
		return itemKey(run, task, body);
	} catch {
		// Its turn comes, and it fails then.
		return undefined;
	} finally {
		if (!readsUrls(run, task)) task.call = undefined;
	}
}

/** Whether pictures are downloaded, which is done once. Others are read again when their turn comes. */
const readsUrls = ({ operation }: Run, { read }: Task): boolean =>
	(operation.request.form ?? []).some(
		(part) => 'picture' in part && read<string>(`${part.picture}Source`, 'binary') === 'url',
	);

async function takenUp(
	run: Run,
	account: Account,
	task: Task,
	running: () => Promise<Job[]>,
): Promise<TakenUp> {
	const turn = await account.turnToRead([run.halting]);
	try {
		const remembered = run.undelivered?.of(task.itemIndex);
		const jobid = remembered?.job ?? (await identified(run, task, running));
		if (run.halted()) return { next: 'leave' };
		if (jobid) return await jobToContinue(run, task, jobid);
	} finally {
		turn?.end();
	}
	if (mayResubmit(task)) return submitAnew(run, task);
	run.fail(task.itemIndex, apiError(run.context, STILL_UNKNOWN, task.itemIndex));
	return { next: 'leave' };
}

async function jobToContinue(run: Run, task: Task, jobid: string): Promise<TakenUp> {
	const outcome = await run.client({ method: 'GET', path: endpoints.job, query: { jobid } });
	if (outcome.kind === 'answered' && isJob(outcome.body)) {
		return hasFailed(outcome.body)
			? submitAnew(run, task)
			: { next: 'continue', job: outcome.body };
	}
	const isGone = outcome.kind === 'refused' && NO_SUCH_JOB.includes(outcome.problem.httpCode ?? '');
	return isGone ? submitAnew(run, task) : { next: 'continue', job: { jobid, status: 'started' } };
}

function submitAnew({ undelivered }: Run, { itemIndex }: Task): TakenUp {
	undelivered?.drop(itemIndex);
	return { next: 'submit' };
}

/** The ID of the job that a submission of unknown outcome has started, if it is found. */
async function identified(
	run: Run,
	task: Task,
	running: () => Promise<Job[]>,
): Promise<string | undefined> {
	const remembered = run.undelivered?.of(task.itemIndex);
	if (!remembered) return undefined;
	const { item, ref, at } = remembered;
	const call = await prepared(run, task);
	const reference = ref ?? referenceOf(call);
	const jobid = jobStartedBy(call, at, await running(), run.taken, reference)?.jobid;
	if (!jobid) return undefined;
	run.taken.add(jobid);
	run.undelivered?.note(task.itemIndex, { item, job: jobid, at });
	return jobid;
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
	let result: Promise<T> | undefined;
	return async () => await (result ??= work());
}

const STILL_UNKNOWN: Problem = {
	message: 'Outcome unknown: the connection broke when an earlier run submitted this item',
	description:
		'Its job is not among the running jobs, and may have been charged, so it was not submitted again. Look for its picture in the Discord channel. To submit it once more, set If Outcome Unknown to Submit Again in the additional fields, or On Repeat to Submit Anew.',
};
