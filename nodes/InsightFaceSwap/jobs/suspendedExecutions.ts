import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';

import type { ApiClient } from '../api/client';
import { isObject, isRunning, type Job } from '../api/job';
import { pollDelay } from '../shared/backoff';
import { pause } from '../shared/retry';
import { limit } from '../shared/semaphore';
import { listRunningJobs, observeJobs, type JobObserver } from './runningJobs';
import { readOnce } from './verifyJob';

/** An execution that n8n has suspended until its job has ended. */
export interface SuspendedExecution {
	executionId: string;
	jobid: string;
	/** The resume URL that the job was submitted with. */
	url: string;
	/** When n8n ends the wait, in milliseconds since 1970. */
	deadline: number;
}

/** What the checks take from a node. One node's serve all executions of the account. */
export interface CheckTools {
	client: ApiClient;
	/** Calls n8n itself. Throws where no answer came. */
	post: (request: IHttpRequestOptions) => Promise<{ statusCode: number; body: unknown }>;
	/** Logs a warning. */
	warn: (message: string, details: IDataObject) => void;
}

/** What the node's own webhook answers a callback that resumes the execution. */
export const RESUMED = 'The workflow continues';

/** What it answers while or after another callback has resumed the execution. */
export const KNOWN = 'Known already';

/** The maximum number of suspended executions that are checked for each account. */
const MAX_EXECUTIONS = 1000;

/** The maximum number of concurrent reads, and of calls to n8n. */
const CONCURRENCY = 4;

/** How long n8n may take to answer, in milliseconds. */
const TIMEOUT_MS = 20_000;

const MAX_RETRY_MS = 300_000;

/** The number of refused calls in a row after which a warning is logged. */
const WARN_AFTER = 3;

interface Entry extends SuspendedExecution {
	/** How many calls of the resume URL did not resume the execution. */
	refusals: number;
	/** When to call it again, in milliseconds since 1970. */
	retryAt: number;
	isBusy: boolean;
}

/** The accounts with suspended executions in this process, by account key. */
const accounts = new Map<string, Checks>();

/** The number of suspended executions that this process checks. */
export const suspendedExecutions = (): number =>
	[...accounts.values()].reduce((sum, { size }) => sum + size, 0);

/**
 * Has a suspended execution resumed when its job has ended, in case the callback is lost. While any
 * execution of an account is suspended, the running jobs are listed every 10 to 12.5 seconds. When a
 * job has left the list and has ended, its resume URL is called as the API does. The webhook of the
 * node verifies that call like any other.
 * @param key see accountKey
 */
export function checkSuspended(key: string, tools: CheckTools, one: SuspendedExecution): void {
	const checks = accounts.get(key) ?? new Checks(key, tools);
	accounts.set(key, checks);
	checks.add(one, tools);
}

/** Ends the checks for an execution that was resumed. */
export function forgetSuspended(executionId: string): void {
	for (const checks of accounts.values()) checks.remove(executionId);
}

/** The suspended executions of one account. It ends with the last one. */
class Checks implements JobObserver {
	private readonly entries = new Map<string, Entry>();

	private readonly end = new AbortController();

	private readonly atATime = limit(CONCURRENCY);

	constructor(
		private readonly key: string,
		private tools: CheckTools,
	) {
		void this.run();
	}

	get size(): number {
		return this.entries.size;
	}

	/** The oldest execution goes when there are too many. */
	add(one: SuspendedExecution, tools: CheckTools): void {
		this.tools = tools;
		this.entries.delete(one.executionId);
		this.entries.set(one.executionId, { ...one, refusals: 0, retryAt: 0, isBusy: false });
		const [oldest] = this.entries.keys();
		if (this.size > MAX_EXECUTIONS && oldest) this.remove(oldest);
	}

	remove(executionId: string): void {
		this.entries.delete(executionId);
		if (this.size > 0) return;
		this.end.abort();
		if (accounts.get(this.key) === this) accounts.delete(this.key);
	}

	submitted(): void {}

	async listed(running: Job[]): Promise<void> {
		const ids = new Set(running.map(({ jobid }) => jobid));
		const now = Date.now();
		for (const entry of this.entries.values()) {
			const isDue = !entry.isBusy && entry.retryAt <= now && !ids.has(entry.jobid);
			if (isDue) void this.atATime(async () => await this.check(entry));
		}
	}

	private async run(): Promise<void> {
		const { signal } = this.end;
		const endObservation = observeJobs(this.key, this);
		for (;;) {
			await pause(pollDelay(0), signal);
			this.removeOverdue();
			if (signal.aborted) break;
			await listRunningJobs(this.key, this.tools.client, ({ message: problem }) =>
				this.tools.warn('The jobs of suspended executions could not be listed', { problem }),
			);
		}
		endObservation();
	}

	private removeOverdue(): void {
		const now = Date.now();
		for (const { executionId, deadline } of [...this.entries.values()]) {
			if (deadline <= now) this.remove(executionId);
		}
	}

	/** Reads a job that has left the list, and resumes its execution if it has ended. */
	private async check(entry: Entry): Promise<void> {
		entry.isBusy = true;
		const reading = await readOnce(this.tools.client, entry.jobid);
		if (reading.verification === 'absent') this.drop(entry);
		else if ('job' in reading && !isRunning(reading.job)) await this.resume(entry, reading.job);
		entry.isBusy = false;
	}

	private async resume(entry: Entry, job: Job): Promise<void> {
		if (await this.isSettled(entry, job)) return this.drop(entry);
		entry.retryAt = Date.now() + Math.min(MAX_RETRY_MS, pollDelay(0) * (2 ** entry.refusals - 1));
		entry.refusals++;
		if (entry.refusals === WARN_AFTER) {
			const { executionId, jobid: jobId } = entry;
			this.tools.warn('A suspended execution could not be resumed yet', { executionId, jobId });
		}
	}

	/** Unless the execution was suspended again meanwhile, for another job. */
	private drop(entry: Entry): void {
		if (this.entries.get(entry.executionId) === entry) this.remove(entry.executionId);
	}

	/** Calls a resume URL. @returns whether the execution goes on, or does not wait any more */
	private async isSettled({ url }: Entry, job: Job): Promise<boolean> {
		try {
			const answer = await this.tools.post({
				method: 'POST',
				url,
				body: job,
				json: true,
				timeout: TIMEOUT_MS,
				disableFollowRedirect: true,
				ignoreHttpStatusErrors: true,
				returnFullResponse: true,
			});
			return settles(answer);
		} catch {
			return false;
		}
	}
}

/**
 * Whether n8n's answer says that the execution goes on, or does not wait any more. One that n8n still
 * runs may be about to be stored as suspended. Other refusals may come from a proxy.
 */
function settles({ statusCode, body }: { statusCode: number; body: unknown }): boolean {
	const message = isObject(body) ? String(body.message) : '';
	if (statusCode < 300) return message === RESUMED || message === KNOWN;
	if (statusCode === 409) return !message.includes('running already');
	return statusCode === 404 || statusCode === 410;
}
