import type { DeduplicationItemTypes, IExecuteFunctions } from 'n8n-workflow';

import { entryDelay } from './backoff';
import { retry } from './retry';

/** The number of retries while concurrent writes overwrite an entry. */
const RETRIES = 5;

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

	/** Once is enough: an entry is tried several times. */
	private warn(error: unknown): void {
		if (this.hasWarned) return;
		this.hasWarned = true;
		this.context.logger.warn(
			"n8n's database cannot tell whether this was done before, so the node continues as if it was not",
			{ error: error instanceof Error ? error.message : String(error) },
		);
	}

	/** An error is logged: other executions' entries may go with these. */
	async remove(entries: string[]): Promise<void> {
		try {
			await this.context.helpers.removeProcessed(entries, 'node', this.options);
		} catch (error) {
			this.warn(error);
		}
	}

	/**
	 * Makes entries, and makes them again until they are found: then they have been stored.
	 * @returns those that were found; none when concurrent writes overwrote them each time, or n8n
	 * cannot tell
	 */
	async enterUntilFound(
		entries: string[],
		signal?: AbortSignal,
	): Promise<DeduplicationItemTypes[]> {
		return await retry(
			{ retries: RETRIES, delay: entryDelay, signal },
			async () => await this.enter(entries),
			(found) => found.length === 0,
		);
	}
}
