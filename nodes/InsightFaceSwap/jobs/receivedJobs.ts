import type { IDataObject } from 'n8n-workflow';

import { isObject, type Job } from '../api/job';

/** The maximum number of jobs kept for each account. */
const MAX_JOBS = 1000;

/** The maximum size of what is kept of a job, in bytes of its JSON. The API's own jobs need less. */
const MAX_BYTES = 1000;

interface ReceivedJobs {
	/** How many active triggers the account has. */
	triggers: number;
	/** By job ID, the oldest first. Without a value where the API's answer to the submission came, too. */
	jobs: Map<string, Job | undefined>;
}

/** By account key, while a trigger of the account is active in this process. */
const accounts = new Map<string, ReceivedJobs>();

/** The number of accounts whose jobs this process keeps. */
export const receivingAccounts = (): number => accounts.size;

/** Whether a trigger of the account is active in this process. */
export const isReceiving = (key: string): boolean => accounts.has(key);

/**
 * Keeps the jobs that a trigger of an account receives. A run whose connection broke finds its job among
 * them when the job has ended.
 * @param key see accountKey
 * @returns a function that ends this
 */
export function keepReceived(key: string): () => void {
	const account = accounts.get(key) ?? { triggers: 0, jobs: new Map<string, Job | undefined>() };
	accounts.set(key, account);
	account.triggers++;
	return () => {
		account.triggers--;
		if (account.triggers === 0 && accounts.get(key) === account) accounts.delete(key);
	};
}

/**
 * Notes a job that a trigger of the account has received, by an authenticated callback or in the list of
 * running jobs. A callback may be forged: the caller of `receivedJobs` reads the job from the API.
 */
export function noteReceived(key: string, job: Job): void {
	const jobs = accounts.get(key)?.jobs;
	const { jobid } = job;
	if (!jobs || !jobid || !job.replyRef || jobs.has(jobid)) return;
	const kept = identityOf(job);
	if (JSON.stringify(kept).length <= MAX_BYTES) set(jobs, jobid, kept);
}

/** Notes that a run has the API's answer with this job: no submission of unknown outcome has started it. */
export function noteAnswered(key: string, { jobid }: Job): void {
	const jobs = accounts.get(key)?.jobs;
	if (jobs && jobid) set(jobs, jobid, undefined);
}

/** The jobs that triggers of the account have received, and that no run of this process has. */
export const receivedJobs = (key: string): Job[] =>
	[...(accounts.get(key)?.jobs.values() ?? [])].filter((job) => job !== undefined);

function set(jobs: ReceivedJobs['jobs'], jobid: string, job: Job | undefined): void {
	jobs.set(jobid, job);
	const [oldest] = jobs.keys();
	if (jobs.size > MAX_JOBS && oldest) jobs.delete(oldest);
}

/** What identifies the submission of a job: its reference, command, channel and time, and the pictures' sizes. */
function identityOf({ jobid, replyRef, verb, channel, created, ...parts }: Job): Job {
	const sizes = Object.entries(parts).flatMap(([name, part]) =>
		isObject(part) && typeof part.size === 'number' ? [[name, { size: part.size }]] : [],
	);
	const pictures = Object.fromEntries(sizes) as IDataObject;
	return { ...pictures, jobid, replyRef, verb, channel, created, status: 'started' };
}
