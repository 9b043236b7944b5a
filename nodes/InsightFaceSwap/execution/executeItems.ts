import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { Job } from '../api/job';
import { BUSY } from '../api/outcome';
import { apiError } from '../api/nodeErrors';
import { awaitResult } from './awaitResult';
import { Run } from './executionState';
import { continueJob, dropPictures, taskFor, type Task } from './itemTask';
import { withAccount, type Account } from './scheduling/channelRegistry';
import {
	isSettled,
	runScheduler,
	type NextAction,
	type SchedulerWork,
} from './scheduling/channelScheduler';
import { onItsChannel, releaseIfBusy } from './scheduling/busyChannels';
import { sharedChannels } from './sharedChannels';
import { fromEarlierTry, type EarlierWork } from './submission/continuePaidJobs';
import { notStartedBefore } from './submission/duplicateRunGuard';
import { runningJobOf } from './submission/reconcileSubmission';
import { prepared, submit, type Submitted } from './submission/submitJob';
import { takeUpJobs } from './submission/takeUpJobs';
import { cancelJobs } from './waiting/cancelJobs';
import { requireSuspendable } from './waiting/suspend';

/**
 * Runs the chosen operation for every input item, spread over the channels.
 * @returns the output items in the order of the input, each paired with its input item
 * @throws NodeApiError or NodeOperationError for the first item that fails, unless the user chose
 * to continue: then that item's output holds the error
 */
export async function executeItems(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const run = await Run.start(context);
	return await outputOf(run).catch((error: Error) => {
		run.abandon();
		throw error;
	});
}

async function outputOf(run: Run): Promise<INodeExecutionData[]> {
	const all = tasksOf(run);
	if (all.some(({ settings }) => settings.waitMode === 'suspend')) {
		requireSuspendable(run.context, run.context.getInputData().length);
	}
	const submits = run.operation.request.form !== undefined;
	const unserved = await withAccount(run.account, submits, async (account) => {
		const tried = takeOver(run, fromEarlierTry(run, all, run.paid, run.undelivered));
		const remembered = takeOver(
			run,
			await takeUpJobs(run, account, tried.open, run.undelivered, run.taken),
		);
		const { open } = takeOver(run, await notStartedBefore(run, remembered.open));
		const continued = [...tried.paid, ...remembered.paid].map(
			async ({ task, job, read }) =>
				await onItsChannel(run.operation, account, job, async () => {
					await finish(run, task, await read(account));
				}),
		);
		const left = await serveAll(run, open, account);
		await Promise.all(continued);
		return left;
	});
	await end(run, all, unserved);
	return run.result();
}

/** Takes over what earlier runs and tries have done for the items. */
function takeOver(run: Run, work: EarlierWork): EarlierWork {
	for (const { task, job } of work.paid) {
		continueJob(task);
		run.accept(task, job);
		dropPictures(task);
	}
	for (const { task, problem } of work.failed) {
		run.fail(task.itemIndex, apiError(run.context, problem, task.itemIndex));
	}
	return work;
}

/** @returns the tasks that were not served */
async function serveAll(run: Run, all: Task[], account: Account): Promise<Task[]> {
	const finishing: Array<Promise<void>> = [];
	const finishSubmitted = async (task: Task, { body, isFound }: Accepted) => {
		const work = async () => await finish(run, task, body);
		await (isFound ? onItsChannel(run.operation, account, body as Job, work) : work());
	};
	const serve: Serve = async (task, channel, others) => {
		const submitted = await send(run, account, task, channel);
		const nextAction = nextActionAfter(run, task, submitted, { channel, hasOthers: others() });
		if (submitted?.result === 'accepted') finishing.push(finishSubmitted(task, submitted));
		if (isSettled(nextAction)) dropPictures(task);
		if (!submitted || submitted.result === 'unknown') account.forgetList();
		if (channel) learn(account, channel, nextAction);
		if (channel && isStopped(run.context)) account.noteAbandoned(channel);
		return nextAction;
	};
	const [single, another] = all;
	const left =
		single && !another && run.operation.request.form
			? await serveSingle(run, single, account, serve)
			: await serveBatch(run, all, account, serve);
	await Promise.all(finishing);
	return left;
}

type Accepted = Extract<Submitted, { result: 'accepted' }>;

type Serve = SchedulerWork<Task>['serve'];

/**
 * Serves a single item. It is got ready before its channel is chosen, so that those that come at the same
 * time know of each other by then. Where the API was to choose and refuses for a while, the channel is
 * chosen anew after that.
 */
async function serveSingle(run: Run, task: Task, account: Account, serve: Serve): Promise<Task[]> {
	for (;;) {
		if (!(await prepare(run, task))) return [];
		let delayMs: number | undefined;
		const left = await serveBatch(run, [task], account, async (_task, channel, others) => {
			const nextAction = await serve(task, channel, others);
			if (channel || nextAction.next !== 'rest') return nextAction;
			delayMs = nextAction.ms;
			return { next: 'close' };
		});
		if (delayMs === undefined || run.halted()) return left;
		await run.pause(delayMs);
	}
}

async function serveBatch(
	run: Run,
	tasks: Task[],
	account: Account,
	serve: Serve,
): Promise<Task[]> {
	const isReading = !run.operation.request.form;
	const shared = await sharedChannels(run, tasks, account, (accounts) =>
		run.summary.noteAccounts(accounts),
	);
	for (const task of tasks) releaseIfBusy(account, task, shared);
	return await runScheduler(tasks, {
		shared,
		halted: run.halted,
		rest: run.pause,
		turn: async (channel, withdrawn, demand) => {
			const signals = [run.halting, withdrawn];
			return isReading
				? await account.turnToRead(signals)
				: await account.turnOn(channel, signals, demand);
		},
		prepare: async (task) => !failRefused(run, account, task, shared) && (await prepare(run, task)),
		serve,
	});
}

