import { hasFailed, isReadable, type Job } from '../api/job';
import { apiError } from '../api/nodeErrors';
import type { Problem } from '../api/outcome';
import { readNews } from '../api/readJob';
import type { Channels } from '../channels/channels';
import type { OwnEntry } from '../ledger/jobLedger';
import { wasStartedBefore } from '../ledger/startedBefore';
import { limit } from '../shared/locks';
import { callOf, keyOf, keyWithoutPictures } from './buildCall';
import type { Item } from './item';
import type { Run } from './run';
import { findJob } from './submit';

/** The maximum number of items whose pictures are read at the same time. */
const PICTURE_READERS = 4;

/** An item whose job an earlier run or try has started. */
export interface Continued {
	item: Item;
	job: Job;
}

/**
 * Finds the items whose job an earlier try or run has started without delivering it. Where such a job has
 * ended without a result, or the API does not have it any more, the item is submitted. No picture is read
 * while no job is remembered.
 * @returns the items to continue, and those to submit; the others have failed
 */
export async function earlierJobs(
	run: Run,
	channels: Channels,
	items: Item[],
): Promise<{ continued: Continued[]; open: Item[] }> {
	const { ledger } = run;
	if (!ledger) return { continued: [], open: items };
	await ledger.stoppedRunsEnded(run.halting);
	const entries = await entriesOf(run, items);
	const continued: Continued[] = [];
	const open: Item[] = [];
	const look = async (item: Item, index: number) => {
		const entry = entries[index];
		if (!entry) return void open.push(item);
		const job = await lookedUp(run, channels, item, entry);
		if (job === 'none') {
			ledger.erase(item.index);
			open.push(item);
		} else if (job) continued.push({ item, job });
	};
	await Promise.all(items.map(look));
	const remaining = items.filter((item) => open.includes(item));
	return { continued, open: await notStartedBefore(run, remaining) };
}

/** What the ledger knows of the items, which then belongs to this run. */
async function entriesOf(run: Run, items: Item[]): Promise<Array<OwnEntry | undefined>> {
	const oneOfFew = limit(PICTURE_READERS);
	return await Promise.all(
		items.map(
			async (item) =>
				run.ledger?.of(item.index) ?? (await oneOfFew(async () => await claimed(run, item))),
		),
	);
}

/** The entry of an earlier run for an equal item. The pictures of the item are read for that. */
async function claimed(run: Run, item: Item): Promise<OwnEntry | undefined> {
	const { ledger } = run;
	if (!ledger?.hasAny || run.halted() || !item.settings.continuesPaidJobs) return undefined;
	try {
		if (!ledger.hasFor(keyWithoutPictures(run, item))) return undefined;
		await run.requireSameAccount(item);
		await callOf(run, item);
		for (const [, file] of item.form?.files() ?? []) await file.readThrough();
		const key = keyOf(run, item);
		const entry = key === undefined ? undefined : ledger.claim(item.index, key);
		// Pictures of items that wait would fill the memory.
		if (!entry) item.call = undefined;
		return entry;
	} catch {
		// Its turn comes, and it fails then.
		return undefined;
	}
}

/**
 * The job of an entry.
 * @returns `none` where there is nothing to continue; nothing where the item has failed, or the run is halted
 */
async function lookedUp(
	run: Run,
	channels: Channels,
	item: Item,
	entry: OwnEntry,
): Promise<Job | 'none' | undefined> {
	if (entry.problem && entry.hasEnded) return fail(run, item, entry.problem);
	try {
		return await channels.read(run.halting, async () => {
			const job = entry.job ? { jobid: entry.job } : await foundJob(run, item, entry);
			if (run.halted()) return undefined;
			return typeof job === 'object' ? await current(run, job) : job;
		});
	} catch (error) {
		run.fail(item, error);
		return undefined;
	}
}

/** The job as it is now. Only the API's own words say that there is none to continue. */
async function current(run: Run, job: Job): Promise<Job | 'none'> {
	const news = await readNews(run.client, job.jobid ?? '');
	if (news === 'absent' && isReadable(run.verb)) return 'none';
	if (typeof news !== 'object') return { ...job, status: 'started' };
	return hasFailed(news) ? 'none' : news;
}

/** The job that a submission of unknown outcome has started. */
async function foundJob(run: Run, item: Item, entry: OwnEntry): Promise<Job | 'none' | undefined> {
	const call = await callOf(run, item);
	const sent = { reference: entry.ref ?? item.form?.text('replyRef') ?? '', sentAt: entry.at };
	const found = await findJob(run, item, call, sent);
	if (found.job) return found.job;
	if (run.halted()) return undefined;
	if (found.refusal) return fail(run, item, found.refusal);
	if (item.settings.mayResubmit) return 'none';
	return fail(run, item, entry.problem ?? STILL_UNKNOWN);
}

function fail(run: Run, item: Item, problem: Problem): undefined {
	item.state = 'unknown';
	run.fail(item, apiError(run.context, problem, item.index));
}

/**
 * In queue mode n8n 1 runs an execution once more, from its start, when the worker that had it in hand has died.
 * Nobody knows then what that worker has submitted, so nothing is submitted again unless the user wants that.
 */
async function notStartedBefore(run: Run, items: Item[]): Promise<Item[]> {
	if (!(await wasStartedBefore(run.context))) return items;
	for (const item of items) if (!item.settings.mayResubmit) fail(run, item, STARTED_BEFORE);
	return items.filter(({ settings }) => settings.mayResubmit);
}

const STILL_UNKNOWN: Problem = {
	message: 'Outcome unknown: the connection broke when an earlier run submitted this item',
	description:
		'Its job is not among the running jobs, nor among those that an InsightFaceSwap Trigger of this n8n has received. It may have been charged, so it was not submitted again. Look for its picture in the Discord channel; to submit it once more, choose so in the additional fields.',
};

const STARTED_BEFORE: Problem = {
	message: 'Outcome unknown: n8n runs this execution once more, after it broke off',
	description:
		'The job may have been started and charged, so it was not submitted again. Job → Get Many shows it while it runs, the Discord channel also after that. Then run the workflow again with what is missing.',
};
