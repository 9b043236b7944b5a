import type { DeduplicationItemTypes, IExecuteFunctions } from 'n8n-workflow';

import { entryDelay } from './backoff';
import { oneAtATime } from './locks';
import { retry } from './retry';

/** So many entries of a node are kept. n8n drops the oldest. */
const OPTIONS = { mode: 'entries', maxEntries: 1000 } as const;

/** How often an entry is looked for again. */
const LOOKS = 3;

/**
 * Makes those entries of a node in n8n's database that are not there. All processes share them. n8n reads all of
 * them and stores all of them again, without a lock: executions of this process take turns.
 * @returns which were there already; nothing where n8n cannot tell
 */
export async function enter(
	context: IExecuteFunctions,
	entries: string[],
): Promise<DeduplicationItemTypes[] | undefined> {
	const node = `${context.getWorkflow().id} ${context.getNode().id}`;
	const record = async () =>
		await context.helpers.checkProcessedAndRecord(entries, 'node', OPTIONS);
	// n8n inserts the first entries of a node, which fails where another process has just done so.
	const recorded = async () => await record().catch(record);
	try {
		return (await oneAtATime(node, recorded)).processed;
	} catch (error) {
		context.logger.warn(
			"n8n's database cannot tell whether this was done before, so the node continues as if it was not",
			{ error: error instanceof Error ? error.message : String(error) },
		);
		return undefined;
	}
}

/**
 * Makes entries, and looks for them again after a while: of two processes that make theirs at the same time only one
 * leaves them.
 * @returns those that were found; none where n8n cannot tell, or where they were overwritten each time
 */
export async function enterUntilFound(
	context: IExecuteFunctions,
	entries: string[],
): Promise<DeduplicationItemTypes[]> {
	const signal = context.getExecutionCancelSignal();
	const found = await retry(
		{ retries: LOOKS, delay: entryDelay, signal },
		async () => await enter(context, entries),
		(last) => last?.length === 0,
	);
	return found ?? [];
}

/** Whether an entry is there. n8n can only be asked and told at the same time, so it is removed again. */
export async function isEntered(context: IExecuteFunctions, entry: string): Promise<boolean> {
	const isThere = (await enter(context, [entry]))?.includes(entry) ?? false;
	if (!isThere) await remove(context, [entry]);
	return isThere;
}

/** Where n8n cannot do that, the entries stay. */
export async function remove(context: IExecuteFunctions, entries: string[]): Promise<void> {
	await context.helpers.removeProcessed(entries, 'node', OPTIONS).catch(() => {});
}
