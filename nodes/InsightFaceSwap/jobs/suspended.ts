import type { IDataObject } from 'n8n-workflow';

import type { ApiClient } from '../api/client';
import { isObject, type Job } from '../api/job';
import type { HttpAnswer } from '../api/outcome';
import type { NodeTools } from '../n8nCompat/execution';
import { requestInTime, type TimedRequest } from '../n8nCompat/requests';
import { pollDelay } from '../shared/backoff';
import { Cancellation, Deadline } from '../shared/cancellation';
import { limit } from '../shared/locks';
import { pause } from '../shared/retry';
import { accountJobs } from './accountJobs';

/** An execution that n8n has suspended until its job has ended. */
export interface SuspendedExecution {
	executionId: string;
	jobid: string;
	/** Its verb, where it is known: only of some the API's words that there is no such job count. */
	verb?: string;
	/** The reply reference, from which the secret of the resume URL is derived. */
	replyRef?: string;
	/** The resume URL that the job was submitted with. */
	url: string;
	/** When Maximum Wait ends, by `performance.now()`. */
	deadline: number;
	client: ApiClient;
}

/** What the node's own webhook answers a call that resumes the execution. */
export const RESUMED = 'The workflow continues';

/** What it answers while or after another call has resumed the execution. */
export const KNOWN = 'Known already';

/**
 * How much later than Maximum Wait n8n's own date is, in milliseconds. By then the execution has been called with the
 * end of Maximum Wait, and a result of 10 MB that came shortly before has been downloaded, over a slow line and with
 * all tries.
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
	stop: Cancellation;
	/** Its job, once the API has told the end of it. */
	job?: Job;
	/** The call that is handled now or has just been: of which job, and whether it has resumed the execution. */
	handled?: { jobid: string; resumed: Promise<boolean> };
}

/** The executions that this process resumes, or whose resume URL is being called; by ID, the oldest first. */
const executions = new Map<string, Entry>();

/** At most four calls of n8n at a time. */
const oneOfFew = limit(4);

/** The number of suspended executions of this process. */
export const suspendedExecutions = (): number => executions.size;

/**
 * Has a suspended execution resumed when its job has ended, in case the callback is lost, or when Maximum Wait has
 * ended. The resume URL is called as the API does. The webhook of the node verifies that call like any other.
 * @param key see accountKey
 */
export function checkSuspended(key: string, tools: NodeTools, one: SuspendedExecution): void {
	const { executionId } = one;
	const entry: Entry = { stop: new Cancellation() };
	forgetSuspended(executionId);
	executions.set(executionId, entry);
	const [oldest] = executions.keys();
	if (executions.size > MAX_EXECUTIONS && oldest) forgetSuspended(oldest);
	void resumeAtEnd(key, tools, one, entry).then(() => {
		if (!entry.stop.aborted) forgetSuspended(executionId);
	});
}

/** The job of a suspended execution, if the API has told this process the end of it. */
export function endedJob(executionId: string): Job | undefined {
	return executions.get(executionId)?.job;
}

/** Forgets an execution that was resumed. */
export function forgetSuspended(executionId: string): void {
	executions.get(executionId)?.stop.abort();
	executions.delete(executionId);
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
	const entry: Entry = known ?? { stop: new Cancellation() };
	while (entry.handled?.jobid === jobid) if (await entry.handled.resumed) return undefined;
	// The call that this one has waited for may have removed it.
	if (!executions.has(executionId)) executions.set(executionId, entry);
	const handling = work();
	const resumed = handling.then(
		({ workflowData }) => workflowData !== undefined,
		() => false,
	);
	entry.handled = { jobid, resumed };
	if (await resumed) void forgetLater(executionId, entry);
	else {
		entry.handled = undefined;
		const isOver = !known || entry.stop.aborted;
		if (isOver && executions.get(executionId) === entry) executions.delete(executionId);
	}
	return await handling;
}

async function forgetLater(executionId: string, entry: Entry): Promise<void> {
	entry.stop.abort();
	await pause(REMEMBERED_MS, undefined);
	if (executions.get(executionId) === entry) executions.delete(executionId);
}

/** Waits for the end of the job, and calls the resume URL until the execution goes on, or n8n has ended its wait. */
async function resumeAtEnd(
	key: string,
	tools: NodeTools,
	{ executionId, jobid, verb, replyRef, url, deadline, client }: SuspendedExecution,
	entry: Entry,
): Promise<void> {
	const { stop } = entry;
	const maximumWaitMs = deadline - performance.now();
	const timeout = new Deadline(() => maximumWaitMs, stop);
	const news = await accountJobs(key).ended({ jobid, verb, client }, timeout.signal);
	timeout.end();
	if (typeof news === 'object') entry.job = news;
	const told = entry.job ?? { jobid, replyRef, verb, status: news };
	for (let attempt = 0; !stop.aborted; attempt++) {
		const body = performance.now() < deadline ? told : { ...told, timedOut: true };
		if (await oneOfFew(async () => stop.aborted || (await isSettled(tools, url, body)))) return;
		if (performance.now() >= deadline + DELIVERY_MS) return;
		if (attempt + 1 === WARN_AFTER) {
			const details = { executionId, jobId: jobid };
			tools.logger.warn('A suspended execution could not be resumed yet', details);
		}
		await pause(Math.min(MAX_RETRY_MS, pollDelay(0) * 2 ** attempt), stop);
	}
}

/**
 * Calls a resume URL.
 * @returns whether n8n says, in its own words, that the execution goes on, or does not wait any more. One that n8n
 * still runs may be about to be stored as suspended.
 */
async function isSettled(tools: NodeTools, url: string, body: IDataObject): Promise<boolean> {
	const request: TimedRequest = {
		method: 'POST',
		url,
		body,
		json: true,
		timeout: TIMEOUT_MS,
		disableFollowRedirect: true,
		ignoreHttpStatusErrors: true,
		returnFullResponse: true,
	};
	const answer = (await requestInTime(tools, request).catch(() => undefined)) as
		HttpAnswer | undefined;
	const { statusCode = 0, body: said } = answer ?? {};
	const message = isObject(said) ? String(said.message) : '';
	if (statusCode < 300) return message === RESUMED || message === KNOWN;
	const isOver = message.includes('execution') && !message.includes('running already');
	return isOver && (statusCode === 404 || statusCode === 409);
}
