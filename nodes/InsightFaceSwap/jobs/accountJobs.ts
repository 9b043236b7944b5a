import { outsideExecution, type ApiClient } from '../api/client';
import { isReadable, isRunning, type Job } from '../api/job';
import type { Outcome, Problem } from '../api/outcome';
import { jobIn, readOf } from '../api/readJob';
import { listDelay, outageDelay, pollDelay } from '../shared/backoff';
import { limit } from '../shared/locks';
import { pause } from '../shared/retry';
import { askedMs, JobList, type Listed, type Need } from './jobList';
import { type Found, KnownJobs, type Submission } from './knownJobs';
import type { Report } from './triggerCall';

/** A job that has ended, or that is not there: in the API's own words. */
export type News = Job | 'absent';

/** Waits for the end of one job. Its functions throw nothing. */
export interface Watch {
	jobid: string;
	/** Its verb, where that is known, for example `faceswap-picsi`. */
	verb?: string;
	/** How often the running jobs are to be listed for it, in milliseconds. */
	everyMs: number;
	/** It must work after its execution has ended. */
	client: ApiClient;
	/** Called once; the watch is over then. */
	onNews: (news: News) => void;
	/** When to call `onOverdue`, by `performance.now()`. */
	until?: number;
	/** Called once. The watch goes on. */
	onOverdue?: () => void;
	/** The API refuses to show any job: 401 or 402 in its own words. The watch goes on, so it may be called again. */
	onRefusal?: (problem: Problem) => void;
	/** See Observer. */
	failed?: (problem: Problem) => void;
}

/** A trigger, which wants to know of all jobs of the account. Its functions throw nothing. */
export interface Observer {
	/** How often it needs the list of running jobs, in milliseconds; `Infinity` for not at all. */
	everyMs: number;
	/** It must work after its activation. */
	client: ApiClient;
	/** Takes a job that this process has just submitted. */
	submitted: (job: Job) => void;
	/** Takes the running jobs, for whomever they were listed. */
	listed: (running: Job[]) => void;
	/** See Watch. */
	onRefusal?: (problem: Problem) => void;
	/** Takes the first of several failures in a row. Only one of those who wait is told: one warning is enough. */
	failed?: (problem: Problem) => void;
}

/** All that this process knows of an account's jobs: who waits for which job, and what submissions are known. */
export interface AccountJobs {
	/**
	 * Waits for the end of a job, as the list of running jobs, a read of the job or a callback tells it first.
	 * Of more than 10,000 jobs the oldest is not watched any more: whoever waits has a deadline of his own.
	 * @returns ends the watch
	 */
	watch(watch: Watch): () => void;
	/** @returns ends the observation */
	observe(observer: Observer): () => void;
	/** Whether a trigger of this process observes the account. */
	isObserved(): boolean;
	/** Takes a job as the API has it. If it has ended, whoever waits for it is told at once. */
	tell(job: Job): void;
	/** Takes a job of an authenticated callback. It only helps to find the job of a submission, while somebody observes. */
	received(job: Job): void;
	/** Takes the job of an answered submission: no other submission has started it. Tells the observers. */
	answered(job: Job): void;
	/**
	 * Looks once for the one job that a submission without an answer has started: among the running jobs, which are
	 * listed now, and among those received. Two equal submissions may be given the same job at the same time, so the
	 * caller makes sure that he is the first.
	 * @param isTaken whether a job belongs to another submission
	 */
	find(
		client: ApiClient,
		submission: Submission,
		isTaken: (jobid: string) => boolean,
	): Promise<Found>;
	/** Changes what triggers in other processes are to be told: by address, until they were told or cannot be. */
	reports<R>(work: (reports: Map<string, Report>) => R): R;
	/** Lists the running jobs now; nothing where the API cannot tell. */
	running(client: ApiClient): Promise<Job[] | undefined>;
}

/** The maximum number of jobs that are watched for an account. */
const MAX_WATCHED = 10_000;

/** The maximum number of concurrent reads of an account's jobs. */
const READS = 4;

/** The longest sleep in milliseconds. A sleep cannot be cancelled, so its timer outlives an interruption. */
const MAX_SLEEP_MS = 1000;

interface WatchNeed extends Need {
	watch: Watch;
	/** When it is overdue, by `performance.now()`; `Infinity` once that was told. */
	until: number;
}

interface ObserverNeed extends Need {
	observer: Observer;
}

interface WatchedJob {
	jobid: string;
	needs: Set<WatchNeed>;
	/** Since when it is watched, by `performance.now()`. */
	since: number;
	/** When to read it, by `performance.now()`; `Infinity` while the list shows it. */
	readAt: number;
	/** How many reads in a row have not told its end. */
	attempt: number;
	/** Whether a read of it is in progress, or waits for its turn. */
	isReading: boolean;
}

