import { isObject, type Job } from '../api/job';
import { ownCallPath, signed, unsigned, triggerPathOf } from './callbackAddress';
import type { HttpAnswer } from '../api/outcome';
import { afterReturn, type NodeTools } from '../n8nCompat/execution';
import { requestInTime, type TimedRequest } from '../n8nCompat/requests';
import { RECONNECT, retry } from '../shared/retry';
import { accountJobs } from './accountJobs';

/** What a trigger knows of a job. It only grows. */
export const State = {
	/** The trigger waits for the end of the job. */
	watched: 0,
	/** It does not wait any more. A callback may still start the workflow. */
	dropped: 1,
	/** An execution was started for the job. */
	started: 2,
	/** Nothing is left to do: an execution has put the job out. */
	done: 3,
} as const;

export type State = (typeof State)[keyof typeof State];

/**
 * An entry of a job: its state, since when, and the process that has noted it, for example `2mi8x3k2aXr9T_w`. Of two
 * entries the greater one counts: the higher state, of equal states the later one. So copies are merged by the
 * greater entry of each job, in any order and any number of times.
 */
export type Entry = string;

/** What is known of each job, by its ID. Texts are cheaper than objects in what n8n stores with a workflow. */
export type Known = Record<string, Entry>;

const ENTRY = /^[0-3][\da-z]{8}[\w-]{0,20}$/;

/** A job's ID, or what stands for a report of a running one. */
const KEY = /^~?[\w:.-]{1,200}$/;

/** @param by the process, up to 20 letters, digits, `_` and `-` */
export const entryOf = (state: State, by: string, at = Date.now()): Entry =>
	`${state}${at.toString(36).padStart(8, '0')}${by}`;

export const stateOf = (entry: Entry): State => Number(entry[0]) as State;

/** Since when a job has its state, in milliseconds since 1970. */
export const timeOf = (entry: Entry): number => parseInt(entry.slice(1, 9), 36);

export const processOf = (entry: Entry): string => entry.slice(9);

/** How long n8n may take to answer, in milliseconds. */
const TIMEOUT_MS = 10_000;

/**
 * The call with which n8n tells one of its triggers of jobs: of a worker that has submitted them, or of the process
 * that catches up. n8n stores what a trigger remembers after a webhook call, but not when a trigger function
 * changes it.
 * @param url the trigger's address
 * @param path the part of it below n8n's own
 */
export const ownCall = (url: string, path: string, token: string, jobs: Known): TimedRequest => ({
	method: 'POST',
	url: signed(unsigned(url), token, ownCallPath(path)),
	body: { jobs },
	json: true,
	timeout: TIMEOUT_MS,
	disableFollowRedirect: true,
});

/** Reads what is stored, or what was sent. Anything else in it is left out. */
export function knownFrom(value: unknown): Known {
	const entries = isObject(value) ? Object.entries(value) : [];
	const isEntry = (one: [string, unknown]): one is [string, Entry] =>
		KEY.test(one[0]) && typeof one[1] === 'string' && ENTRY.test(one[1]);
	return Object.fromEntries(entries.filter(isEntry));
}

/** The answer of a trigger that has another API token. */
const OTHER_ACCOUNT = 401;

/** The run that has submitted a job. */
interface Submitter {
	/** See accountKey. */
	account: string;
	/** The API token. */
	token: string;
	/** The public origin of this n8n. */
	origin: string;
	context: NodeTools;
}

/**
 * Tells the triggers of this n8n of a job that was submitted just now, so that they notice its end without a
 * callback. In this process they know it at once. A worker of queue mode calls the trigger that is to be called at
 * the end of the job.
 */
export function tellTriggers(run: Submitter, job: Job): void {
	const account = accountJobs(run.account);
	account.answered(job);
	const { jobid, replyUrl } = job;
	if (!jobid || !replyUrl || account.isObserved) return;
	const path = triggerPathOf(replyUrl, run.origin);
	if (!path) return;
	const call = ownCall(replyUrl, path, run.token, { [jobid]: entryOf(State.watched, '') });
	const { helpers, logger } = run.context;
	afterReturn(async () => {
		if (await report({ helpers, logger }, call)) return;
		logger.warn(
			'A trigger could not be told of a job. If its callback gets lost, too, it does not start for it.',
			{ jobId: jobid, url: unsigned(replyUrl) },
		);
	});
}

/** Calls a trigger until it has answered. @returns whether nothing is left to do */
async function report(tools: NodeTools, call: TimedRequest): Promise<boolean> {
	const request = { ...call, returnFullResponse: true, ignoreHttpStatusErrors: true };
	const isKnown = async () => {
		const { statusCode } = (await requestInTime(tools, request)) as HttpAnswer;
		return statusCode === 200 || statusCode === OTHER_ACCOUNT;
	};
	return await retry(
		RECONNECT,
		async () => await isKnown().catch(() => false),
		(known) => !known,
	);
}
