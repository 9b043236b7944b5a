import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';

import type { ApiClient } from '../api/client';
import { isObject } from '../api/job';
import { LIST_MS, pollDelay } from '../shared/backoff';
import { Cancellation } from '../shared/cancellation';
import { limit } from '../shared/locks';
import { pause, retry } from '../shared/retry';
import { accountJobs } from './accountJobs';

/** An execution that n8n has suspended until its job has ended. */
export interface SuspendedExecution {
	executionId: string;
	jobid: string;
	/** The reply reference, from which the secret of the resume URL is derived. */
	replyRef?: string;
	/** The resume URL that the job was submitted with. */
	url: string;
	/** When Maximum Wait ends, by `performance.now()`. */
	deadline: number;
}

/** What the calls of a resume URL take from the node. */
export interface CheckTools {
	client: ApiClient;
	/** Calls n8n itself. Throws where no answer came. */
	post: (request: IHttpRequestOptions) => Promise<{ statusCode: number; body: unknown }>;
	/** Logs a warning. */
	warn: (message: string, details: IDataObject) => void;
}

/** What the node's own webhook answers a call that resumes the execution. */
export const RESUMED = 'The workflow continues';

/** What it answers while or after another call has resumed the execution. */
export const KNOWN = 'Known already';

/**
 * How much later than Maximum Wait n8n's own date is, in milliseconds. By then the execution has been called with the
 * end of Maximum Wait, and a result that came shortly before has been downloaded, with all tries.
 */
export const DELIVERY_MS = 1_200_000;

/** The maximum number of suspended executions that this process resumes. The oldest go first. */
const MAX_EXECUTIONS = 1000;

/** How long n8n may take to answer, in milliseconds. */
const TIMEOUT_MS = 20_000;

const MAX_RETRY_MS = 300_000;

/** The number of refused calls in a row after which a warning is logged. */
const WARN_AFTER = 3;

/**
 * How long a call that has resumed its execution is remembered, in milliseconds. n8n 1 hands over
 * another one as well, until its database says that the execution runs.
 */
const REMEMBERED_MS = 5_000;

interface Entry {
	/** Ends what this process does to resume the execution. */
	forget: () => void;
	/** The call that is handled now or has just been handled: of which job, and whether it has resumed the execution. */
	handled?: { jobid: string; resumed: Promise<boolean> };
}

/** The executions that this process resumes, or whose resume URL is being called; by ID, the oldest first. */
const executions = new Map<string, Entry>();

/** At most four calls of n8n at a time. */
const oneOfFew = limit(4);

/** The number of suspended executions of this process. */
export const suspendedExecutions = (): number => executions.size;

/**
 * Has a suspended execution resumed when its job has ended, in case the callback is lost, and when Maximum Wait has
 * ended. The resume URL is called as the API does. The webhook of the node verifies that call like any other.
 * @param key see accountKey
 */
export function checkSuspended(key: string, tools: CheckTools, one: SuspendedExecution): void {
	const { executionId, jobid, replyRef, deadline } = one;
	forgetSuspended(executionId);
	let latest = new Cancellation();
	const tell = (news: IDataObject) => {
		latest.abort();
		latest = new Cancellation();
		void resume(tools, one, news, latest);
	};
	const unwatch = accountJobs(key).watch({
		jobid,
		everyMs: LIST_MS,
		client: tools.client,
		onNews: (news) => tell(news === 'absent' ? { jobid, replyRef, status: news } : news),
		until: deadline,
		onOverdue: () => tell({ jobid, replyRef, timedOut: true }),
		failed: ({ message: problem }) =>
			tools.warn('The jobs of suspended executions could not be listed', { problem }),
	});
	executions.set(executionId, {
		forget: () => {
			latest.abort();
			unwatch();
		},
	});
	const [oldest] = executions.keys();
	if (executions.size > MAX_EXECUTIONS && oldest) forgetSuspended(oldest);
}

/** Forgets an execution that was resumed. */
export function forgetSuspended(executionId: string): void {
	const entry = executions.get(executionId);
	executions.delete(executionId);
	entry?.forget();
}

/**
 * Handles a call of a resume URL. One that comes while another one for the same job is handled waits for it.
 * @param work handles the call; with `workflowData` it resumes the execution
 * @returns what it gives; nothing where another call has resumed the execution
 */
export async function resumedOnce<T extends { workflowData?: unknown }>(
	executionId: string,
	jobid: string,
	work: () => Promise<T>,
): Promise<T | undefined> {
	const known = executions.get(executionId);
	const entry: Entry = known ?? { forget: () => {} };
	executions.set(executionId, entry);
	while (entry.handled?.jobid === jobid) if (await entry.handled.resumed) return undefined;
	const handling = work();
	const handled = { jobid, resumed: resumes(handling) };
	entry.handled = handled;
	if (await handled.resumed) void forgetLater(executionId, entry);
	else {
		entry.handled = undefined;
		if (!known) forgetSuspended(executionId);
	}
	return await handling;
}

const resumes = async (handling: Promise<{ workflowData?: unknown }>): Promise<boolean> =>
	await handling.then(
		({ workflowData }) => workflowData !== undefined,
		() => false,
	);

async function forgetLater(executionId: string, entry: Entry): Promise<void> {
	entry.forget();
	await pause(REMEMBERED_MS, undefined);
	if (executions.get(executionId) === entry) executions.delete(executionId);
}

/** Calls a resume URL until the execution goes on, n8n has ended its wait, or there is other news. */
async function resume(
	tools: CheckTools,
	one: SuspendedExecution,
	news: IDataObject,
	signal: Cancellation,
): Promise<void> {
	const { executionId, jobid: jobId, deadline } = one;
	let refusals = 0;
	await retry(
		{ retries: Infinity, delay: retryDelay, signal },
		async () => await oneOfFew(async () => signal.aborted || (await call(tools, one, news))),
		(isSettled) => {
			const isOver = isSettled || performance.now() >= deadline + DELIVERY_MS;
			if (!isOver && ++refusals === WARN_AFTER)
				tools.warn('A suspended execution could not be resumed yet', { executionId, jobId });
			return !isOver;
		},
	);
	if (!signal.aborted) forgetSuspended(executionId);
}

const retryDelay = (attempt: number): number => Math.min(MAX_RETRY_MS, pollDelay(0) * 2 ** attempt);

/** @returns whether the execution goes on, or does not wait any more */
async function call(
	tools: CheckTools,
	{ url }: SuspendedExecution,
	news: IDataObject,
): Promise<boolean> {
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
