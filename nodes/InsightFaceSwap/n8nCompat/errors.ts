import {
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type NodeApiError,
	type NodeOperationError,
	type ITriggerFunctions,
	WebhookPathTakenError,
	type INode,
} from 'n8n-workflow';

/**
 * The output of an item that has failed: its input, and the fields that tell of the failure.
 *
 * Relies on: with the error output, n8n sends an item there whose `error` is set, and replaces all of its
 * JSON only where its own copy of the item has that property, which it has not where the property is not
 * enumerable. With Continue, an item with `error` loses its JSON, so it gets none. Checked in n8n 1.123.81
 * and 2.41.1 (core: execution-engine/workflow-execute, `handleNodeErrorOutput`, and after `runNode`).
 */
export function failedItem(
	context: Pick<IExecuteFunctions, 'getNode'>,
	input: INodeExecutionData,
	fields: IDataObject,
	error: NodeApiError | NodeOperationError,
): INodeExecutionData {
	const item = { ...input, json: { ...input.json, ...fields } };
	if (context.getNode().onError !== 'continueErrorOutput') return item;
	return Object.defineProperty(item, 'error', { value: error, writable: true, configurable: true });
}

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
