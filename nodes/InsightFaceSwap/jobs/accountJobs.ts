import { outsideExecution, type ApiClient } from '../api/client';
import { isReadable, isRunning, type Job } from '../api/job';
import type { Outcome, Problem } from '../api/outcome';
import { jobIn, readOf } from '../api/endpoints';
import { LIST_MS, outageDelay, pollDelay } from '../shared/backoff';
import type { CancelSignal } from '../shared/cancellation';
import { limit } from '../shared/locks';
import { pause } from '../shared/retry';
import { askedMs, JobList, type Listed } from './jobList';
import { type Found, KnownJobs, type Submission } from './knownJobs';

/** A job that has ended, or that is not there: in the API's own words. */
export type News = Job | 'absent';

/** Who needs the list of running jobs. The functions of both kinds throw nothing. */
interface Need {
	/** How often, in milliseconds: every 10 seconds by default; `Infinity` for not at all. */
	everyMs?: number;
	/** Also called after the execution or activation has ended. */
	client: ApiClient;
	/** The API refuses to show any job: 401 or 402 in its own words. It is asked again, so this may be called again. */
	onRefusal?: (problem: Problem) => void;
}

/** Waits for the end of one job. */
export interface Watch extends Need {
	jobid: string;
	/** Its verb, where that is known, for example `faceswap-picsi`. */
	verb?: string;
	/** Called once; the watch is over then. */
	onNews: (news: News) => void;
}

/** A trigger, which wants to know of all jobs of the account. */
export interface Observer extends Need {
	/** Takes a job that this process has just submitted, or the running jobs, for whomever they were listed. */
	onJobs?: (jobs: Job[]) => void;
	/** Takes the first of several failures in a row. Only one observer is told: one warning is enough. */
	failed?: (problem: Problem) => void;
}

/** The maximum number of jobs that are watched for an account. */
const MAX_WATCHED = 10_000;

/** The maximum number of concurrent reads of an account's jobs. */
const READS = 4;

/** The longest sleep in milliseconds. A sleep cannot be cancelled, so its timer outlives an interruption. */
const MAX_SLEEP_MS = 1000;

/** A job, and who waits for its end. Times by `performance.now()`. */
class WatchedJob {
	readonly watches = new Set<Watch>();

	readonly since = performance.now();

	/** When to read it; `Infinity` while the list shows it. */
	readAt = Infinity;

	/** How many reads in a row have not told its end. */
	attempt = 0;

	/** Whether a read of it is in progress, or waits for its turn. */
	isReading = false;

	constructor(readonly jobid: string) {}
}

/** By account key, while a run uses it, or something is watched, observed or listed. */
const accounts = new Map<string, AccountJobs>();

/** The number of accounts whose jobs this process follows. */
export const accountsWatched = (): number => accounts.size;

/**
 * The jobs of an account. Ask for them before each use: they are forgotten while nobody needs them.
 * @param key see accountKey
 */
export const accountJobs = (key: string): AccountJobs => accounts.get(key) ?? new AccountJobs(key);

/**
 * All that this process knows of an account's jobs: who waits for which job, and what submissions are known. Its loop
 * runs while somebody watches or observes.
 */
export class AccountJobs {
	/** By job ID, the oldest first. */
	private readonly watched = new Map<string, WatchedJob>();

	private readonly observers = new Set<Observer>();

	private readonly known = new KnownJobs();

	private readonly list = new JobList((listed) => this.take(listed));

	private readonly oneOfFew = limit(READS);

	private isLooping = false;

	/** The number of runs that use it. */
	private runs = 0;

	/** Ends the sleep of the loop. */
	private wake = () => {};

	constructor(private readonly key: string) {}

	/**
	 * Remembers which submissions were answered while a run may look for the job of another one.
	 * @returns ends that; to be called once
	 */
	use(): () => void {
		this.runs++;
		this.changed();
		return () => {
			this.runs--;
			this.changed();
		};
	}

