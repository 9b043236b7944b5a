import type { IExecuteFunctions, IDataObject } from 'n8n-workflow';

import { isObject } from '../api/job';
import type { Problem } from '../api/outcome';
import { ofExecution, runIndexOf } from '../n8nCompat/executionScope';
import { hasStaticData } from '../n8nCompat/staticData';
import { whenStopped, type CancelSignal } from '../shared/cancellation';
import { pause } from '../shared/retry';
import { dropIfEmpty, idOf, nodeLedger, type LedgerEntry, type NodeLedger } from './nodeLedger';

/** How long a run waits for one that was stopped, in milliseconds. */
const MAX_WAIT_MS = 30_000;

/** What a run knows of the submission of one item. */
export interface OwnEntry {
	/** The job ID; missing while it is unknown whether there is a job. */
	job?: string;
	/** The reply reference, where the node made it up. */
	ref?: string;
	/** When it was submitted, in milliseconds since 1970. */
	at: number;
	/** Stands for the item; nothing where it was not sent to its end, or is not to be continued. */
	key: () => string | undefined;
	/** Why the item has failed: its job ended without a result, or its outcome is unknown. */
	problem?: Problem;
	/** Whether the job ended without a result. */
	hasEnded?: true;
	/** Whether it is in the ledger of the node. */
	stored?: LedgerEntry;
}

/** What a run leaves to the next one. */
export interface Undelivered {
	/** The IDs of paid jobs. */
	paid: string[];
	/** The number of submissions of unknown outcome. */
	unknown: number;
}

/**
 * What one run of a node has paid for, or may have paid for, and what it continues of earlier runs. All
 * tries of a run (Retry On Fail) share one. An entry is written before its call is sent, and goes away
 * with the delivery.
 *
 * The entries are kept in this process, and for production runs also in the static data of the workflow, which
 * n8n 2 also gives to test runs. n8n saves that when an execution ends, but not when it is stopped or dies.
 */
export class JobLedger {
	private readonly own = new Map<number, OwnEntry>();

	private readonly nodeKey: string;

	/** Names the run. */
	private readonly run: string;

	private node: NodeLedger;

	private isSettled = true;

	/** Where n8n stores data with the workflow, if this run may write there. Test runs only read it. */
	private memory?: IDataObject;

	/** Tells the runs that wait for the end of this one, once it was stopped. */
	private tellEnd?: () => void;

	private constructor(context: IExecuteFunctions) {
		this.nodeKey = `${context.getWorkflow().id} ${context.getNode().id}`;
		this.run = `${context.getExecutionId()} ${runIndexOf(context)}`;
		this.node = nodeLedger(this.nodeKey);
	}

	/** The ledger of a run, for its next try. `settle` ends the try. */
	static open(context: IExecuteFunctions): JobLedger {
		const name = `ledger ${context.getNode().id} ${runIndexOf(context)}`;
		const ledger = ofExecution(context, name, () => new JobLedger(context));
		ledger.begin(context);
		return ledger;
	}

	private begin(context: IExecuteFunctions): void {
		const memory: unknown = context.getWorkflowStaticData('node');
		this.node = nodeLedger(this.nodeKey);
		this.node.users++;
		this.isSettled = false;
		whenStopped(context, () => this.noteStop());
		if (!isObject(memory)) return;
		const isPresent = hasStaticData(context) || memory.jobs !== undefined;
		if (context.getMode() !== 'manual' && isPresent) this.memory = memory;
		this.node.load(memory);
	}

	/**
	 * Waits for the runs of this node that were stopped: they may still find out that they leave a job.
	 * @param signal ends the wait
	 */
	async stoppedRunsEnded(signal: CancelSignal): Promise<void> {
		const { stopping } = this.node;
		if (stopping.size > 0)
			await pause(
				MAX_WAIT_MS,
				signal,
				Promise.all(stopping).then(() => {}),
			);
	}

	/** What this run knows of an item, by this try or one before; nothing where another run has its job by now. */
	of(index: number): OwnEntry | undefined {
		const entry = this.own.get(index);
		if (!entry?.stored) return entry;
		if (this.node.isOpenTo(entry.stored, this.run)) {
			this.node.claims.set(idOf(entry.stored), this.run);
			return entry;
		}
		this.own.delete(index);
		return undefined;
	}

