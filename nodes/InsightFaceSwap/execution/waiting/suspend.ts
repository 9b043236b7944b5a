import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { InputError } from '../../shared/validation';
import type { ApiCall } from '../../api/client';
import { MultipartForm } from '../../n8nCompat/multipartForm';
import { signed } from '../../jobs/callbackSignature';
import { afterReturn } from '../../n8nCompat/afterReturn';
import { suspendWithOutput } from '../../n8nCompat/outputAtTimeout';
import { isRunning, type Job } from '../../api/job';
import { pollDelay } from '../../shared/backoff';
import { retry } from '../../shared/retry';
import { jobFields } from '../../jobs/jobOutput';
import { resumeUrlOf } from '../buildRequest';
import { readJob } from '../../jobs/readJob';
import { replyUrlOf, type Task } from '../itemTask';
import type { RunContext } from '../runContext';

/**
 * What the secret of a resume URL is derived from: the execution that it resumes, and the reference of
 * the job. Another execution with the same reference has another secret.
 */
export const resumePath = (executionId: string, replyRef = ''): string =>
	`resume/${executionId}/${replyRef}`;

/**
 * n8n suspends an execution as a whole, and one call resumes it.
 * @throws NodeOperationError always: there are several items
 */
export function refuseToSuspend(context: IExecuteFunctions, items: number): never {
	throw new NodeOperationError(
		context.getNode(),
		'Suspend Until Callback takes one item at a time',
		{
			description: `There are ${items} items. Set "Wait for Result" to Poll, or put a Loop Over Items node with a batch size of 1 before this one.`,
		},
	);
}

/**
 * The call with the execution's resume URL as its reply URL, signed for this job alone.
 * @throws InputError when the user has set a reply URL, or n8n's own address is too long
 */
export async function withResumeUrl(context: IExecuteFunctions, call: ApiCall): Promise<ApiCall> {
	const { body } = call;
	if (!(body instanceof MultipartForm)) return call;
	if (body.text('replyUrl')) {
		throw new InputError(
			'Reply URL cannot be set together with Suspend Until Callback',
			'The callback resumes the execution. Remove Reply URL, or set "Wait for Result" to Poll.',
		);
	}
	const { apiToken } = await context.getCredentials('useApiNetApi');
	const path = resumePath(context.getExecutionId(), body.text('replyRef'));
	const url = signed(resumeUrlOf(context), String(apiToken ?? ''), path);
	return { ...call, body: body.with('replyUrl', url) };
}

/**
 * Suspends the execution until the callback for a running job comes, or Maximum Wait ends.
 * @returns what the node puts out if Maximum Wait ends first: the job as it is now
 */
export async function suspend(run: RunContext, task: Task, job: Job): Promise<INodeExecutionData> {
	const item = { json: { ...jobFields(job, task.read('simplify', true)), timedOut: true } };
	await suspendWithOutput(run.context, new Date(Date.now() + task.settings.maximumWaitMs), item);
	afterReturn(async () => await coverGap(run, task, job));
	return item;
}

/** How often the resume URL is called again, while n8n has not stored the execution as waiting. */
const RESUME_RETRIES = 3;

/**
 * n8n refuses a callback that comes before it has stored the execution as waiting, and the API does not
 * call again. So the job is read once, after n8n has usually stored it. If it has ended by then, the
 * execution is resumed from here.
 */
async function coverGap(run: RunContext, task: Task, started: Job): Promise<void> {
	await run.pause(pollDelay(0));
	const job = await readJob(run.client, started);
	const url = replyUrlOf(task);
	if (isRunning(job) || !url) return;
	const isRefused = await retry(
		{ retries: RESUME_RETRIES, delay: pollDelay },
		async () => await isRefusedForNow(run, url, job),
		(refused) => refused,
	);
	if (isRefused)
		run.context.logger.warn('The execution could not be resumed', { jobId: job.jobid });
}

/**
 * Calls a resume URL.
 * @returns whether n8n may accept the call later: it was not reached, failed, or still runs the
 * execution; false for an execution that has ended
 */
async function isRefusedForNow({ context }: RunContext, url: string, body: Job): Promise<boolean> {
	try {
		const answer = (await context.helpers.httpRequest({
			method: 'POST',
			url,
			body,
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
		})) as { statusCode: number; body: unknown };
		const isStillRunning = /running already/.test(JSON.stringify(answer.body) ?? '');
		return answer.statusCode >= 500 || (answer.statusCode === 409 && isStillRunning);
	} catch {
		return true;
	}
}