/** By account key, while something is watched, observed, reported or in progress. */
const accounts = new Map<string, Account>();

/** The number of accounts whose jobs this process follows. */
export const accountsWatched = (): number => accounts.size;

/**
 * The jobs of an account. What it gives can be kept: it holds nothing.
 * @param key see accountKey
 */
export function accountJobs(key: string): AccountJobs {
	const using = <R>(work: (account: Account) => R): R => {
		const account = accounts.get(key) ?? new Account(key);
		accounts.set(key, account);
		const result = work(account);
		account.changed();
		return result;
	};
	return {
		watch: (watch) => using((account) => account.watch(watch)),
		observe: (observer) => using((account) => account.observe(observer)),
		isObserved: () => accounts.get(key)?.isObserved ?? false,
		tell: (job) => accounts.get(key)?.tell(job),
		received: (job) => accounts.get(key)?.received(job),
		answered: (job) => accounts.get(key)?.answered(job),
		find: async (...given) => await using(async (account) => await account.find(...given)),
		reports: (work) => using(({ reports }) => work(reports)),
		running: async (client) => await using(async (account) => await account.running(client)),
	};
}

/** One account. Its loop runs while somebody watches or observes. */
class Account {
	/** By job ID, the oldest first. */
	private readonly watched = new Map<string, WatchedJob>();

	private readonly observers = new Set<ObserverNeed>();

	readonly reports = new Map<string, Report>();

	private readonly known = new KnownJobs();

	private readonly list = new JobList((listed) => this.take(listed));

	private readonly oneOfFew = limit(READS);

	/** How many calls of `find` and `running` are in progress. */
	private inProgress = 0;

	private isLooping = false;

	/** Ends the sleep of the loop. */
	private wake = () => {};

	constructor(private readonly key: string) {}

	get isObserved(): boolean {
		return this.observers.size > 0;
	}

	watch(watch: Watch): () => void {
		const { jobid, everyMs, until = Infinity } = watch;
		const since = performance.now();
		const need = { watch, everyMs, since, until };
		const job = this.watched.get(jobid) ?? unread(jobid, since);
		job.needs.add(need);
		this.watched.set(jobid, job);
		const [oldest] = this.watched.keys();
		if (this.watched.size > MAX_WATCHED && oldest) this.watched.delete(oldest);
		return () => {
			job.needs.delete(need);
			if (job.needs.size === 0 && this.watched.get(jobid) === job) this.watched.delete(jobid);
			this.changed();
		};
	}

	observe(observer: Observer): () => void {
		const need = { observer, everyMs: observer.everyMs, since: performance.now() };
		this.observers.add(need);
		return () => {
			this.observers.delete(need);
			if (!this.isObserved) this.known.forgetReceived();
			this.changed();
		};
	}

	tell(job: Job): void {
		if (job.jobid && !isRunning(job)) this.end(job.jobid, job);
	}

	received(job: Job): void {
		if (this.isObserved) this.known.received(job);
	}

	answered(job: Job): void {
		this.known.answered(job);
		for (const { observer } of this.observers) observer.submitted(job);
	}

	async running(client: ApiClient): Promise<Job[] | undefined> {
		const { jobs } = await this.listed(client);
		return jobs?.filter(isRunning);
	}

	async find(
		client: ApiClient,
		submission: Submission,
		isTaken: (jobid: string) => boolean,
	): Promise<Found> {
		return await this.known.find(await this.listed(client), client, submission, isTaken);
	}

	/** Ends the account when nobody needs it any more; otherwise has the loop see what is due now. */
	changed(): void {
		this.wake();
		if (this.isUsed && !this.isLooping) void this.loop();
		const isIdle = !this.isUsed && this.inProgress === 0 && this.reports.size === 0;
		if (isIdle && accounts.get(this.key) === this) accounts.delete(this.key);
	}

	private get isUsed(): boolean {
		return this.watched.size > 0 || this.isObserved;
	}

	private async listed(client: ApiClient): Promise<Listed> {
		this.inProgress++;
		try {
			return await this.list.read(client);
		} finally {
			this.inProgress--;
			this.changed();
		}
	}

	private async loop(): Promise<void> {
		this.isLooping = true;
		while (this.isUsed) {
			const watches = this.watches();
			const overdueAt = earliest(watches.map(({ until }) => until));
			const listAt = this.list.dueAt([...watches, ...this.observers]);
			const readAt = earliest(this.idle().map((job) => job.readAt));
			const now = performance.now();
			if (overdueAt <= now) tellOverdue(watches, now);
			else if (listAt <= now) void this.list.read(this.waiting()[0]!.client);
			else if (readAt <= now) this.readDue(now);
			else await this.sleepUntil(Math.min(overdueAt, listAt, readAt));
		}
		this.isLooping = false;
	}

