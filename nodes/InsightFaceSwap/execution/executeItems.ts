import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { accountsOf } from '../api/accounts';
import { outsideExecution } from '../api/client';
import { endpoints } from '../api/endpoints';
import { isGenerated, isObject, isRunning, type Job } from '../api/job';
import { apiError } from '../api/nodeErrors';
import { BUSY } from '../api/outcome';
import { TOLERANCE_MS, withChannels, type Channels, type Served } from '../channels/channels';
import { limit } from '../shared/locks';
import { awaitResult } from './awaitResult';
import { callOf } from './buildCall';
import { earlierJobs, type Continued } from './earlierJobs';
import type { Counts } from './hints';
import type { Item } from './item';
import { Run } from './run';
import { submit, type Submitted } from './submit';
import { requireSuspendable } from './suspend';

/** The maximum number of concurrent calls of a run that need no channel. */
const READERS = 4;

/** How long to wait for the list of accounts, in milliseconds. Without it, the API chooses the channel. */
const LIST_TIMEOUT_MS = 20_000;

/**
 * Runs the chosen operation for every input item, spread over the channels.
 * @returns the output items in the order of the input, each paired with its input item
 * @throws NodeApiError or NodeOperationError for the first item that fails, unless the user chose
 * to continue: then that item's output holds the error
 */
export async function executeItems(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const run = await Run.start(context);
	await runItems(run).catch((error: Error) => {
		run.abandon();
		throw error;
	});
	return run.result();
}

async function runItems(run: Run): Promise<void> {
	const items = run.items.filter(Boolean);
	if (items.some(({ settings }) => settings.waitMode === 'suspend')) {
		requireSuspendable(run.context, run.context.getInputData().length);
	}
	await withChannels(run.account, async (channels) => {
		const { continued, open } = await earlierJobs(run, channels, items);
		const finishing = continued.map(async (one) => await goOn(run, channels, one));
		const serving = run.operation.request.form
			? submitAll(run, channels, open)
			: readAll(run, channels, open);
		await serving;
		await Promise.all(finishing);
	});
	const { cancelOnStop = false, warnUnderCredits = 0 } = items[0]?.settings ?? {};
	if (run.isStopped && cancelOnStop) await cancelJobs(run);
	if (!run.isSubmission) return;
	run.credits.showHints(run.context, countsOf(run, items), warnUnderCredits, run.warnings);
}

function countsOf(run: Run, items: Item[]): Counts {
	const done = items.filter(({ state }) => state === 'done');
	const made = done.filter(({ settings }) => settings.waitMode === 'poll').length;
	const failed = run.context.getInputData().length - items.filter(({ error }) => !error).length;
	return { made, started: done.length - made, failed };
}

/** Continues a job that an earlier run or try has started. */
async function goOn(run: Run, channels: Channels, { item, job }: Continued): Promise<void> {
	item.continue();
	// For the names of its pictures. What cannot be read any more is left out.
	await callOf(run, item).catch(() => {});
	item.dropPictures();
	await onItsChannel(run, channels, job, async () => await finish(run, item, job));
}

/** While a job that no call in flight belongs to may have its channel, nothing is sent there. */
async function onItsChannel(
	run: Run,
	channels: Channels,
	job: Job,
	work: () => Promise<void>,
): Promise<void> {
	const hasChannel = isRunning(job) && !run.operation.request.freesChannel;
	const release = job.channel && hasChannel ? channels.hold(job.channel) : undefined;
	await work().finally(() => release?.());
}

async function submitAll(run: Run, channels: Channels, items: Item[]): Promise<void> {
	const finishing: Array<Promise<void>> = [];
	const left = await channels.run(items, {
		maxChannels: items[0]?.settings.maxConcurrentJobs ?? Infinity,
		anyChannel: Boolean(run.operation.request.anyChannel),
		halting: run.halting,
		readList: async () => await channelsWithCredits(run),
		prepare: async (item) => await prepare(run, item),
		tooBusy: (item, ms) => failBusy(run, item, ms),
		serve: async (item, { id, meanMs }) => {
			const submitted = await attempt(run, item, id, meanMs);
			const served = servedBy(run, item, submitted, id);
			if (submitted?.result === 'accepted') finishing.push(took(run, channels, item, submitted));
			if (served.item === 'done') item.dropPictures();
			return served;
		},
	});
	if (!run.halted()) {
		for (const item of left) run.fail(item, apiError(run.context, run.noChannel, item.index));
	}
	await Promise.all(finishing);
}

/** Calls that need no channel. */
async function readAll(run: Run, channels: Channels, items: Item[]): Promise<void> {
	const oneOfFew = limit(READERS);
	const read = async (item: Item) => {
		if (!(await prepare(run, item))) return;
		for (;;) {
			const submitted = await channels.read(run.halting, async () => await attempt(run, item));
			if (submitted?.result === 'accepted') return await finish(run, item, submitted.body);
			if (submitted?.result !== 'again' || run.halted()) return;
			if (isTooLong(item, submitted.ms)) return failBusy(run, item, submitted.ms);
			await run.pause(submitted.ms);
		}
	};
	await Promise.all(items.map(async (item) => await oneOfFew(async () => await read(item))));
}

