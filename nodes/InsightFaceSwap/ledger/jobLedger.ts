import type { IExecuteFunctions, IDataObject } from 'n8n-workflow';

import { isObject } from '../api/job';
import type { Problem } from '../api/outcome';
import { hasStaticData, ofExecution, runIndexOf } from '../n8nCompat/execution';
import type { CancelSignal } from '../shared/cancellation';
import { pause } from '../shared/retry';
import {
	dropIfEmpty,
	idOf,
	nodeLedger,
	type ActiveRun,
	type LedgerEntry,
	type NodeLedger,
} from './nodeLedger';

/** How long a run waits for one that was stopped, in milliseconds. */
const MAX_WAIT_MS = 30_000;

/** What a run knows of the submission of one item. */
export interface OwnEntry extends Pick<LedgerEntry, 'job' | 'ref' | 'at'> {
	/** Stands for the item; nothing where it was not sent to its end, or is not to be continued. */
	key: () => string | undefined;
	/** Why the item has failed: its job ended without a result; without a job, its outcome is unknown. */
	problem?: Problem;
	/** Where it is in the ledger of the node. */
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
export class JobLedger implements ActiveRun {
	/** By the index of the item. */
	private readonly own = new Map<number, OwnEntry>();

	private readonly nodeKey: string;

	/** Names the run. */
	private readonly run: string;

	private node: NodeLedger;

	/** Where n8n stores data with the workflow, if this run may write there. Test runs only read it. */
	private memory?: IDataObject;

	isStopped = () => false;

	ended = Promise.resolve();

	private tellEnd = () => {};

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
		const signal = context.getExecutionCancelSignal();
		this.isStopped = () => signal?.aborted ?? false;
		this.ended = new Promise((resolve) => {
			this.tellEnd = resolve;
		});
		this.node = nodeLedger(this.nodeKey);
		this.node.runs.add(this);
		const memory: unknown = context.getWorkflowStaticData('node');
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
		const stopped = [...this.node.runs].filter(({ isStopped }) => isStopped());
		if (stopped.length === 0) return;
		const allEnded = async () => {
			for (const { ended } of stopped) await ended;
		};
		await pause(MAX_WAIT_MS, signal, allEnded());
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

	/** Whether a job waits that no run works on. */
	get hasAny(): boolean {
		return this.node.free.length > 0;
	}

	/** Takes the oldest entry of an equal item that no run works on. */
	claim(index: number, item: string | undefined): OwnEntry | undefined {
		const stored = this.node.free.find((entry) => entry.item === item);
		if (!stored) return undefined;
		const { job, ref, at } = stored;
		const entry = { job, ref, at, stored, key: () => item };
		this.own.set(index, entry);
		this.node.claims.set(idOf(stored), this.run);
		return entry;
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
		Object.assign(entry, { job, problem: undefined });
	}

	/** Notes why there is no result, or why it is unknown whether there will be one. */
	failed(index: number, problem: Problem): void {
		const entry = this.own.get(index);
		if (!entry) return;
		entry.problem = problem;
		if (entry.job) this.release(entry);
	}

	/** Forgets an item: the API did not take it, or it is submitted once more. */
	erase(index: number): void {
		const entry = this.own.get(index);
		this.own.delete(index);
		if (entry) this.release(entry);
	}

	/** Whether a job belongs to another run of the node. */
	isClaimed(job: string): boolean {
		return (this.node.claims.get(job) ?? this.run) !== this.run;
	}

	/**
	 * Ends a try: forgets what it has delivered, and leaves the other entries to the next run.
	 * @returns what it leaves
	 */
	settle(isDelivered: (index: number) => boolean): Undelivered {
		for (const [index, entry] of this.own) {
			if (isDelivered(index)) this.release(entry);
			else this.leave(entry);
		}
		this.node.runs.delete(this);
		this.tellEnd();
		if (this.memory) this.node.save(this.memory);
		dropIfEmpty(this.nodeKey);
		const free = new Set(this.node.free.map(idOf));
		const left = [...this.own.values()].filter(({ stored }) => stored && free.has(idOf(stored)));
		const paid = left.flatMap(({ job }) => job ?? []);
		return { paid, unknown: left.length - paid.length };
	}

	/** Leaves an entry to other runs, unless its job has ended without a result. */
	private leave(entry: OwnEntry): void {
		const { job, ref, at, problem } = entry;
		const item = job && problem ? undefined : entry.key();
		if (item === undefined) return;
		entry.stored ??= { item, job, ref, at };
		this.node.claims.delete(idOf(entry.stored));
		this.node.add(entry.stored);
	}

	/** No other run needs an entry any more. */
	private release(entry: OwnEntry): void {
		if (!entry.stored) return;
		this.node.claims.delete(idOf(entry.stored));
		this.node.forget(entry.stored);
		entry.stored = undefined;
	}
}
