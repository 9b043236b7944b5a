import type { DeduplicationItemTypes, IExecuteFunctions } from 'n8n-workflow';

import { pause } from '../api/pause';
import { wasStartedHere } from './once';
import { pathOf } from './place';

/** Two entries for each of so many jobs are kept in n8n's database, for each trigger. */
const OPTIONS = { mode: 'entries', maxEntries: 2 * 500 } as const;

/** Longer than n8n takes from reading the entries to storing them, in milliseconds. */
const SETTLED_MS = 500;

/** After so many entries that were lost in a crowd, a job may rather start twice than never. */
const TRIES = 6;

/** Waits until other executions have stored their entries; not all wait for the same time. */
const settle = async (signal: AbortSignal | undefined): Promise<void> =>
	await pause(SETTLED_MS * (1 + Math.random()), signal);

/**
 * An execution's entry for a job in n8n's database, which all processes share. Where several of them
 * took the same report and started an execution each, it lets the first one go on. An execution finds
 * its own entry again when n8n runs it anew. Nothing is asked in a test run, nor when a user has an
 * execution run again that died with the job in hand, nor where this very process took the report:
 * then there is no other.
 */
export class Claim {
	private readonly entries: [event: string, own: string];

	private readonly isNeeded: boolean;

	/** @param event what stands for the state of the job */
	constructor(
		private readonly context: IExecuteFunctions,
		event: string,
	) {
		this.entries = [event, `${event} ${context.getExecutionId()}`];
		const asked = ['manual', 'retry'].includes(context.getMode());
		this.isNeeded = !asked && !wasStartedHere(pathOf(context), event);
	}

	/**
	 * n8n reads all entries and stores them anew, without a lock: of two executions that do so at the
	 * same time only one leaves its entries. So an entry counts once it has been found again.
	 * @returns whether the execution may go on; it may where n8n cannot tell
	 */
	async take(): Promise<boolean> {
		if (!this.isNeeded) return true;
		const [event, own] = this.entries;
		for (let tries = 0; tries < TRIES; tries++) {
			const found = await this.enter();
			if (found.includes(own)) return true;
			if (found.includes(event)) return false;
			await settle(this.context.getExecutionCancelSignal());
		}
		this.context.logger.warn('Nobody can tell whether another execution handles this job');
		return true;
	}

	/** @returns which entries were there already */
	private async enter(): Promise<DeduplicationItemTypes[]> {
		const { helpers, logger } = this.context;
		try {
			return (await helpers.checkProcessedAndRecord(this.entries, 'node', OPTIONS)).processed;
		} catch (error) {
			// The very first entry of all cannot be made by two executions at the same time.
			logger.debug('No entry could be made for this job', {
				error: error instanceof Error ? error.message : String(error),
			});
			return [];
		}
	}

	/** Lets another execution have the job, after this one has failed. */
	async release(): Promise<void> {
		if (!this.isNeeded) return;
		await this.context.helpers.removeProcessed(this.entries, 'node', OPTIONS);
	}
}
