import { WebhookPathTakenError, type INode } from 'n8n-workflow';

/**
 * The error of an activation that would fail again. n8n 2 repeats an activation for 15 seconds and more before it
 * tells the user of any other error.
 *
 * Relies on: the class of the error. Checked in n8n 1.123.81, which repeats nothing, and 2.41.1 (cli:
 * workflows/triggers/trigger-activation-retry).
 */
export const lastingError = (node: INode, message: string, description?: string): Error =>
	Object.assign(new WebhookPathTakenError(node.name), { message, description });
