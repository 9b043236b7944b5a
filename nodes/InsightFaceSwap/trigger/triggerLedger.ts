import { createHash, randomBytes } from 'crypto';
import type { ICredentialDataDecryptedObject, IDataObject, ITriggerFunctions } from 'n8n-workflow';

import { isObject, isRunning, type Job } from '../api/job';
import {
	entryOf,
	knownFrom,
	processOf,
	State,
	stateOf,
	timeOf,
	type Known,
} from '../jobs/triggerCall';
import { pause } from '../shared/retry';
import { isJobId } from '../shared/validation';

/** The maximum number of jobs kept for each trigger. */
const MAX_JOBS = 1000;

/** How long an execution may take to deliver its job, in milliseconds. */
const IN_HAND_MS = 600_000;

/** How long a process that takes calls, and where the trigger is not active, keeps what it knows, in milliseconds. */
const LINGER_MS = 60_000;

/** This process, in the entries that it makes. */
export const THIS_PROCESS = randomBytes(4).toString('base64url');

/** What a workflow has registered. */
export interface Registered extends IDataObject {
	/** The ID of the workflow that has registered it: a copy of a workflow may hold the record of the original. */
	workflow: string;
	/** Without its secret. */
	url: string;
	/** The reply URL that was replaced, encrypted: it may hold another service's key. */
	replaced?: string;
}

/** What n8n has stored of a workflow's registration. */
export function registeredBy(
	context: Pick<ITriggerFunctions, 'getWorkflow' | 'getWorkflowStaticData'>,
): Registered | undefined {
	const { registration } = context.getWorkflowStaticData('node');
	const isIts = isObject(registration) && registration.workflow === context.getWorkflow().id;
	return isIts ? (registration as Registered) : undefined;
}

/** Where a trigger of this process listens. */
export interface Listening {
	/** The ID of the workflow. */
	workflow: string;
	name?: string;
	/** Without its secret. */
	url: string;
	/** What it has registered. n8n stores nothing of an activation that fails. */
	registered?: Registered;
	/** When its activation began, and when it became the reply URL, by `performance.now()`. */
	since: number;
	registeredAt?: number;
	/** Ends the search of a test run. */
	stop?: () => void;
}

/** The key of what is reported: the job for its end; a hash for each different report of a running one. */
export function keyOf(job: Job): string {
	const { jobid = '', status, updated, content } = job;
	if (!isRunning(job)) return jobid;
	const parts = JSON.stringify([jobid, status, updated, content]);
	return `~${createHash('sha256').update(parts).digest('base64url').slice(0, 16)}`;
}

/**
 * All that a trigger knows of its jobs in this process. The state of a job only grows, and two copies are merged by
 * the higher one: that is the whole protocol between the processes of n8n and what it stores.
 */
export class TriggerLedger {
	active?: Listening;

	test?: Listening;

	/** The readings of the trigger's credentials that are in progress, by their IDs. */
	readonly readings = new Map<string, Promise<ICredentialDataDecryptedObject>>();

	/** Called when a job was delivered, which n8n must know before it is started again. */
	onDone?: () => void;

	/** Stored with the workflow by whichever call: all of them hold this one object, so that the last one has all. */
	readonly known = Object.create(null) as Known;

	/** Whether this process has noted something that n8n has not stored. */
	hasChanged = false;

	/**
	 * What was not delivered, or may not have been, whatever its state says: a process that has ended had it in hand, or
	 * n8n could not start its execution, and may have stored by then that it did.
	 */
	private readonly restored = new Set<string>();

	private users = 0;

	/** @param known what n8n has stored */
	constructor(
		private readonly path: string,
		known: Known,
	) {
		this.learn(known);
		for (const key of Object.keys(known)) {
			const isUndone = isJobId(key) && this.is(key, State.watched, State.started);
			if (isUndone && processOf(known[key]!) !== THIS_PROCESS) this.restored.add(key);
		}
	}

	hold(): this {
		this.users++;
		return this;
	}

	/** Ends what `hold` began. The ledger goes when nobody uses it and the trigger listens nowhere. */
	release(): void {
		this.users--;
		const isUsed = this.users > 0 || this.active || this.test;
		if (!isUsed && triggers.get(this.path) === this) triggers.delete(this.path);
	}

	/** The same in a while, if the trigger is not active here: n8n may store what it has read before over newer data. */
	releaseLater(): void {
		if (this.active || this.test) this.release();
		else void pause(LINGER_MS, undefined).then(() => this.release());
	}

