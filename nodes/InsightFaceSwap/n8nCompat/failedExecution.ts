import type { ITriggerFunctions, NodeOperationError } from 'n8n-workflow';

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
