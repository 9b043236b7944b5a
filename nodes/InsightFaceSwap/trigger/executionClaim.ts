import type { IExecuteFunctions } from 'n8n-workflow';

import { DeduplicationStore } from '../shared/deduplicationStore';
import { wasDeliveredHere } from './eventLedger';
import { pathOf } from './callbackAddress';

/** The maximum number of jobs kept for a trigger. Each has two entries. */
const MAX_JOBS = 500;

/**
 * An execution's entry for a job in n8n's database, which all processes share. Where several of them
 * took the same report and started an execution each, it lets the first one go on. An execution finds
 * its own entry again when n8n runs it anew. Nothing is asked in a test run, nor when a user has an
 * execution run again that died with the job in hand, nor where this very process took the report:
 * then there is no other.
 */
export class ExecutionClaim {
	private readonly stored: DeduplicationStore;

	private readonly names: [event: string, own: string];

	private readonly isNeeded: boolean;

	/** @param event what stands for the state of the job */
	constructor(
		private readonly context: IExecuteFunctions,
		event: string,
	) {
		this.stored = new DeduplicationStore(context, 2 * MAX_JOBS);
		this.names = [event, `${event} ${context.getExecutionId()}`];
		const asked = ['manual', 'retry'].includes(context.getMode());
		this.isNeeded = !asked && !wasDeliveredHere(pathOf(context), event);
	}

	/**
	 * When all attempts are overwritten by concurrent writes, the execution may go on: a job that starts
	 * twice is better than one that never starts.
	 * @returns whether the execution may go on; it may where n8n cannot tell
	 */
	async take(): Promise<boolean> {
		if (!this.isNeeded) return true;
		const [event, own] = this.names;
		const found = await this.stored.enterUntilFound(
			this.names,
			this.context.getExecutionCancelSignal(),
		);
		if (found.length === 0) {
			this.context.logger.warn('Nobody can tell whether another execution handles this job');
		}
		return found.includes(own) || !found.includes(event);
	}

	/** Lets another execution have the job, after this one has failed. */
	async release(): Promise<void> {
		if (this.isNeeded) await this.stored.remove(this.names);
	}
}