	/** Whether a trigger of this process observes the account. */
	get isObserved(): boolean {
		return this.observers.size > 0;
	}

	/**
	 * Waits for the end of a job, as the list of running jobs, a read of the job or a callback tells it first.
	 * Of more than 10,000 jobs the oldest is not watched any more: whoever waits has a deadline of his own.
	 * @returns ends the watch
	 */
	watch(watch: Watch): () => void {
		const { jobid } = watch;
		const job = this.watched.get(jobid) ?? new WatchedJob(jobid);
		job.watches.add(watch);
		this.watched.set(jobid, job);
		const [oldest] = this.watched.keys();
		if (this.watched.size > MAX_WATCHED && oldest) this.watched.delete(oldest);
		this.changed();
		return () => {
			job.watches.delete(watch);
			if (job.watches.size === 0 && this.watched.get(jobid) === job) this.watched.delete(jobid);
			this.changed();
		};
	}

	/** Waits for the end of a job as `watch` does. @returns nothing where the signal has ended the wait */
	async ended(watch: Omit<Watch, 'onNews'>, signal: CancelSignal): Promise<News | undefined> {
		let end = () => {};
		const news = await new Promise<News | undefined>((resolve) => {
			const stop = () => resolve(undefined);
			signal.addEventListener('abort', stop);
			if (signal.aborted) stop();
			else end = this.watch({ ...watch, onNews: resolve });
		});
		end();
		return news;
	}

	/** @returns ends the observation */
	observe(observer: Observer): () => void {
		this.observers.add(observer);
		this.changed();
		return () => {
			this.observers.delete(observer);
			if (!this.isObserved) this.known.forgetReceived();
			this.changed();
		};
	}

	/** Takes a job as the API has it. If it has ended, whoever waits for it is told at once. */
	tell(job: Job): void {
		if (job.jobid && !isRunning(job)) this.end(job.jobid, job);
	}

	/** Takes a job of an authenticated callback. It only helps to find the job of a submission, while somebody observes. */
	received(job: Job): void {
		if (this.isObserved) this.known.received(job);
	}

	/** Takes the job of an answered submission: no other submission has started it. Tells the observers. */
	answered(job: Job): void {
		this.known.answered(job);
		for (const observer of this.observers) observer.onJobs?.([job]);
	}

	/** Lists the running jobs now; nothing where the API cannot tell. */
	async running(client: ApiClient): Promise<Job[] | undefined> {
		const { jobs } = await this.listed(client);
		return jobs?.filter(isRunning);
	}

	/**
	 * Looks once for the one job that a submission without an answer has started: among the running jobs, which are
	 * listed now, and among those received. Two equal submissions may be given the same job at the same time, so the
	 * caller makes sure that he is the first.
	 * @param isTaken whether a job belongs to another submission
	 */
	async find(
		client: ApiClient,
		submission: Submission,
		isTaken: (jobid: string) => boolean,
	): Promise<Found> {
		return await this.known.find(await this.listed(client), client, submission, isTaken);
	}

	private async listed(client: ApiClient): Promise<Listed> {
		const reading = this.list.read(client);
		this.changed();
		return await reading;
	}

	/** Forgets the account when nobody needs it any more; otherwise has the loop see what is due now. */
	private changed(): void {
		this.wake();
		const isUsed = this.isUsed || this.list.isReading || this.runs > 0;
		if (isUsed && !accounts.has(this.key)) accounts.set(this.key, this);
		if (!isUsed && accounts.get(this.key) === this) accounts.delete(this.key);
		if (this.isUsed && !this.isLooping) void this.loop();
	}

	private get isUsed(): boolean {
		return this.watched.size > 0 || this.isObserved;
	}

