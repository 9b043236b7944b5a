import type { IExecuteFunctions } from 'n8n-workflow';

import type { ApiClient } from '../../api/client';
import { endpoints } from '../../api/endpoints';
import { isJobWithId, isRunning, jobsOf, type Job } from '../../api/job';
import type { Outcome } from '../../api/outcome';
import { apiError, named } from '../../jobs/nodeErrors';
import { pollDelay } from '../../shared/backoff';
import { limit } from '../../shared/semaphore';

/** What polling takes from the execution. */
interface PollSource {
	context: Pick<IExecuteFunctions, 'getNode'>;
	client: ApiClient;
	/** Waits, and ends early when the run is halted. */
	pause: (ms: number, ...events: Array<Promise<void>>) => Promise<void>;
	halted: () => boolean;
}

interface PolledJob {
	itemIndex: number;
	job: Job;
	/** How long to wait for its end, in milliseconds. */
	maximumWaitMs: number;
	polls: number;
	/** When to poll next, and when Maximum Wait ends, in milliseconds since 1970. */
	nextPoll: number;
	deadline: number;
	/** When the read of it began that is in progress, in milliseconds since 1970. */
	reading?: number;
	resolve: (job: Job) => void;
	reject: (error: Error) => void;
}

/** From this number of jobs on, one read of the list replaces a read of each running job. */
const LIST_FROM = 4;

/** The maximum number of concurrent reads. */
const READS = 4;

/** The timeout of one read, in milliseconds. */
const READ_TIMEOUT_MS = 20_000;

/** How long after its beginning or its deadline the last read of a job may end, in milliseconds. */
const GRACE_MS = 3_000;

/** The longest sleep in milliseconds. A sleep cannot be cancelled, so its timer outlives an interruption. */
const MAX_SLEEP_MS = 1_000;

/**
 * Waits for the ends of all jobs of a run, with one timer. It polls each job every 10 to 30 seconds.
 * A read that fails for a temporary reason is repeated, later where the API asks for that. A slow read
 * delays neither the other reads nor any deadline.
 */
export class JobPoller {
	private readonly watched = new Set<PolledJob>();

	private readonly oneOfFew = limit(READS);

	private polling = false;

	/** How many times in a row the list could not be read. */
	private failedLists = 0;

	/** Ends the sleep between two polls. */
	private wake = () => {};

	constructor(private readonly run: PollSource) {}

	/**
	 * Waits until a job has ended.
	 * @param maximumWaitMs how long, in milliseconds
	 * @returns the job as it ended, with or without a result; as it is when the run is halted
	 * @throws NodeApiError when Maximum Wait ends, or the API refuses to show the job
	 */
	async ended(job: Job, itemIndex: number, maximumWaitMs: number): Promise<Job> {
		if (!isRunning(job) || !job.jobid) return job;
		return await new Promise<Job>((resolve, reject) => {
			const now = Date.now();
			const times = { nextPoll: now + pollDelay(0), deadline: now + maximumWaitMs };
			const entry = { itemIndex, job, maximumWaitMs, polls: 1, ...times };
			this.watched.add({ ...entry, resolve, reject });
			this.wake();
			if (!this.polling) void this.pollUntilEmpty();
		});
	}

	private async pollUntilEmpty(): Promise<void> {
		this.polling = true;
		while (this.watched.size > 0) {
			await this.waitUntilDue();
			if (this.run.halted()) this.release();
			else this.pollDue();
		}
		this.polling = false;
	}

	/** Until a job is due, a read has ended, or a job was added. */
	private async waitUntilDue(): Promise<void> {
		const woken = new Promise<void>((resolve) => (this.wake = resolve));
		const next = Math.min(...[...this.watched].map(dueAt)) - Date.now();
		await this.run.pause(Math.max(0, Math.min(MAX_SLEEP_MS, next)), woken);
	}

	private pollDue(): void {
		const now = Date.now();
		for (const entry of this.watched) if (entry.reading && dueAt(entry) <= now) this.timeOut(entry);
		const idle = [...this.watched].filter(({ reading }) => !reading);
		const due = idle.filter((entry) => dueAt(entry) <= now);
		if (due.length === 0) return;
		if (this.watched.size < LIST_FROM) due.forEach((entry) => void this.poll(entry));
		else void this.pollList(idle, due);
	}

