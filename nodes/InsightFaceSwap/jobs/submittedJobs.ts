import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';

import type { Job } from '../api/job';
import { afterReturn } from '../n8nCompat/afterReturn';
import { reportDelay } from '../shared/backoff';
import { pause } from '../shared/retry';
import { ownCallPath, signed, triggerPathOf, unsigned } from './callbackSignature';
import { isReceiving } from './receivedJobs';
import { announceJob } from './runningJobs';

/** What the reports take from a node. The latest node's serve all reports to a trigger. */
export interface ReportTools {
	/** The API token. */
	token: string;
	/** The public origin of this n8n. */
	origin: string;
	/** Calls n8n itself. Throws where no answer came. */
	post: (request: IHttpRequestOptions) => Promise<{ statusCode: number }>;
	/** Logs a warning. */
	warn: (message: string, details: IDataObject) => void;
}

/** The jobs that one trigger has not been told of. */
interface Report {
	ids: string[];
	tools: ReportTools;
}

/** The maximum number of jobs kept for each trigger. The oldest go first. */
const MAX_JOBS = 1000;

/** The number of calls in a row that may fail: the last one comes after half an hour. */
const MAX_FAILURES = 11;

/** How long n8n may take to answer, in milliseconds. */
const TIMEOUT_MS = 20_000;

/** The answer of a trigger that has another API token. */
const OTHER_ACCOUNT = 401;

/** By account key and address. */
const reports = new Map<string, Report>();

/** The number of triggers for which this process has reports. */
export const waitingReports = (): number => reports.size;

/**
 * Tells the triggers of this n8n of a job that was submitted just now, so that they notice its end without a
 * callback. In this process they know it at once. A worker of queue mode calls the trigger that is to be called at
 * the end of the job, with the jobs of five seconds in one call.
 * @param key see accountKey
 * @param tools only asked for where a call is needed
 */
export function tellTriggers(key: string, job: Job, tools: () => ReportTools): void {
	announceJob(key, job);
	if (job.replyUrl && !isReceiving(key)) report(key, job, tools());
}

function report(key: string, { jobid, replyUrl = '' }: Job, tools: ReportTools): void {
	const path = triggerPathOf(replyUrl, tools.origin);
	if (!jobid || !path) return;
	const name = `${key} ${unsigned(replyUrl)}`;
	const waiting = reports.get(name);
	if (waiting) {
		waiting.ids = [...waiting.ids, jobid].slice(-MAX_JOBS);
		waiting.tools = tools;
		return;
	}
	const one = { ids: [jobid], tools };
	reports.set(name, one);
	afterReturn(async () => {
		await send(one, unsigned(replyUrl), path).finally(() => reports.delete(name));
	});
}

/** Calls the trigger until it knows all jobs, or cannot be told. */
async function send(one: Report, url: string, path: string): Promise<void> {
	let failures = 0;
	while (one.ids.length > 0 && failures < MAX_FAILURES) {
		await pause(reportDelay(failures), undefined);
		const ids = [...one.ids];
		const status = await call(one.tools, url, path, ids);
		if (status === OTHER_ACCOUNT) return;
		const isTaken = status === 200;
		failures = isTaken ? 0 : failures + 1;
		if (isTaken) one.ids = one.ids.filter((id) => !ids.includes(id));
	}
	if (one.ids.length === 0) return;
	one.tools.warn(
		'A trigger could not be told of jobs for half an hour. If their callbacks get lost, too, it does not start for them.',
		{ jobs: one.ids.length, url },
	);
}

/** @returns the status of the answer; 0 where none came */
async function call(
	{ token, post }: ReportTools,
	url: string,
	path: string,
	submitted: string[],
): Promise<number> {
	try {
		const { statusCode } = await post({
			method: 'POST',
			url: signed(url, token, ownCallPath(path)),
			body: { submitted },
			json: true,
			timeout: TIMEOUT_MS,
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
		});
		return statusCode;
	} catch {
		return 0;
	}
}
