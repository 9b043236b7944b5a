import { sleep, type IExecuteFunctions } from 'n8n-workflow';

import { isN8n1 } from './execution';

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
 * Whether n8n has certainly given an execution the present static data of its workflow. n8n 2 gives none to a
 * worker of queue mode, nor to a Retry with the original workflow, to which n8n 1 gives old data. n8n then saves
 * what a node writes there in place of all that the workflow has.
 *
 * Relies on: a worker of n8n 2 takes the workflow for inactive, although a trigger has started it. Checked in
 * n8n 1.123.81 and 2.41.1 (cli: executions/execution-data/types, `toWorkflowSnapshot`; scaling/job-processor).
 */
export function hasStaticData(context: IExecuteFunctions): boolean {
	const mode = context.getMode();
	if (mode === 'retry') return false;
	return isN8n1(context) || context.getWorkflow().active || !['trigger', 'webhook'].includes(mode);
}
