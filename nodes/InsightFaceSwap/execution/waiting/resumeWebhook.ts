import type {
	IExecuteFunctions,
	INodeExecutionData,
	IWebhookDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';

import { isSigned } from '../../jobs/callbackSignature';
import { createClient } from '../../api/client';
import { hasFailed, isJob, isRunning, type Job } from '../../api/job';
import { withoutSecrets } from '../../api/redact';
import { readWhileWaiting } from '../../jobs/verifyJob';
import { jobProblem } from '../../jobs/nodeErrors';
import { jobFields } from '../../jobs/jobOutput';
import { filesOf } from '../../jobs/jobFiles';
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

/** The executions and jobs whose callbacks this process handles now: a second one resumes nothing. */
const inProgress = new Set<string>();

/**
 * Answers a call to the resume URL of a suspended execution. The execution goes on with the job as
 * the API has it, once it has ended; every other call is answered and leaves it waiting.
 */
export async function resume(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const { apiToken } = await context.getCredentials('useApiNetApi');
	const posted: unknown = context.getBodyData();
	if (!isJob(posted) || !isJobId(posted.jobid)) return answer(context, 400, 'This is no job');
	const path = resumePath(context.getExecutionId(), posted.replyRef);
	if (!isSigned(context.getQueryData(), String(apiToken ?? ''), path)) {
		return answer(context, 401, 'The secret is missing or wrong');
	}
	const key = `${context.getExecutionId()} ${posted.jobid}`;
	if (inProgress.has(key)) return answer(context, 200, 'Known already');
	inProgress.add(key);
	try {
		return await goOn(context, posted);
	} finally {
		inProgress.delete(key);
	}
}

const isJobId = (jobid: unknown): jobid is string =>
	typeof jobid === 'string' && /^[\w:.-]{1,200}$/.test(jobid);

async function goOn(context: IWebhookFunctions, posted: Job): Promise<IWebhookResponseData> {
	const reading = await readWhileWaiting(await createClient(context), posted);
	const verified = 'job' in reading;
	const job = verified ? reading.job : (withoutSecrets(posted) as Job);
	if (job.replyRef !== posted.replyRef) return answer(context, 401, 'This is another job');
	if (isRunning(job)) return answer(context, 200, 'The job is still running');
	answer(context, 200, 'The workflow goes on');
	const item = await itemOf(context, job, verified);
	return { noWebhookResponse: true, workflowData: [[item]] };
}

/** n8n cannot fail a node that is resumed, so a job without a result goes on as data with an error. */
async function itemOf(
	context: IWebhookFunctions,
	job: Job,
	verified: boolean,
): Promise<INodeExecutionData> {
	const simplify = context.getNodeParameter('simplify', true) as boolean;
	const json = { ...jobFields(job, simplify), verified };
	const pairedItem = { item: 0 };
	if (hasFailed(job)) return { json: { ...json, error: jobProblem(job).message }, pairedItem };
	if (!verified || !context.getNodeParameter('downloadResults', true)) return { json, pairedItem };
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
	return await filesOf(downloader, job, outputBinaryPropertyName || 'data', 0);
}

function answer(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	context.getResponseObject().status(status).json({ message });
	return { noWebhookResponse: true };
}
