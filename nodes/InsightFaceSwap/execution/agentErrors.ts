import type { IExecuteFunctions } from 'n8n-workflow';

import type { ItemError } from '../api/nodeErrors';
import { isAgentTool } from '../n8nCompat/agentTool';

const NOT_AGAIN =
	'Do not call this tool again with the same input: the job may have cost credits, and may cost them again.';

/**
 * Adds to the message of an error what to do next, where an AI agent uses the node as its tool: n8n tells
 * the agent only the message.
 * @param isPaid whether the API took a job for the item
 */
export function adviseAgent(context: IExecuteFunctions, error: ItemError, isPaid: boolean): void {
	if (!isAgentTool(context)) return;
	const mayHaveCost = isPaid || error.message.startsWith('Outcome unknown');
	const advice = mayHaveCost ? NOT_AGAIN : error.description;
	if (advice) error.message = `${error.message.replace(/\.$/, '')}. ${advice}`;
}
