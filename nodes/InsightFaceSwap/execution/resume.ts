import type {
	IDataObject,
	INodeExecutionData,
	IWebhookDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';

import { createClient, type ApiClient } from '../api/client';
import { hasFailed, isJob, isRunning, type Job } from '../api/job';
import { jobProblem } from '../api/nodeErrors';
import { readNews } from '../api/readJob';
import { filesOf } from '../files/jobFiles';
import { jobFields, resultName } from '../jobs/jobOutput';
import { KNOWN, RESUMED, resumedOnce } from '../jobs/suspended';
import { lags, readPatiently, readWhileWaiting, type Reading } from '../jobs/verifyJob';
import { fieldAtTimeout } from '../n8nCompat/outputAtTimeout';
import { isJobId } from '../shared/validation';
import { suspendedBy, type Suspended } from './suspend';

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
	const reading = await readWhileWaiting(client, posted);
	if (reading.verification !== 'pending' && !lags(reading, posted)) return reading;
	answer(context, 200, 'The job is read again');
	return await readPatiently(client, posted, undefined);
}

/** n8n cannot fail a node that is resumed, so a job without a result becomes output with an error. */
async function itemOf({ context, client, said }: Call, job: Job): Promise<INodeExecutionData> {
	answer(context, 200, RESUMED);
	const nameOf = (field: string) => {
		const value = fieldAtTimeout(context, field);
		return typeof value === 'string' ? value : undefined;
	};
	const names = { sourceFile: nameOf('sourceFile'), targetFile: nameOf('targetFile') };
	const json = { ...jobFields(job, said.simplify, names), verified: true };
	if (hasFailed(job)) return { json: { ...json, error: jobProblem(job).message } };
	if (!said.field) return { json };
	const baseName = resultName(job, names.targetFile);
	try {
		const target = { field: said.field, itemIndex: 0, baseName };
		const files = await filesOf({ context, client }, job, target);
		return { json, ...files };
	} catch (error) {
		return { json: { ...json, error: (error as Error).message } };
	}
}

function answer(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	const response = context.getResponseObject();
	if (!response.headersSent) response.status(status).json({ message });
	return { noWebhookResponse: true };
}