	/** Takes what is stored, or what another process knows. */
	learn(known: Known): void {
		for (const [key, entry] of Object.entries(known)) {
			if (entry <= (this.known[key] ?? '')) continue;
			this.known[key] = entry;
			if (processOf(entry) !== THIS_PROCESS) this.restored.delete(key);
		}
		this.trim();
	}

	/** Waits for the end of a job, unless something is known of it. */
	watch(jobid: string | undefined): void {
		if (jobid && !this.known[jobid]) this.note(jobid, State.watched);
	}

	/** The jobs whose ends are waited for. */
	open(): string[] {
		return Object.keys(this.known).filter((key) => this.isOpen(key));
	}

	isOpen(key: string): boolean {
		return isJobId(key) && (this.is(key, State.watched) || this.restored.has(key));
	}

	/** Whether the job may have been delivered before. */
	isRestored(key: string): boolean {
		return this.restored.has(key);
	}

	/** Whether the workflow was started for it. */
	isStarted(key: string): boolean {
		return this.is(key, State.started, State.done);
	}

	/** Whether it was this process that has started the workflow for it. */
	isStartedHere(key: string): boolean {
		return this.isStarted(key) && processOf(this.known[key] ?? '') === THIS_PROCESS;
	}

	/**
	 * Notes that an execution is started.
	 * @param state `done` where nobody waits for its end
	 * @returns false where one was started before
	 */
	start(key: string, state: State = State.started): boolean {
		if (this.isStarted(key) && !this.restored.has(key)) return false;
		this.note(key, state);
		return true;
	}

	/** Notes that n8n could not start the execution. */
	notStarted(key: string): void {
		this.note(key, isJobId(key) ? State.watched : State.dropped);
		this.restored.add(key);
	}

	/** Notes that an execution has delivered it. */
	done(key: string): void {
		if (this.is(key, State.done)) return;
		this.note(key, State.done);
		this.onDone?.();
	}

	/** Ends the wait for a job that is not there or not wanted. */
	drop(key: string): void {
		this.note(key, this.isStarted(key) ? State.done : State.dropped);
	}

	/** Counts as done what an execution has had for ten minutes: a worker does not say when it ends. */
	settle(): void {
		for (const [key, entry] of Object.entries(this.known)) {
			const isInHand = this.is(key, State.started) && !this.restored.has(key);
			if (isInHand && Date.now() - timeOf(entry) > IN_HAND_MS) this.note(key, State.done);
		}
	}

	/**
	 * Lets n8n store what is known, with the call that it is answering. What has not changed is not set: n8n would
	 * store the workflow's whole static data, perhaps over what another process has just stored.
	 * @param memory the node's static data
	 */
	saveTo(memory: IDataObject): void {
		const stored = knownFrom(memory.jobs);
		const isNewer = (key: string) => this.known[key]! > (stored[key] ?? '');
		if (Object.keys(this.known).some(isNewer)) memory.jobs = this.known;
		this.hasChanged = false;
	}

	private is(key: string, ...states: State[]): boolean {
		const entry = this.known[key];
		return entry !== undefined && states.includes(stateOf(entry));
	}

	private note(key: string, state: State): void {
		this.known[key] = entryOf(state, THIS_PROCESS);
		this.restored.delete(key);
		this.hasChanged = true;
		this.trim();
	}

	/** Of too many jobs, the oldest that nobody waits for go first. */
	private trim(): void {
		const excess = Object.keys(this.known).length - MAX_JOBS;
		if (excess <= 0) return;
		const place = (key: string) =>
			timeOf(this.known[key]!) + (this.is(key, State.done, State.dropped) ? 0 : 1e15);
		const sorted = Object.keys(this.known).sort((one, other) => place(one) - place(other));
		for (const key of sorted.slice(0, excess)) {
			delete this.known[key];
			this.restored.delete(key);
		}
	}
}

/** The triggers that are active in this process, listen in a test run, or handle a call, by webhook path. */
const triggers = new Map<string, TriggerLedger>();

/** The number of triggers that are in use in this process. */
export const triggersInUse = (): number => triggers.size;

/** Where the triggers of this process listen. */
export const listening = (): Listening[] =>
	[...triggers.values()].flatMap((one) => [one.active ?? [], one.test ?? []].flat());

export const ledgerHere = (path: string): TriggerLedger | undefined => triggers.get(path);

/**
 * The ledger of a trigger. It is held until `release` is called.
 * @param path of the trigger's webhook
 * @param memory the node's static data
 */
export function openLedger(path: string, memory: IDataObject): TriggerLedger {
	const known = knownFrom(memory.jobs);
	const ledger = triggers.get(path) ?? new TriggerLedger(path, known);
	ledger.learn(known);
	triggers.set(path, ledger);
	return ledger.hold();
}
