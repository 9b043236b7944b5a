import type { Job } from '../api/job';
import { afterReturn } from '../n8nCompat/afterReturn';
import { reportDelay } from '../shared/backoff';
import { pause } from '../shared/retry';
import { accountJobs, type AccountJobs } from './accountJobs';
import { triggerPathOf, unsigned } from './callbackSignature';
import { entryOf, ownCall, State, type Known, type Report, type ReportTools } from './triggerCall';

const TRIES = 3;

/** The answer of a trigger that has another API token. */
const OTHER_ACCOUNT = 401;

/**
 * Tells the triggers of this n8n of a job that was submitted just now, so that they notice its end without a
 * callback. In this process they know it at once. A worker of queue mode calls the trigger that is to be called at
 * the end of the job, with the jobs of five seconds in one call.
 * @param key see accountKey
 * @param tools only asked for where a call is needed
 */
export function tellTriggers(key: string, job: Job, tools: () => ReportTools): void {
	const account = accountJobs(key);
	account.answered(job);
	if (job.replyUrl && !account.isObserved()) report(account, job, tools());
}

function report(account: AccountJobs, { jobid, replyUrl = '' }: Job, tools: ReportTools): void {
	const path = triggerPathOf(replyUrl, tools.origin);
	if (!jobid || !path) return;
	const url = unsigned(replyUrl);
	const begun = account.reports((reports) => {
		const waiting = reports.get(url);
		const one = waiting ?? { jobs: {}, tools };
		one.jobs[jobid] = entryOf(State.watched, '');
		one.tools = tools;
		reports.set(url, one);
		return waiting ? undefined : one;
	});
	const end = () => account.reports((reports) => void reports.delete(url));
	if (begun) afterReturn(async () => await send(begun, url, path).finally(end));
}

/** Calls the trigger until it knows all jobs, or cannot be told. */
async function send(one: Report, url: string, path: string): Promise<void> {
	let failures = 0;
	while (Object.keys(one.jobs).length > 0 && failures < TRIES) {
		await pause(reportDelay(failures), undefined);
		const jobs = one.jobs;
		one.jobs = {};
		const status = await call(one.tools, url, path, jobs);
		if (status === OTHER_ACCOUNT) return;
		failures = status === 200 ? 0 : failures + 1;
		if (status !== 200) one.jobs = { ...jobs, ...one.jobs };
	}
	const jobs = Object.keys(one.jobs).length;
	if (jobs === 0) return;
	one.tools.warn(
		'A trigger could not be told of jobs. If their callbacks get lost, too, it does not start for them.',
		{ jobs, url },
	);
}

/** @returns the status of the answer; 0 where none came */
async function call(
	{ token, post }: ReportTools,
	url: string,
	path: string,
	jobs: Known,
): Promise<number> {
	const request = ownCall(url, path, token, jobs);
	try {
		const options = { returnFullResponse: true, ignoreHttpStatusErrors: true };
		return (await post({ ...request, ...options })).statusCode;
	} catch {
		return 0;
	}
}
