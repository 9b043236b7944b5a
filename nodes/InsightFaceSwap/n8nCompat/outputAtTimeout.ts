import type { IExecuteFunctions, INodeExecutionData, IWebhookFunctions } from 'n8n-workflow';

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
