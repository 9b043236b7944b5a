import type { DeduplicationItemTypes, IExecuteFunctions } from 'n8n-workflow';

import { entryDelay } from './backoff';
import { retry } from './retry';

/** The number of times that an entry is looked for. Between them other executions may overwrite it. */
const LOOKS = 3;

/**
 * A node's entries in n8n's database, which all processes share. n8n reads all of them and stores
 * them anew, without a lock: of two executions that do so at the same time only one leaves its
 * entries. So an entry counts once it has been found again after a while.
 */
export class DeduplicationStore {
	private readonly options: { mode: 'entries'; maxEntries: number };

	private hasWarned = false;

	/** @param kept how many entries n8n keeps for the node, the oldest go first */
	constructor(
		private readonly context: IExecuteFunctions,
		kept: number,
	) {
		this.options = { mode: 'entries', maxEntries: kept };
	}

	/**
	 * Makes those entries that are not there.
	 * @returns which were there already; none where n8n cannot tell
	 */
	async enter(entries: string[]): Promise<DeduplicationItemTypes[]> {
		const { helpers } = this.context;
		try {
			const { processed } = await helpers.checkProcessedAndRecord(entries, 'node', this.options);
			return processed;
		} catch (error) {
			this.warn(error);
			return [];
		}
	}

	/**
	 * Makes entries, and looks for them again after a while.
	 * @returns those that were found; none where n8n cannot tell, or they were overwritten each time
	 */
	async enterUntilFound(
		entries: string[],
		signal?: AbortSignal,
	): Promise<DeduplicationItemTypes[]> {
		return await retry(
			{ retries: LOOKS, delay: entryDelay, signal },
			async () => await this.enter(entries),
			(found) => found.length === 0 && !this.hasWarned,
		);
	}

	/** Whether an entry is there. n8n can only be asked and told at the same time, so it is removed again. */
	async has(entry: string): Promise<boolean> {
		const isThere = (await this.enter([entry])).includes(entry);
		if (!isThere) await this.remove([entry]);
		return isThere;
	}

	/** An error is logged: other executions' entries may go with these. */
	async remove(entries: string[]): Promise<void> {
		try {
			await this.context.helpers.removeProcessed(entries, 'node', this.options);
		} catch (error) {
			this.warn(error);
		}
	}

	private warn(error: unknown): void {
		if (this.hasWarned) return;
		this.hasWarned = true;
		this.context.logger.warn(
			"n8n's database cannot tell whether this was done before, so the node continues as if it was not",
			{ error: error instanceof Error ? error.message : String(error) },
		);
	}
}