const isTooLong = ({ busy, leftMs }: Item, ms: number): boolean =>
	busy.tries > 0 && ms > leftMs + TOLERANCE_MS;

/** @returns false when the item has failed, because it has nothing that can be sent */
async function prepare(run: Run, item: Item): Promise<boolean> {
	try {
		await run.requireSameAccount(item);
		await callOf(run, item);
		return true;
	} catch (error) {
		run.fail(item, error);
		return false;
	}
}

/**
 * Makes the call of an item.
 * @returns nothing when the item has failed
 */
async function attempt(
	run: Run,
	item: Item,
	channel?: string,
	serviceMs?: number,
): Promise<Submitted | undefined> {
	try {
		return await submit(run, item, channel, serviceMs);
	} catch (error) {
		run.fail(item, error);
		return undefined;
	}
}

/** What an attempt says of its item, and of its channel. */
function servedBy(
	run: Run,
	item: Item,
	submitted: Submitted | undefined,
	channel: string | undefined,
): Served {
	switch (submitted?.result) {
		case 'accepted':
			return { item: 'done', channel: submitted.isLast && channel ? 'spent' : 'free' };
		case 'again':
			return submitted.because === 'busy'
				? { item: 'back', channel: 'busy', busyMs: submitted.ms }
				: { item: 'back', restMs: submitted.ms, channel: 'free' };
		case 'unusable':
			run.noChannel = submitted.problem;
			return { item: 'back', channel: 'spent' };
		case 'unknown':
			run.failUnknown(item, submitted.problem);
			return { item: 'done', channel: 'free' };
		default:
			return { item: 'done', channel: 'free' };
	}
}

/** Fails an item that would have to wait for longer than it does. */
function failBusy(run: Run, item: Item, ms: number): void {
	const tried = Math.round((item.maximumWaitMs - item.leftMs) / 1000);
	const message = `${BUSY.message} (tried for ${tried} seconds, and the next try would take ${Math.ceil(ms / 1000)} more)`;
	run.fail(item, apiError(run.context, { ...BUSY, message }, item.index));
}

type Accepted = Extract<Submitted, { result: 'accepted' }>;

async function took(
	run: Run,
	channels: Channels,
	item: Item,
	{ body, isFound }: Accepted,
): Promise<void> {
	const work = async () => await finish(run, item, body);
	await (isFound ? onItsChannel(run, channels, body as Job, work) : work());
}

/** Waits for the result of an item whose call the API took, and keeps its output or its error. */
async function finish(run: Run, item: Item, body: unknown): Promise<void> {
	try {
		if (run.operation.answer.of === 'job') run.accept(item, body as Job);
		await awaitResult(run, item, body);
	} catch (error) {
		run.fail(item, error);
	}
}

/** Nothing when the list cannot be read. */
async function channelsWithCredits(run: Run): Promise<string[] | undefined> {
	const outcome = await run.client({
		method: 'GET',
		path: endpoints.accounts,
		timeoutMs: LIST_TIMEOUT_MS,
	});
	if (outcome.kind !== 'answered' || !isObject(outcome.body)) return undefined;
	const accounts = accountsOf(outcome.body);
	if (Object.keys(outcome.body).length > 0 && accounts.length === 0) return undefined;
	run.credits.noteAccounts(accounts);
	return accounts.filter(([, { credits }]) => hasCredits(credits)).map(([channel]) => channel);
}

/** An account whose credits are not known counts as having some. */
const hasCredits = (credits: unknown): boolean =>
	!isObject(credits) || !(Number(credits.used) >= Number(credits.total));

/** The maximum number of concurrent calls. */
const CONCURRENCY = 4;

/** How long the API may take to cancel a job, in milliseconds. The next run waits for this one. */
const TIMEOUT_MS = 10_000;

/**
 * Cancels at the API what this run has started there: the jobs it knows, and those whose submission was in
 * flight, which the list of running jobs identifies by the references that the node made up.
 */
export async function cancelJobs(run: Run): Promise<void> {
	const inFlight = run.items.filter(({ state }) => state === 'sent' || state === 'unknown');
	const running = inFlight.length > 0 ? await run.jobs.running(outsideExecution(run.client)) : [];
	for (const item of inFlight) item.job = running?.find((job) => isOf(job, item));
	const jobs = run.items.filter(({ job, state }) => job && isRunning(job) && state !== 'done');
	const oneOfFew = limit(CONCURRENCY);
	await Promise.all(jobs.map(async (item) => await oneOfFew(async () => await cancel(run, item))));
}

const isOf = ({ replyRef }: Job, { form }: Item): boolean =>
	isGenerated(replyRef) && form?.text('replyRef') === replyRef;

/** A job that was cancelled is not left to the next run. */
async function cancel({ client, ledger }: Run, { index, job }: Item): Promise<void> {
	const { kind } = await outsideExecution(client)({
		method: 'GET',
		path: endpoints.cancelJob,
		query: { jobid: job?.jobid },
		timeoutMs: TIMEOUT_MS,
	});
	if (kind === 'answered') ledger?.erase(index);
}
