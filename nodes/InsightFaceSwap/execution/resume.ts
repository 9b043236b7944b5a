import type {
	IExecuteFunctions,
	INodeExecutionData,
	IWebhookDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';

import { createClient } from '../api/client';
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
	const query = context.getQueryData() as Parameters<typeof suspendedBy>[0];
	const said = suspendedBy(query, String(apiToken ?? ''), executionId, posted.replyRef ?? '');
	if (!said) return answer(context, 401, 'The secret is missing or wrong');
	if (posted.jobid !== awaitedJob(context)) return answer(context, 401, 'This is another job');
	const { jobid } = posted;
	const result = await resumedOnce(
		executionId,
		jobid,
		async () => await goOn(context, posted, said),
	);
	return result ?? answer(context, 200, KNOWN);
}

/** The ID of the job that the execution was suspended for, which the API told when it was submitted. */
const awaitedJob = (context: IWebhookFunctions): unknown =>
	fieldAtTimeout(context, 'jobId') ?? fieldAtTimeout(context, 'jobid');

async function goOn(
	context: IWebhookFunctions,
	posted: Job,
	said: Suspended,
): Promise<IWebhookResponseData> {
	if (posted.timedOut === true) return await timeOut(context, posted, said);
	const reading = await readingFor(context, posted);
	if (reading.verification === 'absent') {
		const problem = 'useapi.net does not have the job any more';
		return goOnWith(context, [{ json: { ...jobFields(posted, said.simplify), error: problem } }]);
	}
	if (!('job' in reading)) return unconfirmed(context, posted);
	if (isRunning(reading.job)) return answer(context, 200, 'The job is still running');
	answer(context, 200, RESUMED);
	return goOnWith(context, [await itemOf(context, reading.job, said)]);
}

/** Maximum Wait is over. The job is read once more: it may have ended. */
async function timeOut(
	context: IWebhookFunctions,
	posted: Job,
	said: Suspended,
): Promise<IWebhookResponseData> {
	const news = await readNews(await createClient(context), posted.jobid ?? '');
	answer(context, 200, RESUMED);
	const isEnd = typeof news === 'object' && !isRunning(news);
	const stored = context.evaluateExpression('{{ $json }}', 0) as INodeExecutionData['json'];
	return goOnWith(context, [isEnd ? await itemOf(context, news, said) : { json: { ...stored } }]);
}

function goOnWith(context: IWebhookFunctions, items: INodeExecutionData[]): IWebhookResponseData {
	answer(context, 200, RESUMED);
	const paired = items.map((item) => ({ ...item, pairedItem: { item: 0 } }));
	return { noWebhookResponse: true, workflowData: [paired] };
}

/**
 * Reads the job from the API. Where the API cannot tell at once, the call is answered first, and the
 * job is read for about a minute more: the API does not call again.
 */
async function readingFor(context: IWebhookFunctions, posted: Job): Promise<Reading> {
	const client = await createClient(context);
	const reading = await readWhileWaiting(client, posted);
	if (reading.verification !== 'pending' && !lags(reading, posted)) return reading;
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
async function itemOf(
	context: IWebhookFunctions,
	job: Job,
	{ simplify, field }: Suspended,
): Promise<INodeExecutionData> {
	const [sourceFile, targetFile] = ['sourceFile', 'targetFile'].map((name) => {
		const value = fieldAtTimeout(context, name);
		return typeof value === 'string' ? value : undefined;
	});
	const json = { ...jobFields(job, simplify, { sourceFile, targetFile }), verified: true };
	if (hasFailed(job)) return { json: { ...json, error: jobProblem(job).message } };
	if (!field) return { json };
	const downloader = {
		context: {
			helpers: context.helpers as unknown as IExecuteFunctions['helpers'],
			getNode: () => context.getNode(),
			getCredentials: context.getCredentials.bind(context),
			getExecutionCancelSignal: () => undefined,
		},
		client: await createClient(context),
	};
	try {
		return {
			json,
			...(await filesOf(downloader, job, {
				field,
				itemIndex: 0,
				baseName: resultName(job, targetFile),
			})),
		};
	} catch (error) {
		return { json: { ...json, error: (error as Error).message } };
	}
}

function answer(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	const response = context.getResponseObject();
	if (!response.headersSent) response.status(status).json({ message });
	return { noWebhookResponse: true };
}
