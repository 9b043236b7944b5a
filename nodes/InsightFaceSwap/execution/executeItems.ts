import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { OUT_OF_CREDITS } from '../api/outcome';
import { notStartedBefore } from './submission/duplicateRunGuard';
import { apiError } from '../jobs/nodeErrors';
import { awaitResult } from './awaitResult';
import { withAccount, type Account } from './scheduling/channelRegistry';
import { runScheduler, type NextAction } from './scheduling/channelScheduler';
import { Run } from './executionState';
import { cancelJobs } from './waiting/cancelJobs';
import { fromEarlierTry } from './submission/continuePaidJobs';
import { runningJobOf } from './submission/reconcileSubmission';
import { prepared, submit, type Submitted } from './submission/submitJob';
import { takeUpJobs } from './submission/takeUpJobs';
import { assertSingleItem } from './waiting/suspend';
import { sharedChannels } from './sharedChannels';
import { setting, taskFor, type Task } from './itemTask';

/**
 * Runs the chosen operation for every input item, spread over the channels.
 * @returns the output items in the order of the input, each paired with its input item
 * @throws NodeApiError or NodeOperationError for the first item that fails, unless the user chose
 * to continue: then that item's output holds the error
 */
export async function executeItems(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const run = await Run.start(context);
	const all = tasksOf(run);
	assertSingleItem(run, all);
	const { paid, open } = fromEarlierTry(run, all);
	const submits = run.operation.request.form !== undefined;
	const left = await withAccount(run.account, submits, async (account) => {
		const remembered = await takeUpJobs(run, account, open);
		const tasks = await notStartedBefore(run, remembered.open);
		const continued = [...paid, ...remembered.paid].map(
			async ({ task, read }) => await awaitResult(run, task, await read(account)),
		);
		const unserved = await serveAll(run, tasks, account);
		await Promise.all(continued);
		return unserved;
	});
	if (isStopped(context) && all[0] && setting(all[0], 'cancelOnStop')) await cancelJobs(run, all);
	if (!run.halted()) failUnserved(run, left);
	if (run.operation.request.effect === 'submission') run.summary.showHints(context, all);
	return run.result();
}

/** @returns the tasks that were not served */
async function serveAll(run: Run, all: Task[], account: Account): Promise<Task[]> {
	const finishing: Array<Promise<void>> = [];
	const serve = async (task: Task, channel: string | undefined): Promise<NextAction> => {
		const { nextAction, body } = await send(run, account, task, channel);
		if (body !== undefined) finishing.push(awaitResult(run, task, body));
		else if (nextAction.next === 'free') account.forgetList();
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

type Serve = (task: Task, channel: string | undefined) => Promise<NextAction>;

/**
 * Serves a single item. It is got ready before its channel is chosen, so that those that come at the same
 * time know of each other by then. Where the API was to choose and refuses for a while, the channel is
 * chosen anew after that.
 */
async function serveSingle(run: Run, task: Task, account: Account, serve: Serve): Promise<Task[]> {
	for (;;) {
		if (!(await prepare(run, task))) return [];
		let delayMs: number | undefined;
		const left = await serveBatch(run, [task], account, async (_task, channel) => {
			const nextAction = await serve(task, channel);
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
	return await runScheduler(tasks, {
		shared: await sharedChannels(run, tasks, account),
		halted: run.halted,
		rest: run.pause,
		turn: async (channel, withdrawn, demand) => {
			const signals = [run.halting, withdrawn];
			return isReading
				? await account.turnToRead(signals)
				: await account.turnOn(channel, signals, demand);
		},
		prepare: async (task) => await prepare(run, task),
		serve,
	});
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

/** Makes the call of an item, and notes what it tells of the channel. */
async function send(
	run: Run,
	account: Account,
	task: Task,
	channel: string | undefined,
): Promise<Submitted> {
	task.serviceMs = channel ? account.serviceMs(channel) : undefined;
	if (channel || !run.operation.request.form) return await submit(run, task, channel);
	const sentAt = Date.now();
	const find = async () => task.call && (await runningJobOf(run, task.call, sentAt))?.channel;
	return await account.anonymously(find, async () => await submit(run, task, undefined));
}

/** Tells the other executions what an answer says about a channel. */
function learn(account: Account, channel: string, nextAction: NextAction): void {
	if (nextAction.next === 'rest' && nextAction.busy) account.noteBusy(channel, nextAction.ms);
	if (nextAction.next === 'last' || nextAction.next === 'close') account.noteSpent(channel);
}

/** One task an item; an item whose channel cannot be one fails at once. */
function tasksOf(run: Run): Task[] {
	return [...run.context.getInputData().keys()].flatMap((itemIndex) => {
		try {
			return [taskFor(run, itemIndex)];
		} catch (error) {
			run.fail(itemIndex, error);
			return [];
		}
	});
}

/** Items for which no channel with credits was left. */
function failUnserved(run: Run, tasks: Task[]): void {
	const problem = run.outOfCredits ?? OUT_OF_CREDITS;
	for (const { itemIndex } of tasks) run.fail(itemIndex, apiError(run.context, problem, itemIndex));
}

const isStopped = (context: IExecuteFunctions): boolean =>
	context.getExecutionCancelSignal()?.aborted ?? false;