	/** Whether a job waits whose item has this beginning of a key. */
	hasFor(beginning: string): boolean {
		return this.node.open.some(
			(entry) => entry.item.startsWith(beginning) && this.node.isFree(entry),
		);
	}

	get hasAny(): boolean {
		return this.node.open.some((entry) => this.node.isFree(entry));
	}

	/** Takes the oldest entry of an equal item that no run works on. */
	claim(index: number, item: string): OwnEntry | undefined {
		const stored = this.node.open.find((entry) => entry.item === item && this.node.isFree(entry));
		if (!stored) return undefined;
		const { job, ref, at } = stored;
		this.own.set(index, { job, ref, at, stored, key: () => item });
		this.node.claims.set(idOf(stored), this.run);
		return this.own.get(index);
	}

	/** Writes what is about to be sent. */
	write(index: number, entry: Pick<OwnEntry, 'ref' | 'at' | 'key'>): void {
		this.erase(index);
		this.own.set(index, entry);
	}

	/** Notes the job that the API took for an item. */
	paid(index: number, job: string | undefined): void {
		const entry = this.own.get(index);
		if (!entry || entry.job === job) return;
		this.release(entry);
		const paid = { ...entry, job, stored: undefined };
		this.own.set(index, paid);
		if (!this.isSettled) return;
		this.node = nodeLedger(this.nodeKey);
		this.leave(paid);
	}

	/** Notes why there is no result, or why it is unknown whether there will be one. */
	failed(index: number, problem: Problem, hasEnded?: true): void {
		const entry = this.own.get(index);
		if (!entry) return;
		Object.assign(entry, { problem, hasEnded });
		if (hasEnded) this.release(entry);
	}

	/** Forgets an item: the API did not take it, or it is submitted once more. */
	erase(index: number): void {
		const entry = this.own.get(index);
		this.own.delete(index);
		if (entry) this.release(entry);
	}

	/** Whether a job belongs to another run of the node. */
	isClaimed(job: string): boolean {
		const owner = this.node.claims.get(job);
		return owner !== undefined && owner !== this.run;
	}

	/**
	 * Ends a try: forgets what it has delivered, and leaves the rest to the next run.
	 * @returns what it leaves
	 */
	settle(isDelivered: (index: number) => boolean): Undelivered {
		const left: LedgerEntry[] = [];
		for (const [index, entry] of this.own) {
			if (isDelivered(index)) this.release(entry);
			else left.push(...this.leave(entry));
		}
		this.end();
		const known = new Set(this.node.open.map(idOf));
		const kept = left.filter((entry) => known.has(idOf(entry)));
		const paid = kept.flatMap(({ job }) => job ?? []);
		return { paid, unknown: kept.length - paid.length };
	}

	/** Leaves an entry to other runs. */
	private leave(entry: OwnEntry): LedgerEntry[] {
		const item = entry.hasEnded ? undefined : entry.key();
		if (item === undefined) return [];
		const { job, ref, at } = entry;
		entry.stored ??= { item, job, ref, at };
		this.node.claims.delete(idOf(entry.stored));
		this.node.add(entry.stored);
		return [entry.stored];
	}

	/** No run needs an entry any more. */
	private release({ stored }: OwnEntry): void {
		if (!stored) return;
		this.node.claims.delete(idOf(stored));
		this.node.forget(stored, this.run);
	}

	private end(): void {
		if (this.isSettled) return;
		this.isSettled = true;
		if (this.memory) this.node.save(this.memory);
		this.node.users--;
		this.tellEnd?.();
		this.tellEnd = undefined;
		dropIfEmpty(this.nodeKey);
	}

	/** Every try of a run is told of Stop. */
	private noteStop(): void {
		if (this.isSettled || this.tellEnd) return;
		const { stopping } = this.node;
		const ended = new Promise<void>((resolve) => {
			this.tellEnd = resolve;
		}).then(() => void stopping.delete(ended));
		stopping.add(ended);
	}
}
