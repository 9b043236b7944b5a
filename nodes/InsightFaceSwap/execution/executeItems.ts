import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { accountsOf, creditsLeft, isObject, isRunning, type Job } from '../api/job';
import { outsideExecution } from '../api/client';
import { endpoints } from '../api/endpoints';
import { BUSY } from '../api/outcome';
import { TOLERANCE_MS, withChannels, type Channels } from '../channels/channels';
import { whenStopped } from '../shared/cancellation';
import { limit } from '../shared/locks';
import { awaitResult } from './awaitResult';
import { callOf } from './buildCall';
import { earlierJobs } from './earlierJobs';
import type { Item } from './item';
import { Run } from './run';
import { submit } from './submit';
import { requireSuspendable } from './suspend';

/** The maximum number of concurrent calls of a run that need no channel. */
const READERS = 4;

/**
 * Runs the chosen operation for every input item, spread over the channels.
 * @returns the output items in the order of the input, each paired with its input item
 * @throws NodeApiError or NodeOperationError for the first item that fails, unless the user chose
 * to continue: then that item's output holds the error
 */
export async function executeItems(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const run = await Run.start(context);
	const forget = whenStopped(context, () => run.halting.abort());
	const work = runItems(run).catch((error: Error) => {
		run.abandon();
		throw error;
	});
	await work.finally(forget);
	return run.result();
}

async function runItems(run: Run): Promise<void> {
	const items = run.items.filter(isOpen);
	if (items.some(({ settings }) => settings.waitMode === 'suspend')) {
		requireSuspendable(run.context, run.items.length);
	}
	const end = run.jobs.use();
	await withChannels(run.account, async (channels) => {
		if (run.ledger) await earlierJobs(run, channels, run.ledger, items);
		const continued = items.filter(({ isContinued }) => isContinued);
		const finishing = continued.map(async (item) => await finish(run, channels, item));
		const serve = run.operation.request.form ? submitAll : readAll;
		await serve(run, channels, items.filter(isOpen));
		await Promise.all(finishing);
	}).finally(end);
	const { cancelOnStop = false, warnUnderCredits = 0 } = items[0]?.settings ?? {};
	if (run.isStopped && cancelOnStop) await cancelJobs(run);
	if (run.isSubmission) run.hints.show(run.context, run.items, warnUnderCredits);
}

const isOpen = ({ state, isContinued }: Item): boolean => state === 'open' && !isContinued;

/** Submits items, spread over the channels. */
async function submitAll(run: Run, channels: Channels, items: Item[]): Promise<void> {
	const finishing: Array<Promise<void>> = [];
	const left = await channels.run(items, {
		maxChannels: items[0]?.settings.maxConcurrentJobs ?? Infinity,
		anyChannel: Boolean(run.operation.request.anyChannel),
		halting: run.halting,
		readList: async () => await channelsWithCredits(run),
		prepare: async (item) => await prepare(run, item),
		tooBusy: (item, ms) => failBusy(run, item, ms),
		serve: async (item, { id, hasOthers }) => {
			const served = await submit(run, item, id, hasOthers);
			if (item.answer !== undefined) finishing.push(finish(run, channels, item));
			if (served.item === 'done') item.dropPictures();
			return served;
		},
	});
	for (const item of run.halted() ? [] : left) run.fail(item, run.errorOf(item, run.noChannel));
	await Promise.all(finishing);
}

/** Makes calls that need no channel. */
async function readAll(run: Run, channels: Channels, items: Item[]): Promise<void> {
	const oneOfFew = limit(READERS);
	const read = async (item: Item) => {
		if (!(await prepare(run, item))) return;
		while (item.answer === undefined) {
			const served = await channels.read(run.halting, async () => await submit(run, item));
			const { restMs = 0, busyMs = 0 } = served ?? {};
			if (run.halted() || item.error) return;
			if (busyMs > item.leftMs + TOLERANCE_MS) return failBusy(run, item, busyMs);
			await run.pause(restMs + busyMs);
		}
	};
	const readToTheEnd = async (item: Item) => {
		await oneOfFew(async () => await read(item));
		// Job → Wait may take long here: it keeps no other item from being read.
		if (item.answer !== undefined && !run.halted()) await finish(run, channels, item);
	};
	await Promise.all(items.map(readToTheEnd));
}

/** @returns false when the item has failed, because it has nothing that can be sent */
async function prepare(run: Run, item: Item): Promise<boolean> {
	await run.attempt(item, async () => {
		await run.requireSameAccount(item);
		await callOf(run, item);
	});
	return !item.error;
}

/** Fails an item that would have to wait for longer than it does. */
function failBusy(run: Run, item: Item, ms: number): void {
	const tried = Math.round((item.maximumWaitMs - item.leftMs) / 1000);
	const how =
		ms > 0
			? `tried for ${tried} seconds, and the next try would take ${Math.ceil(ms / 1000)} more`
			: 'another job has its channel for longer than Maximum Wait';
	const message = `${BUSY.message} (${how})`;
	run.fail(item, run.errorOf(item, { ...BUSY, message }));
}

/**
 * Waits for the result of an item whose call the API took, and keeps its output or its error. While a job that no
 * call in flight belongs to may have its channel, nothing is sent there.
 */
async function finish(run: Run, channels: Channels, item: Item): Promise<void> {
	const { answer, request } = run.operation;
	const job = answer.of === 'job' ? (item.answer as Job) : undefined;
	const hasChannel = job && isRunning(job) && request.form && !request.freesChannel;
	const release = hasChannel && job.channel ? channels.hold(job.channel) : undefined;
	await run.attempt(item, async () => {
		if (job) run.accept(item, job);
		await awaitResult(run, item);
	});
	release?.();
}

/** Nothing when the list cannot be read. */
async function channelsWithCredits(run: Run): Promise<string[] | undefined> {
	const outcome = await run.client({ method: 'GET', path: endpoints.accounts });
	if (outcome.kind !== 'answered' || !isObject(outcome.body)) return undefined;
	const accounts = accountsOf(outcome.body);
	if (Object.keys(outcome.body).length > 0 && accounts.length === 0) return undefined;
	run.hints.noteAccounts(accounts);
	// An account that does not tell its credits counts as having some.
	return accounts.filter(([, one]) => (creditsLeft(one) ?? 1) > 0).map(([channel]) => channel);
}

/** How long the API may take to cancel a job, in milliseconds. The next run waits for this one. */
const TIMEOUT_MS = 10_000;

/**
 * Cancels at the API the jobs of this run that it knows. One that was cancelled is not left to the next run; one that
 * has completed before, which the API may answer, is.
 */
async function cancelJobs(run: Run): Promise<void> {
	const oneOfFew = limit(READERS);
	const client = outsideExecution(run.client);
	const cancel = async ({ index, job }: Item) => {
		const outcome = await client({
			method: 'GET',
			path: endpoints.cancelJob,
			query: { jobid: job?.jobid },
			timeoutMs: TIMEOUT_MS,
		});
		if (outcome.kind !== 'answered') return;
		const hasCompleted = isObject(outcome.body) && outcome.body.status === 'completed';
		if (!hasCompleted) run.ledger?.erase(index);
	};
	const running = run.items.filter(({ job, state }) => job && isRunning(job) && state !== 'done');
	await Promise.all(running.map(async (item) => await oneOfFew(async () => await cancel(item))));
}
