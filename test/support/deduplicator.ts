import { DataDeduplicationService } from 'n8n-core';
import type { DeduplicationItemTypes } from 'n8n-workflow';

/** n8n's table of processed items, with the half that the nodes use. */
export class Deduplicator {
	readonly entries: DeduplicationItemTypes[] = [];

	/** Whether the database is out of order. */
	isBroken = false;

	/** Whether another process stores its entries just after the next ones, and without them. */
	losesNext = false;

	/** Makes it the one that the engine uses. */
	static async install(): Promise<Deduplicator> {
		const deduplicator = new Deduplicator();
		await DataDeduplicationService.init(deduplicator as never);
		return deduplicator;
	}

	async checkProcessedAndRecord(items: DeduplicationItemTypes[]) {
		if (this.isBroken) throw new Error('no database');
		const processed = items.filter((item) => this.entries.includes(item));
		const fresh = items.filter((item) => !this.entries.includes(item));
		if (!this.losesNext) this.entries.push(...fresh);
		this.losesNext = false;
		return { new: fresh, processed };
	}

	async removeProcessed(items: DeduplicationItemTypes[]): Promise<void> {
		for (const item of items) {
			const index = this.entries.indexOf(item);
			if (index >= 0) this.entries.splice(index, 1);
		}
	}

	clear(): void {
		this.entries.length = 0;
		this.isBroken = false;
		this.losesNext = false;
	}
}
