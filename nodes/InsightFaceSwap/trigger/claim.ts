import type { IExecuteFunctions } from 'n8n-workflow';

/** Two entries for each of so many jobs are kept in n8n's database, for each trigger. */
const OPTIONS = { mode: 'entries', maxEntries: 2 * 500 } as const;

/**
 * An execution's entry for a job in n8n's database, which all processes share. Where several of them
 * took the same report and started an execution each, it lets the first one go on. An execution finds
 * its own entry again when n8n runs it anew.
 */
export class Claim {
	private readonly own: string;

	private readonly isTest: boolean;

	/** @param event what stands for the state of the job */
	constructor(
		private readonly context: IExecuteFunctions,
		private readonly event: string,
	) {
		this.own = `${event} ${context.getExecutionId()}`;
		this.isTest = context.getMode() === 'manual';
	}

	/** @returns whether the execution may go on; it may where n8n cannot tell, and in a test run */
	async take(): Promise<boolean> {
		if (this.isTest) return true;
		const { helpers, logger } = this.context;
		try {
			const entries = [this.event, this.own];
			const { processed } = await helpers.checkProcessedAndRecord(entries, 'node', OPTIONS);
			return !processed.includes(this.event) || processed.includes(this.own);
		} catch (error) {
			logger.warn('Nobody can tell whether another execution handles this job', {
				error: error instanceof Error ? error.message : String(error),
			});
			return true;
		}
	}

	/** Lets another execution have the job, after this one has failed. */
	async release(): Promise<void> {
		if (this.isTest) return;
		await this.context.helpers.removeProcessed([this.event, this.own], 'node', OPTIONS);
	}
}