	private async loop(): Promise<void> {
		this.isLooping = true;
		while (this.isUsed) {
			const needs = this.needs();
			const listAt = this.list.dueAt(shortest(needs));
			const readAt = Math.min(...this.idle().map((job) => job.readAt));
			const now = performance.now();
			if (listAt <= now) void this.list.read(needs[0]!.client);
			else if (readAt <= now) this.readDue(now);
			else await this.sleepUntil(Math.min(listAt, readAt));
		}
		this.isLooping = false;
	}

	/** Until then, until something has changed, or for a second. */
	private async sleepUntil(time: number): Promise<void> {
		const woken = new Promise<void>((resolve) => (this.wake = resolve));
		if (time === Infinity) await woken;
		else await pause(Math.min(MAX_SLEEP_MS, time - performance.now()), undefined, woken);
	}

	private needs(): Need[] {
		const watches = [...this.watched.values()].flatMap((job) => [...job.watches]);
		return [...this.observers, ...watches];
	}

	private idle(): WatchedJob[] {
		return [...this.watched.values()].filter(({ isReading }) => !isReading);
	}

	/** Takes what a list has told. */
	private take({ askedAt, jobs, problem, isUseless }: Listed): void {
		const running = jobs?.filter(isRunning);
		if (problem?.cause === 'noAccess') refuse(this.needs(), problem);
		else if (running || isUseless) this.readOthers(askedAt, running ?? []);
		for (const job of running ?? []) this.received(job);
		for (const observer of this.observers) if (running) observer.onJobs?.(running);
		const isFirst = problem && this.list.failures === 1;
		if (isFirst) [...this.observers].find((observer) => observer.failed)?.failed?.(problem);
		this.changed();
	}

	/** Has the jobs read that a list does not show, if they were watched before it was asked for. */
	private readOthers(askedAt: number, running: Job[]): void {
		const shown = new Set(running.map(({ jobid }) => jobid));
		for (const job of this.watched.values()) {
			if (shown.has(job.jobid)) Object.assign(job, { readAt: Infinity, attempt: 0 });
			else if (job.since <= askedAt && job.readAt === Infinity) job.readAt = performance.now();
		}
	}

	private readDue(now: number): void {
		for (const job of this.idle().filter(({ readAt }) => readAt <= now)) {
			job.isReading = true;
			void this.oneOfFew(async () => await this.read(job));
		}
	}

	/** Reads a job, unless nobody waits for it any more. */
	private async read(job: WatchedJob): Promise<void> {
		const { jobid, watches } = job;
		const [watch] = watches;
		if (!watch) return;
		const outcome = await readOf(outsideExecution(watch.client), jobid);
		job.isReading = false;
		const read = jobIn(outcome, jobid);
		const verb = [...watches].map((one) => one.verb).find(Boolean);
		if (outcome.kind === 'absent' && isReadable(verb)) this.end(jobid, 'absent');
		else if (read && !isRunning(read)) this.end(jobid, read);
		else this.readLater(job, outcome, read !== undefined);
	}

	/** @param isTold whether the API has told that the job runs */
	private readLater(job: WatchedJob, outcome: Outcome, isTold: boolean): void {
		const watches = [...job.watches];
		const delay = isTold ? pollDelay(job.attempt) : outageDelay(job.attempt, shortest(watches));
		job.attempt++;
		job.readAt = performance.now() + Math.max(askedMs(outcome), delay);
		this.wake();
		const problem = outcome.kind === 'refused' ? outcome.problem : undefined;
		if (problem?.cause === 'noAccess') refuse(watches, problem);
	}

	/** Tells everybody who waits for a job. */
	private end(jobid: string, news: News): void {
		const watches = this.watched.get(jobid)?.watches ?? [];
		this.watched.delete(jobid);
		for (const { onNews } of watches) onNews(news);
		this.changed();
	}
}

const shortest = (needs: Need[]): number =>
	Math.min(...needs.map(({ everyMs = LIST_MS }) => everyMs));

function refuse(needs: Need[], problem: Problem): void {
	for (const need of needs) need.onRefusal?.(problem);
}
