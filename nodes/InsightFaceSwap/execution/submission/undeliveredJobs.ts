import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import type { Job } from '../../api/job';
import { runIndexOf } from '../../shared/runIndex';

/**
 * A job that was paid and whose result no run has put out, or a submission of unknown outcome. As JSON
 * it has less than 200 bytes, and it holds no text of the user.
 */
export interface UndeliveredJob extends IDataObject {
	/** Stands for the item, see `itemKey`. */
	item: string;
	/** The job ID; missing while it is unknown whether there is a job. */
	job?: string;
	/** The reply reference of a submission of unknown outcome, where the node made it up. */
	ref?: string;
	/** When it was submitted, in milliseconds since 1970. */
	at: number;
}

/** The maximum number of jobs kept for each node. */
const MAX_JOBS = 1000;

/** The maximum number of nodes whose jobs this process keeps. */
const MAX_NODES = 500;

/** How long the API promises to keep a job, in milliseconds. */
const KEPT_MS = 7 * 24 * 3_600_000;

/** Two submissions of unknown outcome have the same reference only where it is the user's. */
const idOf = ({ item, job, ref, at }: UndeliveredJob): string => job ?? ref ?? `${item} ${at}`;

const isUndelivered = (value: unknown): value is UndeliveredJob => {
	const { item, at } = (value ?? {}) as IDataObject;
	return typeof item === 'string' && typeof at === 'number';
};

/** Whether the API still has the job, as it promises. */
const isKept = ({ at }: UndeliveredJob): boolean => at > Date.now() - KEPT_MS;

/** The jobs of one node, for all executions of this process. */
class NodeJobs {
	/**
	 * The oldest first. The static data of each execution holds this very list, so that the last one
	 * that n8n saves has everything.
	 */
	readonly list: UndeliveredJob[] = [];

	/** The runs that continue a job now, by its ID. */
	readonly claims = new Map<string, string>();

	/** The runs that have put out a job, or found that it has no result, by its ID. */
	private readonly forgotten = new Map<string, string>();

	get isEmpty(): boolean {
		return this.list.length + this.claims.size + this.forgotten.size === 0;
	}

	/** Adds what n8n has stored with the workflow. */
	load(stored: unknown): void {
		const known = new Set(this.list.map(idOf));
		const jobs = Array.isArray(stored) ? stored.filter(isUndelivered) : [];
		for (const { item, job, ref, at } of jobs) {
			const copy = { item, job, ref, at };
			if (!known.has(idOf(copy)) && !this.forgotten.has(idOf(copy))) this.list.push(copy);
		}
		this.trim();
	}

	add(job: UndeliveredJob): void {
		if (this.list.some((other) => idOf(other) === idOf(job))) return;
		this.list.push(job);
		this.trim();
	}

	/** Has other executions leave a job alone, also those that began when it was still stored. */
	forget(job: UndeliveredJob, run: string): void {
		const id = idOf(job);
		const index = this.list.findIndex((other) => idOf(other) === id);
		if (index < 0) return;
		this.list.splice(index, 1);
		this.forgotten.set(id, run);
		const [oldest] = this.forgotten.keys();
		if (this.forgotten.size > MAX_JOBS && oldest) this.forgotten.delete(oldest);
	}

	/** Whether a run may continue a job that it knows from a try before. */
	isOpenTo(id: string, run: string): boolean {
		const owner = this.claims.get(id) ?? this.forgotten.get(id);
		return owner === undefined || owner === run;
	}

	private trim(): void {
		const kept = this.list.filter(isKept).sort((one, other) => one.at - other.at);
		this.list.splice(0, this.list.length, ...kept.slice(-MAX_JOBS));
	}
}

/** By workflow and node. A test run's jobs are kept nowhere else. */
const jobsByNode = new Map<string, NodeJobs>();

function jobsOfNode(node: string): NodeJobs {
	const jobs = jobsByNode.get(node) ?? new NodeJobs();
	jobsByNode.delete(node);
	jobsByNode.set(node, jobs);
	const [oldest] = jobsByNode.keys();
	if (jobsByNode.size > MAX_NODES && oldest) jobsByNode.delete(oldest);
	return jobs;
}

/** How many jobs wait for the next run. */
export interface Undelivered {
	/** The IDs of paid jobs. */
	paid: string[];
	/** The number of submissions of unknown outcome. */
	unknown: number;
}

