import {
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	NodeOperationError,
} from 'n8n-workflow';

import type { ApiCall } from '../api/client';
import type { Job } from '../api/job';
import { isSigned, signed } from '../jobs/callbackSignature';
import { jobFields } from '../jobs/jobOutput';
import { checkSuspended, DELIVERY_MS } from '../jobs/suspended';
import { isAgentTool } from '../n8nCompat/agentTool';
import { MultipartForm } from '../n8nCompat/multipartForm';
import { suspendWithOutput } from '../n8nCompat/outputAtTimeout';
import { InputError } from '../shared/validation';
import type { Item } from './item';
import type { Run } from './run';

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
export function suspendedBy(
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
	const suspended = { executionId, jobid, replyRef, url, deadline, client: run.client };
	checkSuspended(run.account, { helpers, logger }, suspended);
	return { json };
}
