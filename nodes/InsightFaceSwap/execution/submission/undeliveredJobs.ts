import { createHash } from 'crypto';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { isObject, type Job } from '../../api/job';
import { whenStopped, type CancelSignal } from '../../shared/cancellation';
import { hasStaticData } from '../../n8nCompat/staticData';
import { pause } from '../../shared/retry';
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

/** The maximum number of nodes whose jobs this process keeps, besides those that run. */
const MAX_NODES = 500;

/** How long a run waits for one that was stopped, in milliseconds. */
const MAX_WAIT_MS = 30_000;

/** The longest sleep in milliseconds: a sleep cannot be cancelled. */
const MAX_SLEEP_MS = 1_000;

/** How long the API promises to keep a job, in milliseconds. */
const KEPT_MS = 7 * 24 * 3_600_000;

/** Two submissions of unknown outcome have the same reference only where it is the user's. */
const idOf = ({ item, job, ref, at }: UndeliveredJob): string => job ?? ref ?? `${item} ${at}`;

/** A job that was put out, or had no result. Other processes may still remember it. */
interface ForgottenJob extends IDataObject {
	/** A short hash of its ID. */
	id: string;
	/** When it was submitted, in milliseconds since 1970. */
	at: number;
}

const shortId = (job: UndeliveredJob): string =>
	createHash('sha256').update(idOf(job)).digest('base64url').slice(0, 11);

const isTextOrMissing = (value: unknown): boolean =>
	value === undefined || typeof value === 'string';

const isUndelivered = (value: unknown): value is UndeliveredJob => {
	if (!isObject(value)) return false;
	const { item, job, ref, at } = value;
	return (
		typeof item === 'string' &&
		typeof at === 'number' &&
		isTextOrMissing(job) &&
		isTextOrMissing(ref)
	);
};

const isForgotten = (value: unknown): value is ForgottenJob =>
	isObject(value) && typeof value.id === 'string' && typeof value.at === 'number';

/** What n8n stores may come from another version, or from a user's code. */
const entriesOf = <T>(stored: unknown, isEntry: (value: unknown) => value is T): T[] =>
	Array.isArray(stored) ? stored.filter(isEntry) : [];

/** Whether the API still has the job, as it promises. */
const isKept = ({ at }: { at: number }): boolean => at > Date.now() - KEPT_MS;

/** The jobs of one node, for all executions of this process. */
class NodeJobs {
	/**
	 * The oldest first. The static data of each execution holds this very list, so that the last one
	 * that n8n saves has everything.
	 */
	readonly list: UndeliveredJob[] = [];

	/** The runs that continue a job now, by its ID. */
	readonly claims = new Map<string, string>();

	/** The runs that were stopped and have not ended. */
	readonly stopping = new Set<Promise<void>>();

	/** How many runs use it. */
	users = 0;

	/** The runs that have forgotten a job, by its short ID. */
	private readonly forgotten = new Map<string, { run: string; at: number }>();

	get isEmpty(): boolean {
		return this.users + this.list.length + this.forgotten.size === 0;
	}

	/** Adds what n8n has stored with the workflow. */
	load(stored: IDataObject): void {
		for (const { id, at } of entriesOf(stored.forgotten, isForgotten)) this.forgetElsewhere(id, at);
		const known = new Set(this.list.map(idOf));
		for (const { item, job, ref, at } of entriesOf(stored.undelivered, isUndelivered)) {
			const copy = { item, job, ref, at };
			if (!known.has(idOf(copy)) && !this.forgotten.has(shortId(copy))) this.list.push(copy);
		}
		this.trim();
	}

	add(job: UndeliveredJob): void {
		if (this.list.some((other) => idOf(other) === idOf(job))) return;
		this.forgotten.delete(shortId(job));
		this.list.push(job);
		this.trim();
	}

	/** Has other executions leave a job alone, also those that began when it was still stored. */
	forget(job: UndeliveredJob, run: string): void {
		const index = this.list.findIndex((other) => idOf(other) === idOf(job));
		if (index < 0) return;
		this.list.splice(index, 1);
		this.addForgotten(shortId(job), run, job.at);
	}

	/** What n8n stores with the workflow of the jobs that are forgotten. */
	allForgotten(): ForgottenJob[] {
		return [...this.forgotten].map(([id, { at }]) => ({ id, at })).filter(isKept);
	}

	/** Whether a run may continue a job that it knows from a try before. */
	isOpenTo(job: UndeliveredJob, run: string): boolean {
		const owner = this.claims.get(idOf(job)) ?? this.forgotten.get(shortId(job))?.run;
		return owner === undefined || owner === run;
	}

	/** Another process has forgotten a job, while this one may remember it. */
	private forgetElsewhere(id: string, at: number): void {
		if (this.forgotten.has(id)) return;
		const index = this.list.findIndex((job) => shortId(job) === id);
		if (index >= 0) this.list.splice(index, 1);
		this.addForgotten(id, '', at);
	}

