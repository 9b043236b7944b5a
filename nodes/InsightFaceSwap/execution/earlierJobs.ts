import { hasFailed, isReadable, type Job } from '../api/job';
import type { Problem } from '../api/outcome';
import { readNews } from '../api/endpoints';
import type { Channels } from '../channels/channels';
import type { JobLedger, OwnEntry } from '../ledger/jobLedger';
import { wasStartedBefore } from '../ledger/startedBefore';
import { limit } from '../shared/locks';
import { callOf, keyOf } from './buildCall';
import type { Item } from './item';
import type { Run } from './run';
import { findJob } from './submit';

/** The maximum number of items whose pictures are read at the same time. */
const PICTURE_READERS = 4;

/**
 * Finds the items whose job an earlier try or run has started without delivering it: those are to be continued.
 * Where such a job has ended without a result, or the API does not have it any more, the item stays open, to be
 * submitted. No picture is read while no job is remembered.
 */
export async function earlierJobs(
	run: Run,
	channels: Channels,
	ledger: JobLedger,
	items: Item[],
): Promise<void> {
	await ledger.stoppedRunsEnded(run.halting);
	const oneOfFew = limit(PICTURE_READERS);
	const find = async (item: Item) => {
		const claim = async () => await claimed(run, ledger, item);
		const entry = ledger.of(item.index) ?? (await oneOfFew(claim));
		if (!entry) return;
		const job = await channels.read(run.halting, async () => await jobOf(run, item, entry));
		if (job === 'none') {
			item.job = undefined;
			return ledger.erase(item.index);
		}
		if (!job) return;
		item.continue(job);
		// For the names of its pictures. What cannot be read any more is left out.
		await callOf(run, item).catch(() => {});
		item.dropPictures();
	};
	await Promise.all(
		items.map(async (item) => await run.attempt(item, async () => await find(item))),
	);
	if (await wasStartedBefore(run.context)) failStartedBefore(run, items);
}

/** The entry of an earlier run for an equal item. The pictures of the item are read for that. */
async function claimed(run: Run, ledger: JobLedger, item: Item): Promise<OwnEntry | undefined> {
	if (!ledger.hasAny || run.halted() || !item.settings.continuesPaidJobs) return undefined;
	try {
		await run.requireSameAccount(item);
		await callOf(run, item);
		for (const [, file] of item.form?.files() ?? []) await file.readThrough();
		const entry = ledger.claim(item.index, keyOf(run, item));
		// Pictures of items that wait would fill the memory.
		if (!entry) item.call = undefined;
		return entry;
	} catch {
		// Its turn comes, and it fails then.
		return undefined;
	}
}

/**
 * The job of an entry as it is now.
 * @returns `none` where there is nothing to continue; nothing where the run is halted
 * @throws NodeApiError where that is not known, or the failure of the job was told by an earlier try
 */
async function jobOf(run: Run, item: Item, entry: OwnEntry): Promise<Job | 'none' | undefined> {
	item.state = 'unknown';
	if (entry.job && entry.problem) throw run.errorOf(item, entry.problem);
	const job = entry.job ? { jobid: entry.job } : await foundJob(run, item, entry);
	if (run.halted()) return undefined;
	const current = job && (await currentOf(run, job));
	item.state = 'open';
	return current ?? 'none';
}

/** Only the API's own words say that there is no job to continue. */
async function currentOf(run: Run, job: Job): Promise<Job | undefined> {
	const news = await readNews(run.client, job.jobid ?? '');
	if (news === 'absent' && isReadable(run.verb)) return undefined;
	if (typeof news !== 'object') return { ...job, status: 'started' };
	return hasFailed(news) ? undefined : news;
}

/** The job that a submission of unknown outcome has started; nothing where the item may be submitted again. */
async function foundJob(run: Run, item: Item, entry: OwnEntry): Promise<Job | undefined> {
	await callOf(run, item);
	const found = await findJob(run, item, entry);
	if (found.job) return found.job;
	if (found.refusal) throw run.errorOf(item, found.refusal);
	if (item.settings.mayResubmit || run.halted()) return undefined;
	throw run.errorOf(item, entry.problem ?? STILL_UNKNOWN);
}

/**
 * In queue mode n8n 1 runs an execution once more, from its start, when the worker that had it in hand has died.
 * Nobody knows then what that worker has submitted, so nothing is submitted again unless the user wants that.
 */
function failStartedBefore(run: Run, items: Item[]): void {
	for (const item of items) {
		if (item.state !== 'open' || item.isContinued || item.settings.mayResubmit) continue;
		item.state = 'unknown';
		run.fail(item, run.errorOf(item, STARTED_BEFORE));
	}
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
