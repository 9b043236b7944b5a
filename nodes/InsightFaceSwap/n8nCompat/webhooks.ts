import {
	NodeHelpers,
	sleep,
	type INode,
	type IWebhookFunctions,
	type IExecuteFunctions,
	type INodeExecutionData,
	type ITriggerFunctions,
	type NodeOperationError,
	WebhookPathTakenError,
} from 'n8n-workflow';

/** Tells the node and its workflow. */
export interface WebhookContext {
	getNode(): INode;
	getWorkflow(): { id?: string };
}

/**
 * The path of a node's webhook below n8n's own, for example `<uuid>/insightfaceswap`. It is the same
 * in test runs, and when n8n moves to another address.
 *
 * Relies on: n8n builds webhook paths with this function, as `<webhook ID>/<path>`. Checked in n8n
 * 1.123.81 and 2.41.1 (workflow: node-helpers, `getNodeWebhookPath`).
 * @param path the path in the node's description
 */
export const webhookPath = (context: WebhookContext, path: string): string =>
	NodeHelpers.getNodeWebhookPath(context.getWorkflow().id ?? '', context.getNode(), path);

/**
 * The path below n8n's own at the end of a webhook's address; nothing for an address that no webhook
 * with `path` can have.
 */
export const webhookPathOf = (address: URL, path: string): string | undefined =>
	new RegExp(`/([^/]+/${path})$`).exec(address.pathname)?.[1];

type Response = ReturnType<IWebhookFunctions['getResponseObject']>;

/**
 * Answers a webhook call with 200 after `ms` milliseconds, unless n8n has answered it. An n8n that
 * runs as many executions as it may stores the next one at once, but answers when it begins.
 *
 * Relies on: n8n answers after it has stored the execution and the static data. It does so with the methods replaced
 * below and ignores what they return, so its later answer has no effect. Checked in n8n 1.123.81 and 2.41.1 (cli:
 * webhooks/webhook-request-handler, webhooks/live-webhooks; response-helper, `sendErrorResponse`).
 * @returns whether n8n could start the execution, once it has said so; also to a caller that has left meanwhile
 */
export async function answerInTime(response: Response, ms: number): Promise<boolean> {
	return await new Promise((resolve) => {
		let isOver = false;
		const answered = () => {
			if (!isOver && response.headersSent) resolve(response.statusCode < 500);
		};
		const end = () => {
			if (response.headersSent) return;
			isOver = true;
			response.status(200).end();
			const ignored = () => {
				resolve(true);
				return response;
			};
			for (const method of ['json', 'send', 'end']) Object.assign(response, { [method]: ignored });
			Object.assign(response, {
				setHeader: () => response,
				setHeaders: () => response,
				status(code: number) {
					if (code >= 500) resolve(false);
					return response;
				},
			});
		};
		response.once('finish', answered);
		response.once('close', () => {
			answered();
			end();
		});
		AbortSignal.timeout(Math.max(0, Math.round(ms))).addEventListener('abort', end);
	});
}

/**
 * Changes a workflow's static data at a time when n8n notices it, although a webhook is being
 * answered: after n8n has prepared the execution.
 *
 * Relies on: n8n takes static data for unchanged when it prepares the execution, without waiting for
 * anything in between, and saves what has changed after that. Checked in n8n 1.123.81 and 2.41.1
 * (cli: webhooks/live-webhooks, `saveStaticData` after `executeWebhook`).
 */
export async function changeWhenNoticed(change: () => void): Promise<void> {
	await sleep(0);
	change();
}

/**
 * Suspends the execution and sets the output of the node for the case that the time ends without a call.
 *
 * Relies on: n8n does not run a suspended node again when its time ends. It passes on the node's
 * input, as it was stored at the suspension. Checked in n8n 1.123.81 and 2.41.1 (core:
 * execution-engine/workflow-execute, `waitTill`: the node is disabled when the execution continues).
 */
export async function suspendWithOutput(
	context: IExecuteFunctions,
	until: Date,
	output: INodeExecutionData,
): Promise<void> {
	const [input] = context.getInputData();
	if (input) Object.assign(input, output, { binary: undefined });
	await context.putExecutionToWait(until);
}

/**
 * A field of that output, for the webhook that resumes the execution, also after a restart.
 *
 * Relies on: the input of such a webhook is the stored input of the suspended node. Checked in n8n
 * 1.123.81 and 2.41.1 (core: node-execution-context/webhook-context, `connectionInputData`).
 */
export const fieldAtTimeout = (context: IWebhookFunctions, name: string): unknown =>
	context.evaluateExpression(`{{ $json.${name} }}`, 0);

/**
 * Writes a failed execution of an active trigger, which starts the error workflow.
 *
 * Relies on: `saveFailedExecution`, which n8n 1 does not have. Checked in n8n 1.123.81 and 2.41.1 (core:
 * node-execution-context/trigger-context).
 * @returns whether n8n can do that
 */
export function saveFailedExecution(
	context: ITriggerFunctions,
	error: NodeOperationError,
): boolean {
	if (!('saveFailedExecution' in context)) return false;
	context.saveFailedExecution(error);
	return true;
}

/**
 * The error of an activation that would fail again. n8n 2 repeats an activation for 15 seconds and more before it
 * tells the user of any other error.
 *
 * Relies on: the class of the error. Checked in n8n 1.123.81, which repeats nothing, and 2.41.1 (cli:
 * workflows/triggers/trigger-activation-retry).
 */
export const lastingError = (node: INode, message: string, description?: string): Error =>
	Object.assign(new WebhookPathTakenError(node.name), { message, description });