	/**
	 * Reads the list of running jobs once. Jobs that are not in it are read one by one if due. Where the API could
	 * not give it, they wait once; from the second time on, where it refuses, and where their Maximum Wait ends,
	 * they are read one by one.
	 */
	private async pollList(idle: PolledJob[], due: PolledJob[]): Promise<void> {
		for (const entry of idle) entry.reading = Date.now();
		const outcome = await this.run.client({
			method: 'GET',
			path: endpoints.runningJobs,
			timeoutMs: due.some(isEnding) ? GRACE_MS / 2 : READ_TIMEOUT_MS,
		});
		const running = outcome.kind === 'answered' ? runningById(outcome.body) : undefined;
		this.failedLists = running ? 0 : this.failedLists + 1;
		const isBusy = outcome.kind === 'busy';
		const readsDue = running || outcome.kind === 'refused' || (this.failedLists > 1 && !isBusy);
		for (const entry of idle) {
			const listed = running?.get(entry.job.jobid ?? '');
			const isDue = due.includes(entry);
			if (listed) this.update(entry, listed, 0);
			else if (isDue && (readsDue || isEnding(entry))) void this.poll(entry);
			else if (isDue) this.update(entry, entry.job, askedMs(outcome));
			else this.postpone(entry, askedMs(outcome));
		}
		this.wake();
	}

	/** Skips a job that was not due. It is read in `ms` milliseconds at the earliest. */
	private postpone(entry: PolledJob, ms: number): void {
		entry.reading = undefined;
		entry.nextPoll = Math.max(entry.nextPoll, Date.now() + ms);
	}

	private async poll(entry: PolledJob): Promise<void> {
		entry.reading = Date.now();
		await this.oneOfFew(async () => {
			entry.reading = Date.now();
			if (this.watched.has(entry)) await this.read(entry);
		});
		this.wake();
	}

	private async read(entry: PolledJob): Promise<void> {
		const left = entry.deadline + GRACE_MS - Date.now();
		const outcome = await this.run.client({
			method: 'GET',
			path: endpoints.job,
			query: { jobid: entry.job.jobid },
			timeoutMs: Math.max(GRACE_MS, Math.min(READ_TIMEOUT_MS, left)),
		});
		if (outcome.kind === 'refused' || outcome.kind === 'absent') {
			const error = apiError(this.run.context, outcome.problem, entry.itemIndex);
			return this.end(entry, () => entry.reject(error));
		}
		const isRead = outcome.kind === 'answered' && isJobWithId(outcome.body, entry.job.jobid);
		this.update(entry, isRead ? (outcome.body as Job) : entry.job, askedMs(outcome));
	}

	/**
	 * Takes over what was read. For a job that nobody waits for any more, it has no effect.
	 * @param minimumMs how long to wait at least before the next read, in milliseconds
	 */
	private update(entry: PolledJob, job: Job, minimumMs: number): void {
		entry.job = job;
		entry.reading = undefined;
		entry.nextPoll = Date.now() + Math.max(minimumMs, pollDelay(entry.polls++));
		if (!isRunning(job)) this.end(entry, () => entry.resolve(job));
		else if (Date.now() >= entry.deadline) this.timeOut(entry);
	}

	private timeOut(entry: PolledJob): void {
		this.end(entry, () => entry.reject(this.timeoutError(entry)));
	}

	private end(entry: PolledJob, tell: () => void): void {
		this.watched.delete(entry);
		tell();
	}

	private release(): void {
		for (const entry of this.watched) this.end(entry, () => entry.resolve(entry.job));
	}

	private timeoutError({ itemIndex, job, maximumWaitMs }: PolledJob): Error {
		return apiError(
			this.run.context,
			{
				message: `The job has not ended within ${maximumWaitMs / 1000} seconds${named(job)}`,
				description:
					'It continues at the API. Read it later with Job → Wait, or raise Maximum Wait in the additional fields.',
			},
			itemIndex,
		);
	}
}

/** Whether a job's Maximum Wait may end during a read. */
const isEnding = ({ deadline }: PolledJob): boolean => deadline - Date.now() < READ_TIMEOUT_MS;

/** How long the API asks to wait before the next call, in milliseconds. */
const askedMs = (outcome: Outcome): number => (outcome.kind === 'busy' ? (outcome.waitMs ?? 0) : 0);

const runningById = (body: unknown): Map<string, Job> =>
	new Map(
		jobsOf(body)
			.filter(isRunning)
			.map((job) => [job.jobid ?? '', job]),
	);

/** When to poll a job, or to time it out during a read; in milliseconds since 1970. */
const dueAt = ({ reading, nextPoll, deadline }: PolledJob): number =>
	reading ? Math.max(deadline, reading) + GRACE_MS : Math.min(nextPoll, deadline);
