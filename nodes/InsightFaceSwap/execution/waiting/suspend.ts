import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { InputError } from '../../shared/validation';
import { outsideExecution, type ApiCall } from '../../api/client';
import { MultipartForm } from '../../n8nCompat/multipartForm';
import { signed } from '../../jobs/callbackSignature';
import { afterReturn } from '../../n8nCompat/afterReturn';
import { isAgentTool } from '../../n8nCompat/agentTool';
import { suspendWithOutput } from '../../n8nCompat/outputAtTimeout';
import type { Job } from '../../api/job';
import type { HttpAnswer } from '../../api/outcome';
import { checkSuspended, type CheckTools } from '../../jobs/suspendedExecutions';
import { jobFields } from '../../jobs/jobOutput';
import { resumeUrlOf } from '../buildRequest';
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
 * @param items the number of input items
 * @throws NodeOperationError for several items, and for a tool: its agent would be suspended
 */
export function requireSuspendable(context: IExecuteFunctions, items: number): void {
	if (isAgentTool(context)) {
		throw refusal(
			context,
			'Suspend Until Callback does not work in a tool of an AI agent: set "Wait for Result" to Poll',
			'n8n suspends an execution as a whole, the agent included.',
		);
	}
	if (items > 1) {
		throw refusal(
			context,
			'Suspend Until Callback takes one item at a time',
			`There are ${items} items. Set "Wait for Result" to Poll, or put a Loop Over Items node with a batch size of 1 before this one.`,
		);
	}
}

const refusal = (context: IExecuteFunctions, message: string, description: string) =>
	new NodeOperationError(context.getNode(), message, { description });

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
 * Suspends the execution until the callback for a running job comes, or Maximum Wait ends. This process
 * notices the end of the job also without a callback: n8n refuses one that comes before it has stored
 * the execution as suspended, and the API does not call again.
 * @returns what the node puts out if Maximum Wait ends first: the job as it is now
 */
export async function suspend(run: RunContext, task: Task, job: Job): Promise<INodeExecutionData> {
	const item = { json: { ...jobFields(job, task.settings.simplify), timedOut: true } };
	const deadline = Date.now() + task.settings.maximumWaitMs;
	await suspendWithOutput(run.context, new Date(deadline), item);
	const [jobid, url] = [job.jobid, replyUrlOf(task)];
	if (jobid && url) {
		const one = { executionId: run.context.getExecutionId(), jobid, url, deadline };
		afterReturn(async () => checkSuspended(run.account, toolsOf(run), one));
	}
	return item;
}

const toolsOf = ({ client, context: { helpers, logger } }: RunContext): CheckTools => ({
	client: outsideExecution(client),
	post: async (request) => (await helpers.httpRequest(request)) as HttpAnswer,
	warn: (message, details) => logger.warn(message, details),
});
