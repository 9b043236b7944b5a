import {
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	NodeOperationError,
	type IWebhookDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';

import { type ApiCall, createClient, type ApiClient } from '../api/client';
import { type Job, hasFailed, isJob, isRunning } from '../api/job';
import { isSigned, signed } from '../jobs/callbackAddress';
import { jobFields, resultName } from '../jobs/jobOutput';
import {
	checkSuspended,
	DELIVERY_MS,
	endedJob,
	KNOWN,
	RESUMED,
	resumedOnce,
} from '../jobs/suspended';
import { isAgentTool } from '../n8nCompat/execution';
import { MultipartForm } from '../n8nCompat/multipartForm';
import { suspendWithOutput, fieldAtTimeout } from '../n8nCompat/webhooks';
import { Cancellation, type CancelSignal } from '../shared/cancellation';
import { pause } from '../shared/retry';
import { InputError, isJobId } from '../shared/validation';
import type { Item } from './item';
import type { Run } from './run';
import { jobProblem } from '../api/nodeErrors';
import { readNews } from '../api/endpoints';
import { filesOf } from '../files/jobFiles';
import { lags, readPatiently, readWhileWaiting, type Reading } from '../jobs/verifyJob';

/** What an item said when it was suspended. Its parameters cannot be read again: n8n has replaced its input. */
export interface Suspended {
	simplify: boolean;
	/** The binary field of the first result; empty where no results are downloaded. */
	field: string;
}

/**
 * What the secret of a resume URL is derived from: the execution that it resumes, the reference of the job, and what
 * the item said. Another execution with the same reference has another secret.
 */
const resumePath = (executionId: string, replyRef = '', { simplify, field }: Suspended): string =>
	`resume/${executionId}/${replyRef}/${simplify}/${field}`;

/**
 * The call with the execution's resume URL as its reply URL, signed for this job alone.
 * @throws InputError when the user has set a reply URL
 */
export function withResumeUrl(run: Run, { settings }: Item, call: ApiCall): ApiCall {
	const { body } = call;
	if (!(body instanceof MultipartForm)) return call;
	if (body.text('replyUrl')) {
		throw new InputError(
			'Reply URL cannot be set together with Pause the Workflow',
			'The callback resumes the execution. Remove Reply URL, or have the node check until the result is there.',
		);
	}
	const { simplify, downloadResults, outputField } = settings;
	const field = downloadResults ? outputField : '';
	const url = new URL(run.resumeUrl);
	url.searchParams.set('simplify', String(simplify));
	url.searchParams.set('field', field);
	const path = resumePath(run.context.getExecutionId(), body.text('replyRef'), { simplify, field });
	return { ...call, body: body.with('replyUrl', signed(url.toString(), run.token, path)) };
}

/**
 * Reads the query of a call to a resume URL.
 * @returns what the item said; nothing where the secret is missing or wrong
 */
function suspendedBy(
	query: IDataObject,
	token: string,
	executionId: string,
	{ replyRef }: Job,
): Suspended | undefined {
	const said = { simplify: query.simplify !== 'false', field: String(query.field ?? '') };
	return isSigned(query, token, resumePath(executionId, replyRef, said)) ? said : undefined;
}

/**
 * n8n suspends an execution as a whole, and one call resumes it.
 * @param items the number of input items
 * @throws NodeOperationError for several items, and for a tool: its agent would be suspended
 */
export function requireSuspendable(context: IExecuteFunctions, items: number): void {
	const refusal = (message: string, description: string) =>
		new NodeOperationError(context.getNode(), message, { description });
	if (isAgentTool(context)) {
		throw refusal(
			'Pause the Workflow does not work in a tool of an AI agent: set "Wait for Result" to "Yes, Check Until It Is There"',
			'n8n pauses an execution as a whole, the agent included.',
		);
	}
	if (items > 1) {
		throw refusal(
			'Pause the Workflow takes one item at a time',
			`There are ${items} items. Set "Wait for Result" to "Yes, Check Until It Is There", or put a Loop Over Items node with a batch size of 1 before this one.`,
		);
	}
}

/**
 * Suspends the execution until the callback for a running job comes, or Maximum Wait ends. This process
 * notices both by itself, too: n8n refuses a callback that comes before it has stored the execution as
 * suspended, and the API does not call again.
 * @returns the output of the node where n8n itself ends the wait: the job as it is now
 */
export async function suspend(run: Run, item: Item, job: Job): Promise<INodeExecutionData> {
	const { context } = run;
	const { simplify, maximumWaitMs } = item.settings;
	const json = { ...jobFields(job, simplify, item.files), timedOut: true };
	const deadline = performance.now() + maximumWaitMs;
	await suspendWithOutput(context, new Date(Date.now() + maximumWaitMs + DELIVERY_MS), { json });
	const { jobid, replyRef } = job;
	const url = item.replyUrl;
	if (!jobid || !url) return { json };
	const { helpers, logger } = context;
	const executionId = context.getExecutionId();
	const { client, verb } = run;
	const suspended = { executionId, jobid, verb, replyRef, url, deadline, client };
	checkSuspended(run.account, { helpers, logger }, suspended);
	return { json };
}

/** Where the callback of a job resumes the execution that was suspended for it. */
export const resumeWebhook: IWebhookDescription[] = [
	{
		name: 'default',
		httpMethod: 'POST',
		responseMode: 'onReceived',
		path: '',
		restartWebhook: true,
	},
];

/**
 * Answers a call to the resume URL of a suspended execution. The execution continues with the job as
 * the API has it, once it has ended or Maximum Wait is over. Every other call is answered and leaves the
 * execution waiting. Never throws: n8n would end the execution with the error.
 */
export async function resume(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		return await handleCall(context);
	} catch (error) {
		context.logger.error('A callback could not be handled, so the execution stays suspended', {
			error: error instanceof Error ? error.message : String(error),
		});
		return answer(context, 500, 'The callback could not be handled');
	}
}