	/** Until then, until something has changed, or for a second. */
	private async sleepUntil(time: number): Promise<void> {
		const woken = new Promise<void>((resolve) => (this.wake = resolve));
		if (time === Infinity) await woken;
		else await pause(Math.min(MAX_SLEEP_MS, time - performance.now()), undefined, woken);
	}

	private watches(): WatchNeed[] {
		return [...this.watched.values()].flatMap(({ needs }) => [...needs]);
	}

	private waiting(): Array<Observer | Watch> {
		const observers = [...this.observers].map(({ observer }) => observer);
		return [...observers, ...this.watches().map(({ watch }) => watch)];
	}

	private idle(): WatchedJob[] {
		return [...this.watched.values()].filter(({ isReading }) => !isReading);
	}

	/** Takes what a list has told. */
	private take({ askedAt, jobs, problem, isUseless }: Listed): void {
		const running = jobs?.filter(isRunning);
		if (running) this.takeRunning(running, askedAt);
		else if (problem?.cause === 'noAccess') refuse(this.waiting(), problem);
		else if (isUseless) this.readFrom(askedAt, new Set());
		if (problem && this.list.failures === 1) this.tellFailure(problem);
		this.changed();
	}

	private takeRunning(running: Job[], askedAt: number): void {
		this.readFrom(askedAt, new Set(running.map(({ jobid }) => jobid)));
		for (const job of running) this.received(job);
		for (const { observer } of this.observers) observer.listed(running);
	}

	/** Has the jobs read that a list does not show, if they were watched before it was asked for. */
	private readFrom(askedAt: number, shown: Set<string | undefined>): void {
		for (const job of this.watched.values()) {
			if (shown.has(job.jobid)) Object.assign(job, { readAt: Infinity, attempt: 0 });
			else if (job.since <= askedAt && job.readAt === Infinity) job.readAt = performance.now();
		}
	}

	private tellFailure(problem: Problem): void {
		const one = this.waiting().find(({ failed }) => failed);
		one?.failed?.(problem);
	}

	private readDue(now: number): void {
		for (const job of this.idle().filter(({ readAt }) => readAt <= now)) {
			job.isReading = true;
			void this.oneOfFew(async () => await this.read(job));
		}
	}

	/** Reads a job, unless nobody waits for it any more, or a list has shown it meanwhile. */
	private async read(job: WatchedJob): Promise<void> {
		const { jobid, readAt } = job;
		const [need] = job.needs;
		const isDue = readAt <= performance.now() && this.watched.get(jobid) === job;
		const client = need && isDue ? outsideExecution(need.watch.client) : undefined;
		const outcome = client && (await readOf(client, jobid));
		job.isReading = false;
		if (!outcome) return;
		const read = jobIn(outcome, jobid);
		if (outcome.kind === 'absent' && isReadable(verbOf(job))) this.end(jobid, 'absent');
		else if (read && !isRunning(read)) this.end(jobid, read);
		else if (job.readAt === readAt) this.readLater(job, outcome, read !== undefined);
		this.wake();
	}

	/**
	 * Where no list has told more during the read.
	 * @param isTold whether the API has told that the job runs
	 */
	private readLater(job: WatchedJob, outcome: Outcome, isTold: boolean): void {
		const everyMs = Math.min(...[...job.needs].map((need) => need.everyMs));
		const delay = isTold
			? Math.max(pollDelay(job.attempt), listDelay(everyMs))
			: outageDelay(job.attempt, everyMs);
		job.attempt++;
		job.readAt = performance.now() + Math.max(askedMs(outcome), delay);
		if (outcome.kind === 'refused' && outcome.problem.cause === 'noAccess') {
			refuse(
				[...job.needs].map(({ watch }) => watch),
				outcome.problem,
			);
		}
	}

	/** Tells everybody who waits for a job. */
	private end(jobid: string, news: News): void {
		const needs = this.watched.get(jobid)?.needs ?? [];
		this.watched.delete(jobid);
		for (const { watch } of needs) watch.onNews(news);
		this.changed();
	}
}

const verbOf = ({ needs }: WatchedJob): string | undefined =>
	[...needs].map(({ watch }) => watch.verb).find(Boolean);

const unread = (jobid: string, since: number): WatchedJob => ({
	jobid,
	needs: new Set(),
	since,
	readAt: Infinity,
	attempt: 0,
	isReading: false,
});

/** Without a limit to their number. */
const earliest = (times: number[]): number =>
	times.reduce((one, other) => Math.min(one, other), Infinity);

function tellOverdue(watches: WatchNeed[], now: number): void {
	for (const need of watches.filter(({ until }) => until <= now)) {
		need.until = Infinity;
		need.watch.onOverdue?.();
	}
}

function refuse(waiting: Array<Observer | Watch>, problem: Problem): void {
	for (const one of waiting) one.onRefusal?.(problem);
}
