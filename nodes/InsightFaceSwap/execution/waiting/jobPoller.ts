import type { IExecuteFunctions } from 'n8n-workflow';

import type { ApiClient } from '../../api/client';
import { endpoints } from '../../api/endpoints';
import { isJob, isRunning, jobsOf, type Job } from '../../api/job';
import { apiError, named } from '../../jobs/nodeErrors';
import { pollDelay } from '../../shared/backoff';
import { limit } from '../../shared/semaphore';
import { maximumWaitMs, type Task } from '../itemTask';

/** What polling takes from the execution. */
interface PollSource {
	context: Pick<IExecuteFunctions, 'getNode'>;
	client: ApiClient;
	/** Waits, and ends early when the run is halted. */
	pause: (ms: number, ...events: Array<Promise<void>>) => Promise<void>;
	halted: () => boolean;
}

interface PolledJob {
	task: Task;
	job: Job;
	looks: number;
	/** When to look next, and when Maximum Wait ends, in milliseconds since 1970. */
	nextLook: number;
	deadline: number;
	/** Whether it is being looked at. */
	busy?: boolean;
	resolve: (job: Job) => void;
	reject: (error: Error) => void;
}

/** From this number of jobs on, one read of the list replaces a read of each running job. */
const LIST_FROM = 4;

/** The maximum number of concurrent reads. */
const READS = 4;

/** The longest time for one look, in milliseconds. */
const LOOK_MS = 20_000;

/** How long after its deadline the last read of a job may end, in milliseconds. */
const LAST_LOOK_MS = 3_000;

/** The longest sleep, in milliseconds: a sleep that something interrupts goes on unheeded. */
const MAX_SLEEP_MS = 1_000;

/**
 * Waits for the ends of all jobs of a run together, with one timer however many there are. Each job
 * is looked at every 10 to 30 seconds; a look that fails for a reason that may pass is repeated. No
 * look delays the looks at other jobs, nor the deadline of any.
 */
export class JobPoller {
	private readonly watched = new Set<PolledJob>();

	private readonly reading = limit(READS);

	private looking = false;

	/** Ends the sleep between two looks. */
	private wake = () => {};

	constructor(private readonly run: PollSource) {}

	/**
	 * Waits until a job has ended.
	 * @returns the job as it ended, whether well or not; as it is when the run is halted
	 * @throws NodeApiError when the time that the user allows runs out, or the API refuses to tell
	 */
	async ended(task: Task, job: Job): Promise<Job> {
		if (!isRunning(job) || !job.jobid) return job;
		return await new Promise<Job>((resolve, reject) => {
			const now = Date.now();
			const times = { nextLook: now + pollDelay(0), deadline: now + maximumWaitMs(task) };
			this.watched.add({ task, job, looks: 1, ...times, resolve, reject });
			this.wake();
			if (!this.looking) void this.lookAround();
		});
	}

	private async lookAround(): Promise<void> {
		this.looking = true;
		while (this.watched.size > 0) {
			await this.sleep();
			if (this.run.halted()) this.letGo();
			else this.lookAtDue();
		}
		this.looking = false;
	}

	/** Until a job is due, a look has ended, or another job is there. */
	private async sleep(): Promise<void> {
		const woken = new Promise<void>((resolve) => (this.wake = resolve));
		const next = Math.min(...[...this.watched].map(dueAt)) - Date.now();
		await this.run.pause(Math.max(0, Math.min(MAX_SLEEP_MS, next)), woken);
	}

	private lookAtDue(): void {
		const now = Date.now();
		for (const entry of this.watched) if (entry.busy && dueAt(entry) <= now) this.giveUp(entry);
		const idle = [...this.watched].filter(({ busy }) => !busy);
		const due = idle.filter((entry) => dueAt(entry) <= now);
		if (due.length === 0) return;
		if (this.watched.size < LIST_FROM) due.forEach((entry) => void this.lookAt(entry));
		else void this.lookAtList(idle, due);
	}

	/** One look at the list tells of all jobs that still run; the others are looked at if due. */
	private async lookAtList(idle: PolledJob[], due: PolledJob[]): Promise<void> {
		for (const entry of idle) entry.busy = true;
		const running = await this.listed();
		for (const entry of idle) {
			const listed = running.get(entry.job.jobid ?? '');
			if (listed) this.saw(entry, listed);
			else if (due.includes(entry)) void this.lookAt(entry);
			else entry.busy = false;
		}
		this.wake();
	}

	private async listed(): Promise<Map<string, Job>> {
		const outcome = await this.run.client({
			method: 'GET',
			path: endpoints.runningJobs,
			timeoutMs: LOOK_MS,
		});
		const jobs = outcome.kind === 'answered' ? jobsOf(outcome.body).filter(isRunning) : [];
		return new Map(jobs.map((job) => [job.jobid ?? '', job]));
	}

	private async lookAt(entry: PolledJob): Promise<void> {
		entry.busy = true;
		await this.reading(async () => {
			if (this.watched.has(entry)) await this.read(entry);
		});
		this.wake();
	}

	private async read(entry: PolledJob): Promise<void> {
		const left = entry.deadline + LAST_LOOK_MS - Date.now();
		const outcome = await this.run.client({
			method: 'GET',
			path: endpoints.job,
			query: { jobid: entry.job.jobid },
			timeoutMs: Math.max(1, Math.min(LOOK_MS, left)),
		});
		if (outcome.kind === 'refused') {
			const error = apiError(this.run.context, outcome.problem, entry.task.itemIndex);
			return this.end(entry, () => entry.reject(error));
		}
		const seen = outcome.kind === 'answered' && isJob(outcome.body) ? outcome.body : entry.job;
		this.saw(entry, seen);
	}

	/** What is seen of a job that nobody waits for any more changes nothing. */
	private saw(entry: PolledJob, job: Job): void {
		entry.job = job;
		entry.busy = false;
		entry.nextLook = Date.now() + pollDelay(entry.looks++);
		if (!isRunning(job)) this.end(entry, () => entry.resolve(job));
		else if (Date.now() >= entry.deadline) this.giveUp(entry);
	}

	private giveUp(entry: PolledJob): void {
		this.end(entry, () => entry.reject(this.tooLate(entry)));
	}

	private end(entry: PolledJob, tell: () => void): void {
		this.watched.delete(entry);
		tell();
	}

	private letGo(): void {
		for (const entry of this.watched) this.end(entry, () => entry.resolve(entry.job));
	}

	private tooLate({ task, job }: PolledJob): Error {
		return apiError(
			this.run.context,
			{
				message: `The job has not ended within ${maximumWaitMs(task) / 1000} seconds${named(job)}`,
				description:
					'It goes on at the API. Read it later with Job → Wait, or raise Maximum Wait in the additional fields.',
			},
			task.itemIndex,
		);
	}
}

/** When to look at a job, or to give it up while a look at it lasts; in milliseconds since 1970. */
const dueAt = ({ busy, nextLook, deadline }: PolledJob): number =>
	busy ? deadline + LAST_LOOK_MS : Math.min(nextLook, deadline);
