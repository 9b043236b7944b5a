import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { endpoints } from '../api/endpoints';
import { isObject } from '../api/job';
import { OUT_OF_CREDITS } from '../api/outcome';
import { notBegunBefore } from './submission/duplicateRunGuard';
import { apiError } from '../jobs/nodeErrors';
import { finish } from './awaitResult';
import { runLanes } from './scheduling/channelScheduler';
import { Run } from './executionState';
import { cancelJobs } from './waiting/cancelJobs';
import { fromEarlierTry } from './submission/continuePaidJobs';
import { submit } from './submission/submitJob';
import { assertAlone } from './waiting/suspend';
import { setting, taskFor, type Task } from './itemTask';

/** Calls that no channel serves may run side by side. */
const READERS = 4;

/**
 * Runs the chosen operation for every input item, spread over the channels.
 * @returns the output items in the order of the input, each paired with its input item
 * @throws NodeApiError or NodeOperationError for the first item that fails, unless the user chose
 * to continue: then that item's output holds the error
 */
export async function runItems(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const run = await Run.start(context);
	const all = tasksOf(run);
	assertAlone(run, all);
	const { paid, open: tasks } = fromEarlierTry(run, await notBegunBefore(run, all));
	const finishing = paid.map(async ({ task, read }) => await finish(run, task, await read()));
	const left = await runLanes(tasks, {
		shared: await sharedLanes(run, tasks),
		halted: run.halted,
		rest: run.pause,
		serve: async (task, channel) => {
			const { verdict, body } = await submit(run, task, channel);
			if (body !== undefined) finishing.push(finish(run, task, body));
			return verdict;
		},
	});
	await Promise.all(finishing);
	if (isStopped(context) && all[0] && setting(all[0], 'cancelOnStop')) await cancelJobs(run, all);
	if (!run.halted()) failUnserved(run, left);
	return run.result();
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
 * The lanes for items that name no channel: one for each account with credits. A single item, an
 * operation that is bound to one account, or a list that cannot be read leave the choice to the API.
 */
async function sharedLanes(run: Run, tasks: Task[]): Promise<Array<string | undefined>> {
	const { form, anyChannel } = run.operation.request;
	if (!form) return Array.from({ length: READERS }, (_, reader) => `reader ${reader}`);
	const shared = tasks.filter(({ channel }) => !channel);
	if (!anyChannel || shared.length < 2) return [undefined];
	const max = Number((shared[0] && setting(shared[0], 'maxConcurrentJobs')) ?? Infinity);
	const channels = (await channelsWithCredits(run)).slice(0, Math.max(1, max));
	return channels.length > 0 ? channels : [undefined];
}

async function channelsWithCredits(run: Run): Promise<string[]> {
	const outcome = await run.client({ method: 'GET', path: endpoints.accounts });
	if (outcome.kind !== 'answered' || !isObject(outcome.body)) return [];
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
