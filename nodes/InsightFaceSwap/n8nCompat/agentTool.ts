import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * Whether an AI agent runs the node as its tool. n8n makes a second node type of a node that agents may
 * use, and puts this to the end of its name.
 *
 * Relies on: the end of that name. Checked in n8n 1.123.81 and 2.41.1 (cli: `convertNodeToAiTool`).
 */
export const isAgentTool = (context: Pick<IExecuteFunctions, 'getNode'>): boolean =>
	context.getNode().type.endsWith('Tool');
