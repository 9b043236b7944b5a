import { endpoints } from '../../api/endpoints';
import { hasFailed, isJobWithId, type Job } from '../../api/job';
import type { Problem } from '../../api/outcome';
import { MultipartForm } from '../../n8nCompat/multipartForm';
import { limit } from '../../shared/semaphore';
import type { InputError } from '../../shared/validation';
import type { Task } from '../itemTask';
import type { RunContext } from '../runContext';
import type { Account } from '../scheduling/channelRegistry';
import type { EarlierWork } from './continuePaidJobs';
import { itemKey, keyWithoutPictures } from './itemKey';
import {
	jobStartedBy,
	owned,
	receivedJobOf,
	referenceOf,
	runningJobs,
	type TakenJobs,
} from './reconcileSubmission';
import { prepared } from './submitJob';
import type { UndeliveredJobs } from './undeliveredJobs';

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
	| { next: 'leave' }
	| { next: 'fail'; problem: Problem };

/** A run for whose node jobs are remembered. */
interface TakeUpRun {
	run: RunContext;
	account: Account;
	undelivered: UndeliveredJobs;
	taken: TakenJobs;
}

/**
 * Finds the items whose job an earlier run has started without putting it out. Such a job is continued.
 * Where it has ended without a result, or the API does not have it any more, the item is submitted.
 * Nothing is read while no job is remembered.
 */
export async function takeUpJobs(
	run: RunContext,
	account: Account,
	tasks: Task[],
	undelivered: UndeliveredJobs | undefined,
	taken: TakenJobs,
): Promise<EarlierWork> {
	await undelivered?.stoppedRunsEnded(run.halting);
	if (!undelivered?.hasAny) return { paid: [], open: tasks, failed: [] };
	const source: TakeUpRun = { run, account, undelivered, taken };
	const claimed = await claimedBy(source, tasks);
	for (const { itemIndex } of claimed) taken.add(undelivered.of(itemIndex)?.job);
	const running = once(async () => await runningJobs(run));
	const work: EarlierWork = { paid: [], open: [], failed: [] };
	const open = new Set(tasks.filter((task) => !claimed.includes(task)));
	const takeUp = claimed.map(async (task) => {
		const action = await takenUp(source, task, running);
		if (action.next === 'submit') open.add(task);
		if (action.next === 'fail') work.failed.push({ task, problem: action.problem });
		if (action.next === 'continue') {
			work.paid.push({ task, job: action.job, read: async () => action.job });
		}
	});
	await Promise.all(takeUp);
	return { ...work, open: tasks.filter((task) => open.has(task)) };
}

/** The items for which a job is remembered that no other run continues now. */
async function claimedBy(source: TakeUpRun, tasks: Task[]): Promise<Task[]> {
	const oneOfFew = limit(PICTURE_READERS);
	const claims = tasks.map(
		async (task, index) => await oneOfFew(async () => await isClaimedBy(source, task, index)),
	);
	const isClaimed = await Promise.all(claims);
	return tasks.filter((_task, index) => isClaimed[index]);
}

/**
 * Once all jobs are claimed, no more pictures are read. Downloaded pictures are kept for items that come soon or
 * have a job: those of all items would fill the memory.
 */
async function isClaimedBy(
	{ run, undelivered }: TakeUpRun,
	task: Task,
	index: number,
): Promise<boolean> {
	const key = await keyOf(run, undelivered, task);
	const isClaimed = key !== undefined && undelivered.claim(task.itemIndex, key) !== undefined;
	const isNeeded = isClaimed || index < PICTURE_READERS;
	if (!isNeeded || !readsUrls(run, task)) task.call = undefined;
	return isClaimed;
}