async function handleCall(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const { apiToken } = await context.getCredentials('useApiNetApi');
	const posted: unknown = context.getBodyData();
	if (!isJob(posted) || !isJobId(posted.jobid)) return answer(context, 400, 'This is no job');
	const executionId = context.getExecutionId();
	const query = context.getQueryData() as IDataObject;
	const said = suspendedBy(query, String(apiToken ?? ''), executionId, posted);
	if (!said) return answer(context, 401, 'The secret is missing or wrong');
	if (posted.jobid !== awaitedJob(context)) return answer(context, 401, 'This is another job');
	const client = await createClient(context);
	const result = await resumedOnce(executionId, posted.jobid, async () => {
		const output = await outputOf({ context, client, said }, posted);
		if (!output) return answer(context, 200, 'The job still runs, or the API does not confirm it');
		answer(context, 200, RESUMED);
		return { noWebhookResponse: true, workflowData: [[{ ...output, pairedItem: { item: 0 } }]] };
	});
	return result ?? answer(context, 200, KNOWN);
}

/** The ID of the job that the execution was suspended for, which the API told when it was submitted. */
const awaitedJob = (context: IWebhookFunctions): unknown =>
	fieldAtTimeout(context, 'jobId') ?? fieldAtTimeout(context, 'jobid');

/** A call to a resume URL. */
interface Call {
	context: IWebhookFunctions;
	client: ApiClient;
	said: Suspended;
}

/** @returns the output with which the execution continues; nothing where it stays suspended */
async function outputOf(call: Call, posted: Job): Promise<INodeExecutionData | undefined> {
	const { context, said } = call;
	if (posted.timedOut === true) return await outputAtTimeout(call, posted);
	const reading = await readingFor(call, posted);
	if (reading.verification === 'absent') {
		const error = 'useapi.net does not have the job any more';
		return { json: { ...jobFields(posted, said.simplify), error } };
	}
	if ('job' in reading) return isRunning(reading.job) ? undefined : itemOf(call, reading.job);
	context.logger.warn('The API does not confirm a callback, so the execution stays suspended', {
		jobId: posted.jobid,
	});
	return undefined;
}

/** Maximum Wait is over. The job is read once more: it may have ended. */
async function outputAtTimeout(call: Call, { jobid = '' }: Job): Promise<INodeExecutionData> {
	const news = await readNews(call.client, jobid);
	if (typeof news === 'object' && !isRunning(news)) return await itemOf(call, news);
	return { json: { ...(call.context.evaluateExpression('{{ $json }}', 0) as IDataObject) } };
}

/**
 * Reads the job from the API. Where the API cannot tell at once, the call is answered first, and the
 * job is read for about a minute more: the API does not call again.
 */
async function readingFor({ context, client }: Call, posted: Job): Promise<Reading> {
	const job = endedJob(context.getExecutionId());
	if (job && job.jobid === posted.jobid) return { verification: 'verified', job };
	const reading = await readWhileWaiting(client, posted);
	if (reading.verification !== 'pending' && !lags(reading, posted)) return reading;
	answer(context, 200, 'The job is read again');
	return await readPatiently(client, posted, undefined);
}

/** n8n cannot fail a node that is resumed, so a job without a result becomes output with an error. */
async function itemOf({ context, client, said }: Call, job: Job): Promise<INodeExecutionData> {
	const nameOf = (field: string) => {
		const value = fieldAtTimeout(context, field);
		return typeof value === 'string' ? value : undefined;
	};
	const names = { sourceFile: nameOf('sourceFile'), targetFile: nameOf('targetFile') };
	const json = { ...jobFields(job, said.simplify, names), verified: true };
	if (hasFailed(job)) return { json: { ...json, error: jobProblem(job).message } };
	if (!said.field) return { json };
	const baseName = resultName(job, names.targetFile);
	const downloaded = new Cancellation();
	void answerMeanwhile(context, downloaded);
	try {
		const target = { field: said.field, itemIndex: 0, baseName };
		const files = await filesOf({ context, client }, job, target);
		return { json, ...files };
	} catch (error) {
		return { json: { ...json, error: (error as Error).message } };
	} finally {
		downloaded.abort();
	}
}

/** How long a caller waits for the download, in milliseconds. With the reading, that is less than 5 seconds. */
const DOWNLOAD_MS = 1_500;

/** A long download is not awaited. The answer does not say that the workflow continues: n8n may end before it does. */
async function answerMeanwhile(
	context: IWebhookFunctions,
	downloaded: CancelSignal,
): Promise<void> {
	await pause(DOWNLOAD_MS, downloaded);
	if (!downloaded.aborted) answer(context, 200, 'The result is being downloaded');
}

function answer(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	const response = context.getResponseObject();
	if (!response.headersSent) response.status(status).json({ message });
	return { noWebhookResponse: true };
}
