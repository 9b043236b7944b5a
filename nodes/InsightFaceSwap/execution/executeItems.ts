import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { endpoints } from '../api/endpoints';
import { isObject } from '../api/job';
import { OUT_OF_CREDITS } from '../api/outcome';
import { notStartedBefore } from './submission/duplicateRunGuard';
import { apiError } from '../jobs/nodeErrors';
import { finish } from './awaitResult';
import { withAccount, type Account } from './scheduling/channelRegistry';
import { runScheduler, type NextAction } from './scheduling/channelScheduler';
import { Run } from './executionState';
import { cancelJobs } from './waiting/cancelJobs';
import { fromEarlierTry } from './submission/continuePaidJobs';
import { prepared, submit } from './submission/submitJob';
import { assertSingleItem } from './waiting/suspend';
import { setting, taskFor, type Task } from './itemTask';

/** The maximum number of items without a channel that wait for their turn. */
const READERS = 4;

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
	const { paid, open: tasks } = fromEarlierTry(run, await notStartedBefore(run, all));
	const continued = paid.map(async ({ task, read }) => await finish(run, task, await read()));
	const submits = run.operation.request.form !== undefined;
	const left = await withAccount(
		run.account,
		submits,
		async (account) => await serveAll(run, tasks, account),
	);
	await Promise.all(continued);
	if (isStopped(context) && all[0] && setting(all[0], 'cancelOnStop')) await cancelJobs(run, all);
	if (!run.halted()) failUnserved(run, left);
	if (run.operation.request.effect === 'submission') run.summary.showHints(context, all);
	return run.result();
}

/** @returns the tasks that were not served */
async function serveAll(run: Run, all: Task[], account: Account): Promise<Task[]> {
	const tasks = await preparedIfAlone(run, all);
	const isReading = !run.operation.request.form;
	const finishing: Array<Promise<void>> = [];
	const left = await runScheduler(tasks, {
		shared: await sharedChannels(run, tasks, account),
		halted: run.halted,
		rest: run.pause,
		turn: async (channel, withdrawn) => {
			const signals = [run.halting, withdrawn];
			return await (isReading ? account.turnToRead(signals) : account.turnOn(channel, signals));
		},
		serve: async (task, channel) => {
			const { nextAction, body } = await submit(run, task, channel);
			if (body !== undefined) finishing.push(finish(run, task, body));
			else if (nextAction.next === 'free') account.forgetList();
			if (channel) learn(account, channel, nextAction);
			return nextAction;
		},
	});
	await Promise.all(finishing);
	return left;
}

/**
 * Gets a single item ready before it is decided which channel it goes to, so that those that come
 * at the same time know of each other by then.
 */
async function preparedIfAlone(run: Run, tasks: Task[]): Promise<Task[]> {
	const [task, another] = tasks;
	if (!task || another || !run.operation.request.form) return tasks;
	try {
		await prepared(run, task);
		return tasks;
	} catch (error) {
		run.fail(task.itemIndex, error);
		return [];
	}
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

/**
 * The workers for items that name no channel: one for each channel with credits. A single item while no
 * other execution uses the account, an operation that is bound to one of several channels, or a list
 * that cannot be read leave the choice to the API.
 */
async function sharedChannels(
	run: Run,
	tasks: Task[],
	account: Account,
): Promise<Array<string | undefined>> {
	const { form, anyChannel } = run.operation.request;
	if (!form) return Array<undefined>(READERS).fill(undefined);
	const shared = tasks.filter(({ channel }) => !channel);
	const isBatch = Boolean(anyChannel) && shared.length > 1;
	if (!isBatch && !account.isShared) return [undefined];
	const channels = await account.listed(async () => await channelsWithCredits(run));
	if (channels.length === 0 || (!anyChannel && channels.length > 1)) return [undefined];
	return isBatch ? leastUsed(channels, account).slice(0, maxConcurrent(shared)) : channels;
}

const leastUsed = (channels: string[], account: Account): string[] =>
	[...channels].sort((one, other) => account.load(one) - account.load(other));

function maxConcurrent([task]: Task[]): number {
	return Math.max(1, Number((task && setting(task, 'maxConcurrentJobs')) ?? Infinity));
}

/** Nothing when the list cannot be read. */
async function channelsWithCredits(run: Run): Promise<string[] | undefined> {
	const outcome = await run.client({ method: 'GET', path: endpoints.accounts });
	if (outcome.kind !== 'answered' || !isObject(outcome.body)) return undefined;
	run.summary.noteAccounts(outcome.body);
	return Object.entries(outcome.body)
		.filter(([, account]) => hasCredits(account))
		.map(([channel]) => channel);
}

/** An account whose credits are not known counts as having some. */
function hasCredits(account: unknown): boolean {
	const credits = isObject(account) ? account.credits : undefined;
	return !isObject(credits) || Number(credits.used) < Number(credits.total);
}

/** Items for which no channel with credits was left. */
function failUnserved(run: Run, tasks: Task[]): void {
	const problem = run.outOfCredits ?? OUT_OF_CREDITS;
	for (const { itemIndex } of tasks) run.fail(itemIndex, apiError(run.context, problem, itemIndex));
}

const isStopped = (context: IExecuteFunctions): boolean =>
	context.getExecutionCancelSignal()?.aborted ?? false;