/** The key of an item for which a job may be remembered. Its pictures are read for that. */
async function keyOf(
	run: RunContext,
	undelivered: UndeliveredJobs,
	task: Task,
): Promise<string | undefined> {
	if (run.halted() || !task.settings.continuesPaidJobs) return undefined;
	try {
		if (!undelivered.hasFor(await keyWithoutPictures(run, task))) return undefined;
		const { body } = await prepared(run, task);
		if (!(body instanceof MultipartForm)) return undefined;
		for (const [, file] of body.files()) await file.readThrough();
		return itemKey(run, task, body);
	} catch {
		// Its turn comes, and it fails then.
		return undefined;
	}
}

/** Whether pictures are downloaded. Others are read again where they are needed. */
const readsUrls = ({ operation }: RunContext, { read }: Task): boolean =>
	(operation.request.form ?? []).some(
		(part) => 'picture' in part && read<string>(`${part.picture}Source`, 'binary') === 'url',
	);

/** What to do with a claimed item. One that fails leaves its job to the next run. */
async function takenUp(
	source: TakeUpRun,
	task: Task,
	running: () => Promise<Job[]>,
): Promise<TakenUp> {
	try {
		return await lookedUp(source, task, running);
	} catch (error) {
		const { message, description = '' } = error as InputError;
		return { next: 'fail', problem: { message, description } };
	}
}

async function lookedUp(
	source: TakeUpRun,
	task: Task,
	running: () => Promise<Job[]>,
): Promise<TakenUp> {
	const { run, account, undelivered } = source;
	const turn = await account.turnToRead([run.halting]);
	try {
		const remembered = undelivered.of(task.itemIndex);
		const jobid = remembered?.job ?? (await identified(source, task, running));
		if (run.halted()) return { next: 'leave' };
		if (jobid) return await jobToContinue(source, task, jobid);
	} finally {
		turn?.end();
	}
	if (task.settings.mayResubmit) return submitAnew(source, task);
	return { next: 'fail', problem: STILL_UNKNOWN };
}

async function jobToContinue(source: TakeUpRun, task: Task, jobid: string): Promise<TakenUp> {
	const outcome = await source.run.client({ method: 'GET', path: endpoints.job, query: { jobid } });
	if (outcome.kind === 'answered' && isJobWithId(outcome.body, jobid)) {
		return hasFailed(outcome.body)
			? submitAnew(source, task)
			: { next: 'continue', job: outcome.body };
	}
	const isGone =
		outcome.kind === 'absent' ||
		(outcome.kind === 'refused' && NO_SUCH_JOB.includes(outcome.problem.httpCode ?? ''));
	return isGone
		? submitAnew(source, task)
		: { next: 'continue', job: { jobid, status: 'started' } };
}

function submitAnew({ undelivered }: TakeUpRun, { itemIndex }: Task): TakenUp {
	undelivered.drop(itemIndex);
	return { next: 'submit' };
}

/** The ID of the job that a submission of unknown outcome has started, if it is found. */
async function identified(
	{ run, undelivered, taken }: TakeUpRun,
	task: Task,
	running: () => Promise<Job[]>,
): Promise<string | undefined> {
	const remembered = undelivered.of(task.itemIndex);
	if (!remembered) return undefined;
	const { item, ref, at } = remembered;
	const call = await prepared(run, task);
	const reference = ref ?? referenceOf(call);
	const found =
		jobStartedBy(call, at, await running(), taken, reference) ??
		(await receivedJobOf(run, call, at, taken, reference));
	const jobid = owned(found, taken)?.jobid;
	if (!jobid) return undefined;
	undelivered.note(task.itemIndex, { item, job: jobid, at });
	return jobid;
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
	let result: Promise<T> | undefined;
	return async () => await (result ??= work());
}

const STILL_UNKNOWN: Problem = {
	message: 'Outcome unknown: the connection broke when an earlier run submitted this item',
	description:
		'Its job is not among the running jobs, nor among those that an InsightFaceSwap Trigger of this n8n has received. It may have been charged, so it was not submitted again. Look for its picture in the Discord channel. To submit it once more, set If Outcome Unknown to Submit Again in the additional fields, or On Repeat to Submit Anew.',
};