/**
 * What one run of a node continues of earlier runs, and what it leaves to later ones.
 *
 * The jobs are kept in this process, and for production runs also in the static data of the workflow.
 * n8n saves that when an execution ends, but not when it is stopped or dies.
 */
export class UndeliveredJobs {
	/** The jobs of this run, by item. */
	private readonly own = new Map<number, UndeliveredJob>();

	private readonly nodeKey: string;

	private readonly node: NodeJobs;

	/** The same for all tries of a run. */
	private readonly run: string;

	/** Where n8n stores data with the workflow; it does not for test runs. */
	private readonly stored?: IDataObject;

	constructor(context: IExecuteFunctions) {
		this.nodeKey = `${context.getWorkflow().id} ${context.getNode().id}`;
		this.node = jobsOfNode(this.nodeKey);
		this.run = `${context.getExecutionId()} ${runIndexOf(context)}`;
		if (context.getMode() === 'manual') return;
		this.stored = context.getWorkflowStaticData('node');
		this.node.load(this.stored.undelivered);
	}

	/** Whether a job waits whose item has this beginning of a key. */
	hasFor(beginning: string): boolean {
		return this.node.list.some((job) => job.item.startsWith(beginning) && this.isFree(job));
	}

	get hasAny(): boolean {
		return this.node.list.some((job) => this.isFree(job));
	}

	/** Takes the oldest job of an equal item that no run continues now. */
	claim(itemIndex: number, item: string): UndeliveredJob | undefined {
		const job = this.node.list.find((other) => other.item === item && this.isFree(other));
		if (job) this.take(itemIndex, job);
		return job;
	}

	/**
	 * Takes a job again that a try before has accepted.
	 * @returns false when another run has it by now
	 */
	reclaim(itemIndex: number, jobid: string | undefined): boolean {
		if (!jobid) return true;
		if (!this.node.isOpenTo(jobid, this.run)) return false;
		const job = this.node.list.find((other) => other.job === jobid);
		if (job) this.take(itemIndex, job);
		return true;
	}

	/** Notes a job of this run, or a submission of unknown outcome. */
	note(itemIndex: number, job: UndeliveredJob): void {
		this.drop(itemIndex);
		this.take(itemIndex, job);
	}

	of(itemIndex: number): UndeliveredJob | undefined {
		return this.own.get(itemIndex);
	}

	/** Forgets the job of an item: it has no result, or the user gives it up. */
	drop(itemIndex: number): void {
		const job = this.own.get(itemIndex);
		if (!job) return;
		this.own.delete(itemIndex);
		this.node.claims.delete(idOf(job));
		this.node.forget(job, this.run);
	}

	/** Forgets a job that was cancelled. */
	dropJob({ jobid, replyRef }: Job): void {
		for (const [itemIndex, { job, ref }] of [...this.own]) {
			if (job ? job === jobid : ref !== undefined && ref === replyRef) this.drop(itemIndex);
		}
	}

	/**
	 * Ends the run: forgets what it has put out, and leaves the rest to the next run.
	 * @returns what it leaves
	 */
	settle(isPutOut: (itemIndex: number) => boolean): Undelivered {
		const left: Undelivered = { paid: [], unknown: 0 };
		for (const [itemIndex, job] of [...this.own]) {
			if (isPutOut(itemIndex)) {
				this.drop(itemIndex);
				continue;
			}
			this.node.add(job);
			this.node.claims.delete(idOf(job));
			if (job.job) left.paid.push(job.job);
			else left.unknown++;
		}
		this.own.clear();
		this.save();
		if (this.node.isEmpty) jobsByNode.delete(this.nodeKey);
		return left;
	}

	private take(itemIndex: number, job: UndeliveredJob): void {
		this.own.set(itemIndex, job);
		this.node.claims.set(idOf(job), this.run);
	}

	private isFree(job: UndeliveredJob): boolean {
		return isKept(job) && !this.node.claims.has(idOf(job));
	}

	/** Static data that did not change is not saved, as n8n would then write over what others saved. */
	private save(): void {
		if (!this.stored) return;
		const { list } = this.node;
		const before = Array.isArray(this.stored.undelivered) ? this.stored.undelivered : [];
		const ids = (jobs: unknown[]) => jobs.filter(isUndelivered).map(idOf).join(' ');
		if (before !== list && ids(before) === ids(list)) return;
		if (list.length > 0) this.stored.undelivered = list;
		else delete this.stored.undelivered;
	}
}
