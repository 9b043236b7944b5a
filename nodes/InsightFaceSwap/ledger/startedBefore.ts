import type { IExecuteFunctions } from 'n8n-workflow';

import { ofExecution, runIndexOf } from '../n8nCompat/executionScope';
import { isN8n1 } from '../n8nCompat/n8nVersion';
import { oneAtATime } from '../shared/locks';

/** The maximum number of executions that n8n's database keeps for each node. */
const OPTIONS = { mode: 'entries' as const, maxEntries: 500 };

/**
 * Whether another process has begun this run of the node before. n8n 2 runs none once more
 * (scaling/scaling.service, `maxStalledCount: 0`, since 2.0.0). It is asked once for each node that an execution
 * runs in this process: further runs in a loop and tries of Retry On Fail go by what was found then.
 * @returns false where n8n's database cannot tell
 */
export async function wasStartedBefore(context: IExecuteFunctions): Promise<boolean> {
	if (!isN8n1(context)) return false;
	const name = `started ${context.getNode().id}`;
	return await ofExecution(context, name, async () => await enter(context));
}

/** n8n reads all entries of a node and stores them again, without a lock: executions of this process take turns. */
async function enter(context: IExecuteFunctions): Promise<boolean> {
	const node = `${context.getWorkflow().id} ${context.getNode().id}`;
	const entry = `${context.getExecutionId()} ${runIndexOf(context)}`;
	try {
		const { processed } = await oneAtATime(
			node,
			async () => await context.helpers.checkProcessedAndRecord([entry], 'node', OPTIONS),
		);
		return processed.length > 0;
	} catch (error) {
		context.logger.warn(
			"n8n's database cannot tell whether this was done before, so the node continues as if it was not",
			{ error: error instanceof Error ? error.message : String(error) },
		);
		return false;
	}
}
