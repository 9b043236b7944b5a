import type { IHttpRequestOptions } from 'n8n-workflow';

import type { Job } from '../api/job';
import type { HttpAnswer } from '../api/outcome';
import { afterReturn, type NodeTools } from '../n8nCompat/afterReturn';
import { RECONNECT, retry } from '../shared/retry';
import { accountJobs } from './accountJobs';
import { triggerPathOf, unsigned } from './callbackSignature';
import { entryOf, ownCall, State } from './triggerCall';

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
async function report({ helpers }: NodeTools, call: IHttpRequestOptions): Promise<boolean> {
	const request = { ...call, returnFullResponse: true, ignoreHttpStatusErrors: true };
	const isKnown = async () => {
		const { statusCode } = (await helpers.httpRequest(request)) as HttpAnswer;
		return statusCode === 200 || statusCode === OTHER_ACCOUNT;
	};
	return await retry(
		RECONNECT,
		async () => await isKnown().catch(() => false),
		(known) => !known,
	);
}
