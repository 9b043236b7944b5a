import type { DeduplicationItemTypes, IExecuteFunctions } from 'n8n-workflow';

import { Batches } from '../shared/batches';
import { DeduplicationStore } from '../shared/deduplicationStore';
import { wasDeliveredHere } from './eventLedger';
import { pathOf } from './callbackAddress';

/** The maximum number of jobs kept for a trigger. Each has two entries. */
const MAX_JOBS = 500;

interface Entry {
	event: string;
	/** Whether the job has been put out; otherwise it is only asked whether it has. */
	isPutOut: boolean;
}

/**
 * n8n stores all entries of a node anew each time, without a lock. So executions of this process that come
 * at the same time make theirs together.
 */
const entering = new Batches<Entry, DeduplicationItemTypes[]>();

/**
 * An execution's entry for a job in n8n's database, which all processes share. Where several of them
 * took the same report and started an execution each, it lets the first one go on. An execution finds
 * its own entry again when n8n runs it anew. Nothing is asked in a test run, nor when a user has an
 * execution run again that died with the job in hand. Where this very process took the report, there is
 * no other; then the entry says for after a crash that the job was put out.
 */
export class ExecutionClaim {
	private readonly stored: DeduplicationStore;

	private readonly names: [event: string, own: string];

	private readonly isNeeded: boolean;

	/** Whether a later execution may ask for this entry: the job is on the list of a trigger that catches up. */
	private readonly isAskedFor: boolean;

	/** Whether an execution may have put the job out before n8n was started. */
	private readonly mayBeDone: boolean;

	/**
	 * @param event what stands for the state of the job
	 * @param options whether the trigger catches up, also where it has been closed because n8n shuts down;
	 * and whether an execution may have put the job out before n8n was started
	 */
	constructor(
		private readonly context: IExecuteFunctions,
		event: string,
		{ catchesUp, mayBeDone }: { catchesUp: boolean; mayBeDone: boolean },
	) {
		this.mayBeDone = mayBeDone;
		this.stored = new DeduplicationStore(context, 2 * MAX_JOBS);
		this.names = [event, `${event} ${context.getExecutionId()}`];
		const asked = ['manual', 'retry'].includes(context.getMode());
		const path = pathOf(context);
		const isHere = wasDeliveredHere(path, event);
		this.isNeeded = !asked && !isHere;
		this.isAskedFor = !asked && isHere && (mayBeDone || catchesUp);
	}

	/**
	 * When all attempts are overwritten by concurrent writes, the execution may go on: a job that starts
	 * twice is better than one that never starts.
	 * @returns whether the execution may go on; it may where n8n cannot tell
	 */
	async take(): Promise<boolean> {
		if (!this.isNeeded) return !(this.mayBeDone && (await this.isDone()));
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

	/** Whether an execution has put the job out. */
	private async isDone(): Promise<boolean> {
		const [event] = this.names;
		return (await this.enter({ event, isPutOut: false })).includes(event);
	}

	/** Notes that this execution has put the job out. */
	async finish(): Promise<void> {
		const [event] = this.names;
		if (this.isAskedFor) await this.enter({ event, isPutOut: true });
	}

	private async enter(entry: Entry): Promise<DeduplicationItemTypes[]> {
		const node = `${this.context.getWorkflow().id} ${this.context.getNode().id}`;
		return await entering.add(node, entry, async (entries) => await this.enterAll(entries));
	}

	/**
	 * n8n can only be asked and told at the same time, so what was only asked for is removed again.
	 * @returns the events that were put out, by these executions or before
	 */
	private async enterAll(entries: Entry[]): Promise<DeduplicationItemTypes[]> {
		const putOut = entries.filter(({ isPutOut }) => isPutOut).map(({ event }) => event);
		const events = [...new Set(entries.map(({ event }) => event))];
		const known = [...putOut, ...(await this.stored.enter(events))];
		const asked = events.filter((event) => !known.includes(event));
		if (asked.length > 0) await this.stored.remove(asked);
		return known;
	}

	/** Lets another execution have the job, after this one has failed. */
	async release(): Promise<void> {
		if (this.isNeeded) await this.stored.remove(this.names);
	}
}
