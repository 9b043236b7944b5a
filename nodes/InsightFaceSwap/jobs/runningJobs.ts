import type { ApiClient } from '../api/client';
import { endpoints } from '../api/endpoints';
import { isRunning, jobsOf, type Job } from '../api/job';
import type { Problem } from '../api/outcome';
import { noteReceived } from './receivedJobs';

/** Waits for the ends of an account's jobs. */
export interface JobObserver {
	/** Takes a job that this process has just submitted. */
	submitted(job: Job): void;
	/** Takes the jobs that run now. Throws nothing. */
	listed(running: Job[]): Promise<void>;
}

interface ObservedAccount {
	observers: Set<JobObserver>;
	/** The call in progress. */
	listing?: Promise<unknown>;
	/** How many calls in a row have failed. */
	failures: number;
	/** When the API may be called again after a failure, in milliseconds since 1970. */
	retryAt: number;
}

const MIN_RETRY_MS = 15_000;
const MAX_RETRY_MS = 300_000;

/** The longest wait that the API can ask for: a list costs nothing, and jobs that end meanwhile wait for it. */
const MAX_ASKED_MS = 900_000;

/** How long to wait for the list, in milliseconds. */
const TIMEOUT_MS = 20_000;

/** The accounts that have observers in this process, by account key. */
const accounts = new Map<string, ObservedAccount>();

/** The number of accounts that have observers in this process. */
export const observedAccounts = (): number => accounts.size;

/**
 * Tells an observer of the jobs of an account, until the returned function is called.
 * @param key see accountKey
 * @returns ends the observation
 */
export function observeJobs(key: string, observer: JobObserver): () => void {
	const account = accounts.get(key) ?? { observers: new Set(), failures: 0, retryAt: 0 };
	accounts.set(key, account);
	account.observers.add(observer);
	return () => {
		account.observers.delete(observer);
		if (account.observers.size === 0 && accounts.get(key) === account) accounts.delete(key);
	};
}

/** Tells the observers of an account of a job that was submitted just now. */
export function announceJob(key: string, job: Job): void {
	for (const observer of accounts.get(key)?.observers ?? []) observer.submitted(job);
}

/**
 * Lists the running jobs of an account for all of its observers with one call. Observers that ask
 * during the call share it. After a failure it calls less often: 15, 30, 60 … seconds, at most 5 minutes
 * or, if the API asks for more, a quarter of an hour.
 * @param key see accountKey
 * @param onFailure takes the first of several failures in a row
 */
export async function listRunningJobs(
	key: string,
	client: ApiClient,
	onFailure: (problem: Problem) => void,
): Promise<void> {
	const account = accounts.get(key);
	if (!account) return;
	if (account.listing) return void (await account.listing);
	if (mustWait(account)) return;
	const listing = list(account, client, onFailure).finally(() => {
		account.listing = undefined;
	});
	account.listing = listing;
	const running = await listing;
	for (const job of running ?? []) noteReceived(key, job);
	const tell = async (observer: JobObserver) => running && (await observer.listed(running));
	await Promise.all([...account.observers].map(tell));
}

/** The clock may have been set back. */
const mustWait = ({ retryAt }: ObservedAccount): boolean =>
	Date.now() < retryAt && retryAt - Date.now() <= MAX_ASKED_MS;

/** @returns the running jobs; nothing where the API could not tell */
async function list(
	account: ObservedAccount,
	client: ApiClient,
	onFailure: (problem: Problem) => void,
): Promise<Job[] | undefined> {
	const outcome = await client({
		method: 'GET',
		path: endpoints.runningJobs,
		timeoutMs: TIMEOUT_MS,
	});
	if (outcome.kind !== 'answered') {
		const asked = outcome.kind === 'busy' ? Math.min(MAX_ASKED_MS, outcome.waitMs ?? 0) : 0;
		const delay = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** account.failures);
		account.retryAt = Date.now() + Math.max(asked, delay);
		if (account.failures++ === 0) onFailure(outcome.problem);
		return undefined;
	}
	Object.assign(account, { failures: 0, retryAt: 0 });
	return jobsOf(outcome.body).filter(isRunning);
}
