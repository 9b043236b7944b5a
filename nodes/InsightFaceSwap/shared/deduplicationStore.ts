import type { DeduplicationItemTypes, IExecuteFunctions } from 'n8n-workflow';

import { pause } from './retry';

/** Longer than n8n takes from reading the entries to storing them, in milliseconds. */
const SETTLED_MS = 500;

/** The maximum number of attempts to store an entry that concurrent writes overwrite. */
export const TRIES = 6;

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
			"n8n's database cannot tell whether this was done before, so the node goes on as if it was not",
			{ error: error instanceof Error ? error.message : String(error) },
		);
	}

	async remove(entries: string[]): Promise<void> {
		await this.context.helpers.removeProcessed(entries, 'node', this.options);
	}

	/** Waits until other executions have stored their entries; not all wait for the same time. */
	async settle(signal?: AbortSignal): Promise<void> {
		await pause(SETTLED_MS * (1 + Math.random()), signal);
	}
}
