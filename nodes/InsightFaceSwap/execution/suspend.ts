import { NodeOperationError, type IExecuteFunctions, type INodeExecutionData } from 'n8n-workflow';

import { outsideExecution } from '../api/client';
import type { Job } from '../api/job';
import type { HttpAnswer } from '../api/outcome';
import { jobFields } from '../jobs/jobOutput';
import { checkSuspended, DELIVERY_MS } from '../jobs/suspended';
import { isAgentTool } from '../n8nCompat/agentTool';
import { suspendWithOutput } from '../n8nCompat/outputAtTimeout';
import type { Item } from './item';
import type { Run } from './run';

/**
 * n8n suspends an execution as a whole, and one call resumes it.
 * @param items the number of input items
 * @throws NodeOperationError for several items, and for a tool: its agent would be suspended
 */
export function requireSuspendable(context: IExecuteFunctions, items: number): void {
	const refuse = (message: string, description: string) => {
		throw new NodeOperationError(context.getNode(), message, { description });
	};
	if (isAgentTool(context)) {
		refuse(
			'Pause the Workflow does not work in a tool of an AI agent: set "Wait for Result" to "Yes, Check Until It Is There"',
			'n8n pauses an execution as a whole, the agent included.',
		);
	}
	if (items > 1) {
		refuse(
			'Pause the Workflow takes one item at a time',
			`There are ${items} items. Set "Wait for Result" to "Yes, Check Until It Is There", or put a Loop Over Items node with a batch size of 1 before this one.`,
		);
	}
}

/**
 * Suspends the execution until the callback for a running job comes, or Maximum Wait ends. This process
 * notices both by itself, too: n8n refuses a callback that comes before it has stored the execution as
 * suspended, and the API does not call again.
 * @returns what the node puts out where n8n itself ends the wait: the job as it is now
 */
export async function suspend(run: Run, item: Item, job: Job): Promise<INodeExecutionData> {
	const { context, client } = run;
	const { simplify, maximumWaitMs } = item.settings;
	const json = { ...jobFields(job, simplify, item.files(run.operation)), timedOut: true };
	const deadline = performance.now() + maximumWaitMs;
	await suspendWithOutput(context, new Date(Date.now() + maximumWaitMs + DELIVERY_MS), { json });
	const { jobid, replyRef } = job;
	const url = item.replyUrl;
	if (!jobid || !url) return { json };
	const tools = {
		client: outsideExecution(client),
		post: async (request: Parameters<typeof context.helpers.httpRequest>[0]) =>
			(await context.helpers.httpRequest(request)) as HttpAnswer,
		warn: (message: string, details: object) => context.logger.warn(message, { ...details }),
	};
	const executionId = context.getExecutionId();
	checkSuspended(run.account, tools, { executionId, jobid, replyRef, url, deadline });
	return { json };
}
