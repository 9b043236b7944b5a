import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';

import type { ApiClient } from '../api/client';
import { isObject } from '../api/job';
import { LIST_MS, pollDelay } from '../shared/backoff';
import { Cancellation } from '../shared/cancellation';
import { retry } from '../shared/retry';
import { limit } from '../shared/semaphore';
import { accountJobs } from './accountJobs';

/** An execution that n8n has suspended until its job has ended. */
export interface SuspendedExecution {
	executionId: string;
	jobid: string;
	/** The reply reference, from which the secret of the resume URL is derived. */
	replyRef?: string;
	/** The resume URL that the job was submitted with. */
	url: string;
	/** When Maximum Wait ends, in milliseconds since 1970. */
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

/**
 * What the resume URL is called with, apart from a job that has ended. Whoever knows the URL can post the same: the
 * webhook asks the API whether the job is there, and its own clock whether Maximum Wait has ended.
 */
export interface ResumeCall extends IDataObject {
	jobid: string;
	replyRef?: string;
	/** The API does not have the job any more. */
	status?: 'absent';
	/** Maximum Wait has ended. */
	timedOut?: true;
}

/** What the node's own webhook answers a callback that resumes the execution. */
export const RESUMED = 'The workflow continues';

/** What it answers while or after another callback has resumed the execution. */
export const KNOWN = 'Known already';

/**
 * How much later than Maximum Wait n8n's own date is, in milliseconds. By then the execution has been called with the
 * end of Maximum Wait, and a result that came shortly before has been downloaded, with all tries.
 */
export const DELIVERY_MS = 1_200_000;

/** The maximum number of suspended executions kept for each account. The oldest go first. */
const MAX_EXECUTIONS = 1000;

/** The maximum number of concurrent calls to n8n. */
const CALLS = 4;

/** How long n8n may take to answer, in milliseconds. */
const TIMEOUT_MS = 20_000;

const MAX_RETRY_MS = 300_000;

/** The number of refused calls in a row after which a warning is logged. */
const WARN_AFTER = 3;

interface Entry extends SuspendedExecution {
	/** When Maximum Wait ends, by `performance.now()`. */
	endsAt: number;
	/** Ends the calls of its resume URL. */
	calls?: Cancellation;
	unwatch: () => void;
}

interface Account {
	tools: CheckTools;
	/** By execution, the oldest first. */
	entries: Map<string, Entry>;
	oneOfFew: ReturnType<typeof limit>;
}

/** By account key, while executions of the account are suspended. */
const accounts = new Map<string, Account>();

/** The number of suspended executions that this process resumes. */
export const suspendedExecutions = (): number =>
	[...accounts.values()].reduce((sum, { entries }) => sum + entries.size, 0);

/**
 * Has a suspended execution resumed when its job has ended, in case the callback is lost, and when Maximum Wait has
 * ended. The resume URL is called as the API does. The webhook of the node verifies that call like any other.
 * @param key see accountKey
 */
export function checkSuspended(key: string, tools: CheckTools, one: SuspendedExecution): void {
	const { executionId, jobid, deadline } = one;
	forgetSuspended(executionId);
	const account = accounts.get(key) ?? { tools, entries: new Map(), oneOfFew: limit(CALLS) };
	accounts.set(key, Object.assign(account, { tools }));
	const until = performance.now() + deadline - Date.now();
	const entry: Entry = { ...one, endsAt: until, unwatch: () => {} };
	account.entries.set(executionId, entry);
	const tell = (news: IDataObject) => void resume(account, entry, news);
	entry.unwatch = accountJobs(key).watch({
		jobid,
		everyMs: LIST_MS,
		client: async (call) => await account.tools.client(call),
		onNews: (news) => tell(news === 'absent' ? resumeCall(one, { status: news }) : news),
		until,
		onOverdue: () => tell(resumeCall(one, { timedOut: true })),
		failed: ({ message: problem }) =>
			account.tools.warn('The jobs of suspended executions could not be listed', { problem }),
	});
	const [oldest] = account.entries.keys();
	if (account.entries.size > MAX_EXECUTIONS && oldest) forgetSuspended(oldest);
}

/** Forgets an execution that was resumed. */
export function forgetSuspended(executionId: string): void {
	for (const [key, { entries }] of accounts) {
		const entry = entries.get(executionId);
		entries.delete(executionId);
		if (entries.size === 0) accounts.delete(key);
		entry?.calls?.abort();
		entry?.unwatch();
	}
}

const resumeCall = (
	{ jobid, replyRef }: SuspendedExecution,
	what: Pick<ResumeCall, 'status' | 'timedOut'>,
): ResumeCall => ({ jobid, replyRef, ...what });

/** Calls a resume URL until the execution goes on, n8n has ended its wait, or there is other news. */
async function resume(account: Account, entry: Entry, news: IDataObject): Promise<void> {
	entry.calls?.abort();
	const signal = new Cancellation();
	entry.calls = signal;
	let refusals = 0;
	await retry(
		{ retries: Infinity, delay: retryDelay, signal },
		async () =>
			await account.oneOfFew(async () => signal.aborted || (await call(account, entry, news))),
		(isSettled) => {
			const isOver = isSettled || performance.now() >= entry.endsAt + DELIVERY_MS;
			if (!isOver && ++refusals === WARN_AFTER) warnOf(account, entry);
			return !isOver;
		},
	);
	if (!signal.aborted) forgetSuspended(entry.executionId);
}

const retryDelay = (attempt: number): number => Math.min(MAX_RETRY_MS, pollDelay(0) * 2 ** attempt);

function warnOf({ tools }: Account, { executionId, jobid: jobId }: Entry): void {
	tools.warn('A suspended execution could not be resumed yet', { executionId, jobId });
}

/** @returns whether the execution goes on, or does not wait any more */
async function call({ tools }: Account, { url }: Entry, news: IDataObject): Promise<boolean> {
	try {
		const answer = await tools.post({
			method: 'POST',
			url,
			body: news,
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

/**
 * Whether n8n's answer says, in its own words, that the execution goes on, or does not wait any more. One that n8n
 * still runs may be about to be stored as suspended.
 */
function settles({ statusCode, body }: { statusCode: number; body: unknown }): boolean {
	const message = isObject(body) ? String(body.message) : '';
	if (statusCode < 300) return message === RESUMED || message === KNOWN;
	const isOver = message.includes('execution') && !message.includes('running already');
	return isOver && (statusCode === 404 || statusCode === 409);
}