	private addForgotten(id: string, run: string, at: number): void {
		this.forgotten.set(id, { run, at });
		for (const [other, entry] of this.forgotten) if (!isKept(entry)) this.forgotten.delete(other);
		const [oldest] = this.forgotten.keys();
		if (this.forgotten.size > MAX_JOBS && oldest) this.forgotten.delete(oldest);
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
	if (jobsByNode.size > MAX_NODES) dropOldest();
	return jobs;
}

function dropOldest(): void {
	const idle = [...jobsByNode].find(([, { users }]) => users === 0);
	if (idle) jobsByNode.delete(idle[0]);
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
 * The jobs are kept in this process, and for production runs also in the static data of the workflow, which
 * n8n 2 also gives to test runs.
 * n8n saves that when an execution ends, but not when it is stopped or dies.
 */
export class UndeliveredJobs {
	/** The jobs of this run, by item. */
	private readonly own = new Map<number, UndeliveredJob>();

	private readonly nodeKey: string;

	private readonly node: NodeJobs;

	/** The same for all tries of a run. */
	private readonly run: string;

	/** Where n8n stores data with the workflow, if this run may write there. Test runs only read it. */
	private readonly stored?: IDataObject;

	private isSettled = false;

	/** Tells the runs that wait for the end of this one. */
	private tellEnd = () => {};

	constructor(context: IExecuteFunctions) {
		this.nodeKey = `${context.getWorkflow().id} ${context.getNode().id}`;
		this.run = `${context.getExecutionId()} ${runIndexOf(context)}`;
		const stored: unknown = context.getWorkflowStaticData('node');
		this.node = jobsOfNode(this.nodeKey);
		this.node.users++;
		whenStopped(context, () => this.noteStop());
		if (!isObject(stored)) return;
		const isPresent = hasStaticData(context) || stored.undelivered !== undefined;
		if (context.getMode() !== 'manual' && isPresent) this.stored = stored;
		this.node.load(stored);
	}

	/**
	 * Waits for the runs of this node that were stopped: they may still find out that they leave a job.
	 * @param signal ends the wait
	 */
	async stoppedRunsEnded(signal: CancelSignal): Promise<void> {
		const deadline = Date.now() + MAX_WAIT_MS;
		const { stopping } = this.node;
		while (stopping.size > 0 && Date.now() < deadline && !signal.aborted) {
			await pause(
				MAX_SLEEP_MS,
				signal,
				Promise.all(stopping).then(() => {}),
			);
		}
	}

	/** Whether another run of the node continues a job now. */
	isClaimed(jobid: string | undefined): boolean {
		const owner = this.node.claims.get(jobid ?? '');
		return owner !== undefined && owner !== this.run;
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
	 * @param noted what that try has noted of it: it has forgotten a job that it put out
	 * @returns false when another run has it by now
	 */
	reclaim(itemIndex: number, noted: UndeliveredJob | undefined): boolean {
		if (!noted) return true;
		if (!this.node.isOpenTo(noted, this.run)) return false;
		this.take(itemIndex, noted);
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
	 * Ends the run: forgets what it has put out, and leaves the rest to the next run. Ends it once: what the
	 * run does after that leaves nothing that is claimed.
	 * @returns what it leaves
	 */
	settle(isPutOut: (itemIndex: number) => boolean): Undelivered {
		for (const itemIndex of [...this.own.keys()]) if (isPutOut(itemIndex)) this.drop(itemIndex);
		const left = [...this.own.values()];
		this.own.clear();
		for (const job of left) {
			this.node.add(job);
			this.node.claims.delete(idOf(job));
		}
		this.end();
		const ids = new Set(this.node.list.map(idOf));
		const kept = left.filter((job) => ids.has(idOf(job)));
		const paid = kept.flatMap(({ job }) => job ?? []);
		return { paid, unknown: kept.length - paid.length };
	}

	private end(): void {
		if (this.isSettled) return;
		this.isSettled = true;
		this.save();
		this.node.users--;
		this.tellEnd();
		if (this.node.isEmpty) jobsByNode.delete(this.nodeKey);
	}

	private noteStop(): void {
		if (this.isSettled) return;
		const { stopping } = this.node;
		const ended = new Promise<void>((resolve) => {
			this.tellEnd = resolve;
		}).then(() => void stopping.delete(ended));
		stopping.add(ended);
	}

	private take(itemIndex: number, job: UndeliveredJob): void {
		if (this.isSettled) return jobsOfNode(this.nodeKey).add(job);
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
		const before: unknown = this.stored.undelivered;
		const ids = (jobs: unknown) => entriesOf(jobs, isUndelivered).map(idOf).join(' ');
		if (before !== list && ids(before) === ids(list)) return;
		const forgotten = this.node.allForgotten();
		if (list.length > 0) this.stored.undelivered = list;
		else delete this.stored.undelivered;
		if (forgotten.length > 0) this.stored.forgotten = forgotten;
		else delete this.stored.forgotten;
	}
}