/**
 * Fails an item for which the API has asked to wait longer than it waits, without asking once more.
 * @returns whether it has failed
 */
function failRefused(
	run: Run,
	account: Account,
	{ itemIndex, settings, channel }: Task,
	shared: Array<string | undefined>,
): boolean {
	const waits = (channel ? [channel] : shared).map((one) => (one ? account.refusedMs(one) : 0));
	const ms = Math.min(...waits);
	if (waits.length === 0 || ms <= settings.maximumWaitMs) return false;
	const message = `${BUSY.message}, and it has asked to wait ${Math.ceil(ms / 1000)} seconds more`;
	run.fail(itemIndex, apiError(run.context, { ...BUSY, message }, itemIndex));
	return true;
}

/** @returns false when the item has failed, because it has nothing that can be sent */
async function prepare(run: Run, task: Task): Promise<boolean> {
	try {
		await prepared(run, task);
		return true;
	} catch (error) {
		run.fail(task.itemIndex, error);
		return false;
	}
}

/**
 * Makes the call of an item.
 * @returns nothing when the item has failed
 */
async function send(
	run: Run,
	account: Account,
	task: Task,
	channel: string | undefined,
): Promise<Submitted | undefined> {
	task.serviceMs = channel ? account.serviceMs(channel) : undefined;
	const call = async () => await submit(run, task, channel, run.taken);
	try {
		if (channel || !run.operation.request.form) return await call();
		const sentAt = Date.now();
		const find = async () =>
			task.call && (await runningJobOf(run, task.call, sentAt, run.taken))?.channel;
		return await account.anonymously(find, call);
	} catch (error) {
		run.fail(task.itemIndex, error);
		return undefined;
	}
}

/** Where an attempt was made. */
interface Place {
	/** Nothing where the API chose it. */
	channel: string | undefined;
	/** Whether other channels are left for its item. */
	hasOthers: boolean;
}

/** Keeps what an attempt says of the run, and tells the scheduler how to go on. */
function nextActionAfter(
	run: Run,
	task: Task,
	submitted: Submitted | undefined,
	{ channel, hasOthers }: Place,
): NextAction {
	switch (submitted?.result) {
		case 'accepted':
			return { next: submitted.isLast && channel ? 'last' : 'free' };
		case 'broken':
			if (!hasOthers)
				run.fail(task.itemIndex, apiError(run.context, submitted.problem, task.itemIndex));
			else run.noChannel = submitted.problem;
			return { next: hasOthers ? 'leave' : 'free' };
		case 'again':
			return { next: 'rest', ms: submitted.ms, busy: submitted.isBusy };
		case 'unusable':
			run.noChannel = submitted.problem;
			return { next: 'close' };
		case 'tooBusy':
			run.fail(task.itemIndex, apiError(run.context, submitted.problem, task.itemIndex));
			return { next: 'drop', busyMs: submitted.ms, isRefused: submitted.isRefused };
		case 'unknown':
			run.failUnknown(task, submitted);
			return { next: 'free' };
		default:
			return { next: 'free' };
	}
}

/** Waits for the result of an item whose call the API took, and keeps its output or its error. */
async function finish(run: Run, task: Task, body: unknown): Promise<void> {
	const { itemIndex } = task;
	try {
		if (run.operation.answer.of === 'job') run.accept(task, body as Job);
		const result = await awaitResult(run, task, body);
		if (result.result === 'items') run.report(itemIndex, result.items);
		if (result.result === 'failed') run.failJob(itemIndex, result.problem);
	} catch (error) {
		run.fail(itemIndex, error);
	}
}

/** Tells the other executions what an answer says about a channel. */
function learn(account: Account, channel: string, nextAction: NextAction): void {
	if (nextAction.next === 'rest' && nextAction.busy) account.noteBusy(channel, nextAction.ms);
	if (nextAction.next === 'drop') {
		const { busyMs, isRefused } = nextAction;
		if (isRefused) account.noteRefused(channel, busyMs);
		else account.noteBusy(channel, busyMs);
	}
	if (['last', 'leave', 'close'].includes(nextAction.next)) account.noteSpent(channel);
}

/** One task an item; an item whose channel or settings cannot be right fails at once. */
function tasksOf(run: Run): Task[] {
	return [...run.context.getInputData().keys()].flatMap((itemIndex) => {
		try {
			return [taskFor(run.context, run.operation, itemIndex)];
		} catch (error) {
			run.fail(itemIndex, error);
			return [];
		}
	});
}

/** Cancels jobs after Stop, fails the items that no channel served, and shows the hints. */
async function end(run: Run, all: Task[], unserved: Task[]): Promise<void> {
	const { settings } = all[0] ?? {};
	if (isStopped(run.context) && settings?.cancelOnStop) {
		const cancelled = await cancelJobs(run, all, [...run.accepted.values()]);
		for (const job of cancelled) run.undelivered?.dropJob(job);
	}
	if (!run.halted()) failUnserved(run, unserved);
	if (run.operation.request.effect !== 'submission') return;
	const continued = all.filter(({ resumed }) => resumed).length;
	run.summary.showHints(run.context, continued, settings?.warnUnderCredits ?? 0);
}

/** Fails items for which no channel was left. */
function failUnserved(run: Run, tasks: Task[]): void {
	for (const { itemIndex } of tasks) {
		run.fail(itemIndex, apiError(run.context, run.noChannel, itemIndex));
	}
}

const isStopped = (context: IExecuteFunctions): boolean =>
	context.getExecutionCancelSignal()?.aborted ?? false;
