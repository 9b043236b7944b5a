import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	NodeApiError,
	NodeOperationError,
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
