import type {
	IExecuteFunctions,
	INodeExecutionData,
	IWebhookDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';

import { isSigned } from '../../jobs/callbackSignature';
import { fieldAtTimeout } from '../../n8nCompat/outputAtTimeout';
import { createClient } from '../../api/client';
import { hasFailed, isJob, isRunning, type Job } from '../../api/job';
import { lags, readPatiently, readWhileWaiting, type Reading } from '../../jobs/verifyJob';
import { forgetSuspended, KNOWN, RESUMED } from '../../jobs/suspendedExecutions';
import { jobProblem } from '../../api/nodeErrors';
import { jobFields } from '../../jobs/jobOutput';
import { filesOf } from '../../files/jobFiles';
import { pause } from '../../shared/retry';
import { isJobId } from '../../shared/validation';
import { resumePath } from './suspend';

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
 * How long a callback that has resumed its execution is remembered, in milliseconds. n8n 1 hands over
 * another one as well, until its database says that the execution runs.
 */
const REMEMBERED_MS = 5_000;

/**
 * The callbacks that this process handles now or has just handled, by execution and job: whether each
 * resumes its execution.
 */
const inProgress = new Map<string, Promise<boolean>>();

/**
 * Answers a call to the resume URL of a suspended execution. The execution continues with the job as
 * the API has it, once it has ended. Every other call is answered and leaves the execution waiting.
 * A call that comes while another one for the same job is handled waits for it. Never throws: n8n would
 * end the execution with the error.
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
	const path = resumePath(context.getExecutionId(), posted.replyRef);
	if (!isSigned(context.getQueryData(), String(apiToken ?? ''), path)) {
		return answer(context, 401, 'The secret is missing or wrong');
	}
	if (posted.jobid !== awaitedJob(context)) return answer(context, 401, 'This is another job');
	const key = `${context.getExecutionId()} ${posted.jobid}`;
	for (let other = inProgress.get(key); other; other = inProgress.get(key)) {
		if (await other) return answer(context, 200, KNOWN);
	}
	const handling = goOn(context, posted);
	const resumed = resumes(handling);
	inProgress.set(key, resumed);
	if (await resumed) void pause(REMEMBERED_MS, undefined).then(() => inProgress.delete(key));
	else inProgress.delete(key);
	return await handling;
}

/** The ID of the job that the execution was suspended for, which the API told when it was submitted. */
const awaitedJob = (context: IWebhookFunctions): unknown =>
	fieldAtTimeout(context, 'jobId') ?? fieldAtTimeout(context, 'jobid');

const resumes = async (handling: Promise<IWebhookResponseData>): Promise<boolean> =>
	await handling.then(
		({ workflowData }) => workflowData !== undefined,
		() => false,
	);

async function goOn(context: IWebhookFunctions, posted: Job): Promise<IWebhookResponseData> {
	const reading = await readingFor(context, posted);
	if (!('job' in reading)) return unconfirmed(context, posted);
	const { job } = reading;
	if (isRunning(job)) return answer(context, 200, 'The job is still running');
	forgetSuspended(context.getExecutionId());
	answer(context, 200, RESUMED);
	return { noWebhookResponse: true, workflowData: [[await itemOf(context, job)]] };
}

/**
 * Reads the job from the API. Where the API cannot tell at once, the call is answered first, and the
 * job is read for about a minute more: the API does not call again.
 */
async function readingFor(context: IWebhookFunctions, posted: Job): Promise<Reading> {
	const client = await createClient(context);
	const reading = await readWhileWaiting(client, posted);
	const isOpen = reading.verification === 'pending' || lags(reading, posted);
	if (!isOpen) return reading;
	answer(context, 200, 'The job is read again');
	return await readPatiently(client, posted, undefined);
}

/** What was posted is not trusted without the API: the execution stays suspended. */
function unconfirmed(context: IWebhookFunctions, { jobid }: Job): IWebhookResponseData {
	context.logger.warn('The API does not confirm a callback, so the execution stays suspended', {
		jobId: jobid,
	});
	return answer(context, 200, 'The API does not confirm the job');
}

/** n8n cannot fail a node that is resumed, so a job without a result becomes output with an error. */
async function itemOf(context: IWebhookFunctions, job: Job): Promise<INodeExecutionData> {
	const simplify = context.getNodeParameter('simplify', true) as boolean;
	const json = { ...jobFields(job, simplify), verified: true };
	const pairedItem = { item: 0 };
	if (hasFailed(job)) return { json: { ...json, error: jobProblem(job).message }, pairedItem };
	if (!context.getNodeParameter('downloadResults', true)) return { json, pairedItem };
	try {
		return { json, pairedItem, ...(await files(context, job)) };
	} catch (error) {
		return { json: { ...json, error: (error as Error).message }, pairedItem };
	}
}

async function files(context: IWebhookFunctions, job: Job) {
	const { outputBinaryPropertyName } = context.getNodeParameter('additionalFields', {}) as {
		outputBinaryPropertyName?: string;
	};
	const downloader = {
		context: {
			helpers: context.helpers as unknown as IExecuteFunctions['helpers'],
			getNode: () => context.getNode(),
			getCredentials: context.getCredentials.bind(context),
			getExecutionCancelSignal: () => undefined,
		},
		client: await createClient(context),
	};
	return await filesOf(downloader, job, {
		field: outputBinaryPropertyName || 'data',
		itemIndex: 0,
	});
}

function answer(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	const response = context.getResponseObject();
	if (!response.headersSent) response.status(status).json({ message });
	return { noWebhookResponse: true };
}
