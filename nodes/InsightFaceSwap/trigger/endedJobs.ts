import type { ApiClient } from '../api/client';
import { isRunning, type Job } from '../api/job';
import type { JobObserver } from '../jobs/runningJobs';
import { readOnce } from '../jobs/verifyJob';
import { limit } from '../shared/semaphore';
import { ownerOf, type WebhookAddress } from './callbackAddress';
import { mayWant, wants } from './filters';
import type { Settings } from './settings';
import type { WatchList } from './watchList';

/** The maximum number of concurrent reads. */
const READS = 4;

/** The number of jobs that are delivered together, so that a slow read delays few others. */
const GROUP = 40;

/** What becomes of the jobs that have ended. */
export interface EndedJobsOptions {
	settings: Settings;
	client: ApiClient;
	list: WatchList;
	/** Where the trigger listens; nothing while its activation has not succeeded. */
	address: () => WebhookAddress | undefined;
	/** The address that the trigger registered last, without its secret. */
	registeredAt?: string;
	/** Starts the workflow for jobs that have ended, and says on the list what became of them. */
	deliver: (ended: Job[]) => Promise<void>;
	/** Takes note that the list has changed. */
	changed: () => void;
}

/** Finds the jobs that a trigger waits for, and notices that they have ended. */
export class EndedJobs implements JobObserver {
	private readonly reading = limit(READS);

	private isBusy = false;

	/** When the jobs were listed last, in milliseconds since 1970. */
	listedAt = 0;

	/** Ends all work. */
	isClosed = false;

	constructor(private readonly options: EndedJobsOptions) {}

	submitted(job: Job): void {
		this.watch([job]);
		this.options.changed();
	}

	/** Reads the jobs that have left the list of running jobs, and delivers those that have ended. */
	async listed(running: Job[]): Promise<void> {
		this.listedAt = Date.now();
		if (this.isClosed) return;
		this.watch(running);
		if (this.isBusy) return;
		this.isBusy = true;
		try {
			const ids = new Set(running.map(({ jobid }) => jobid));
			const left = this.options.list.open().filter((id) => !ids.has(id));
			for (let from = 0; from < left.length; from += GROUP) {
				await this.readAndDeliver(left.slice(from, from + GROUP));
			}
		} finally {
			this.isBusy = false;
		}
		this.options.changed();
	}

	private async readAndDeliver(ids: string[]): Promise<void> {
		const reads = ids.map(async (id) => await this.reading(async () => await this.read(id)));
		const ended = (await Promise.all(reads)).filter((job) => job !== undefined);
		if (ended.length > 0 && !this.isClosed) await this.options.deliver(ended);
	}

	private watch(jobs: Job[]): void {
		const { list, settings, address } = this.options;
		const here = address();
		if (!here) return;
		for (const job of jobs)
			if (mayWant(settings, job) && this.isOurs(job, here)) list.add(job.jobid);
	}

	/** Whether the API calls this trigger at the end of a job; with Polling, every job counts. */
	private isOurs({ replyUrl }: Job, address: WebhookAddress): boolean {
		const { settings, registeredAt } = this.options;
		if (settings.registration === 'polling') return true;
		const owner = ownerOf(replyUrl, address, registeredAt);
		return (
			owner === 'this' ||
			owner === 'earlier' ||
			(owner === 'nobody' && settings.registration === 'account')
		);
	}

	/** Gives a job that has ended and is wanted. Forgets one that is not, or is not there any more. */
	private async read(id: string): Promise<Job | undefined> {
		if (this.isClosed) return undefined;
		const { client, list, settings } = this.options;
		const reading = await readOnce(client, id);
		if (reading.verification === 'unverified') list.remove(id);
		if (!('job' in reading) || isRunning(reading.job)) return undefined;
		if (wants(settings, reading.job)) return reading.job;
		list.remove(id);
		return undefined;
	}
}
