import { createHash, randomBytes } from 'crypto';
import type { ICredentialDataDecryptedObject, IDataObject } from 'n8n-workflow';

import { isObject, isRunning, type Job } from '../api/job';
import {
	entryOf,
	knownFrom,
	processOf,
	State,
	stateOf,
	timeOf,
	type Entry,
	type Known,
} from '../jobs/triggerCall';
import { isJobId } from '../shared/validation';

/** The maximum number of jobs kept for each trigger. */
const MAX_JOBS = 1000;

/** How long an execution may take to put out its job, in milliseconds. */
const IN_HAND_MS = 600_000;

/** This process, in the entries that it makes. */
export const THIS_PROCESS = randomBytes(4).toString('base64url');

/** "I registered this URL, and it replaced that one." */
export interface Registered extends IDataObject {
	/** The ID of the workflow that has registered it. */
	workflow: string;
	/** The address, without its secret. */
	url: string;
	/** The reply URL that was replaced, encrypted: it may hold another service's key. */
	replaced?: string;
}

/** What n8n has stored of a workflow's registration: a copy of a workflow may hold that of the original. */
export function registeredBy(
	workflow: string | undefined,
	{ registration }: IDataObject,
): Registered | undefined {
	const isIts = isObject(registration) && registration.workflow === workflow;
	return isIts ? (registration as Registered) : undefined;
}

/** Where a trigger of this process listens, while it is active or in a test run. */
export interface Listening {
	workflow: string;
	/** The workflow's name, for those who want the same reply URL. */
	name?: string;
	/** With its secret. */
	url: string;
	/** What it has registered at the API. n8n stores nothing of an activation that fails. */
	registered?: Registered;
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

	/** The reading of the trigger's credential that is in progress. */
	reading?: { id: string; credential: Promise<ICredentialDataDecryptedObject> };

	/** Called when a job was put out, which n8n must know before it is started again. */
	readonly onDone = new Set<() => void>();

	/** Stored with the workflow by whichever call: all of them hold this one object, so that the last one has all. */
	private readonly known = Object.create(null) as Known;

	/** The keys of what n8n has not stored yet. */
	private readonly changed = new Set<string>();

	/** The jobs that a process which has ended was waiting for, or had in hand. */
	private readonly restored: Set<string>;

	private users = 0;

	/** @param stored the node's static data */
	constructor(
		private readonly path: string,
		stored: IDataObject,
	) {
		this.learn(knownFrom(stored.jobs));
		const isLeft = (key: string) => isJobId(key) && !isHere(this.known[key]!);
		this.restored = new Set(this.undone().filter(isLeft));
	}

	hold(): this {
		this.users++;
		return this;
	}

	/** Ends what `hold` began. The ledger goes when nobody uses it and the trigger listens nowhere. */
	release(): void {
		this.users--;
		this.dropIfUnused();
	}

	dropIfUnused(): void {
		const isUsed = this.users > 0 || this.active || this.test;
		if (!isUsed && triggers.get(this.path) === this) triggers.delete(this.path);
	}

	/** Takes what is stored, or what another process knows. */
	learn(known: Known): void {
		for (const [key, entry] of Object.entries(known)) {
			if (entry <= (this.known[key] ?? '')) continue;
			this.known[key] = entry;
			this.restored?.delete(key);
		}
		this.trim();
	}

	/** Waits for the end of a job, unless something is known of it. */
	watch(jobid: string | undefined): void {
		if (jobid && !this.known[jobid]) this.note(jobid, State.watched);
	}

	/** The jobs whose ends are waited for. One that an execution has in hand is not, unless its process has ended. */
	open(): string[] {
		return Object.keys(this.known).filter((key) => this.isOpen(key));
	}

	isOpen(key: string): boolean {
		return this.stateOf(key) === State.watched || this.restored.has(key);
	}

	/** Whether the job may have been put out before n8n was started. */
	isRestored(key: string): boolean {
		return this.restored.has(key);
	}

	/** Whether the workflow was started for it. */
	isStarted(key: string): boolean {
		return (this.stateOf(key) ?? 0) >= State.started;
	}

	/** Whether it was this process that has started the workflow for it. */
	isStartedHere(key: string): boolean {
		return this.isStarted(key) && isHere(this.known[key] ?? '');
	}

	/**
	 * Notes that an execution is started.
	 * @param state `done` where nobody waits for its end
	 * @returns takes it back, where n8n could not start it; nothing where one was started before
	 */
	start(key: string, state: State = State.started): (() => void) | undefined {
		const before = this.known[key];
		const isRestored = this.restored.has(key);
		if (this.isStarted(key) && !isRestored) return undefined;
		this.note(key, state);
		return () => {
			if (before) this.known[key] = before;
			else delete this.known[key];
			this.changed.delete(key);
			if (isRestored) this.restored.add(key);
		};
	}

	/** Notes that an execution has put it out, or that nothing is left to do. */
	done(key: string): void {
		if (this.stateOf(key) === State.done) return;
		this.note(key, State.done);
		for (const listener of this.onDone) listener();
	}

	/** Ends the wait for a job that is not there or not wanted. */
	drop(key: string): void {
		this.note(key, this.isStarted(key) ? State.done : State.dropped);
	}

	/** Counts as done what another process has in hand, and what an execution has had for too long: a worker has it. */
	settle(): void {
		for (const [key, entry] of Object.entries(this.known)) {
			if (stateOf(entry) !== State.started || this.restored.has(key)) continue;
			const isInHand = isHere(entry) && Date.now() - timeOf(entry) < IN_HAND_MS;
			if (!isInHand) this.note(key, State.done);
		}
	}

	get hasChanged(): boolean {
		return this.changed.size > 0;
	}

	/** Has n8n store once more what is waited for: on activation it may have stored what it had loaded before. */
	storeAgain(): void {
		for (const key of this.open()) this.changed.add(key);
	}

	/** What n8n has not stored, and what is known of these jobs. */
	changes(keys: string[] = []): Known {
		return this.pick([...this.changed, ...keys]);
	}

	/** Notes that n8n has stored what `changes` gave. */
	confirm(changes: Known): void {
		for (const [key, entry] of Object.entries(changes)) {
			if (this.known[key] === entry) this.changed.delete(key);
		}
	}

	/** What is known of these jobs, and of all that are not done. */
	answerTo(keys: string[]): Known {
		return this.pick([...keys, ...this.undone()]);
	}

	/**
	 * Has n8n store what is known, with the call that it is answering. What has not changed is not set: n8n would store
	 * the workflow's whole static data, perhaps over what another process has just stored.
	 * @param memory the node's static data
	 */
	saveTo(memory: IDataObject): void {
		const stored = knownFrom(memory.jobs);
		const isNew = ([key, entry]: [string, Entry]) => entry > (stored[key] ?? '');
		if (Object.entries(this.known).some(isNew)) memory.jobs = this.known;
		this.changed.clear();
	}

	private note(key: string, state: State): void {
		this.known[key] = entryOf(state, THIS_PROCESS);
		this.changed.add(key);
		this.restored.delete(key);
		this.trim();
	}

	private stateOf(key: string): State | undefined {
		const entry = this.known[key];
		return entry === undefined ? undefined : stateOf(entry);
	}

	/** The keys of what is waited for, and of what an execution has in hand. */
	private undone(): string[] {
		const open: unknown[] = [State.watched, State.started];
		return Object.keys(this.known).filter((key) => open.includes(this.stateOf(key)));
	}

	private pick(keys: string[]): Known {
		const entries = keys.flatMap((key): Array<[string, Entry]> => {
			const entry = this.known[key];
			return entry ? [[key, entry]] : [];
		});
		return Object.fromEntries(entries);
	}

	/** Of too many jobs, the oldest that are done go first. */
	private trim(): void {
		const excess = Object.keys(this.known).length - MAX_JOBS;
		if (excess <= 0) return;
		const rank = (key: string) => {
			const entry = this.known[key]!;
			return timeOf(entry) - (stateOf(entry) === State.done ? Date.now() : 0);
		};
		const sorted = Object.keys(this.known).sort((one, other) => rank(one) - rank(other));
		for (const key of sorted.slice(0, excess)) {
			delete this.known[key];
			this.changed.delete(key);
			this.restored.delete(key);
		}
	}
}

/** Whether this process has made an entry. */
const isHere = (entry: Entry): boolean => processOf(entry) === THIS_PROCESS;

/** The triggers that are active in this process, listen in a test run, or handle a call, by webhook path. */
const triggers = new Map<string, TriggerLedger>();

/** The number of triggers that are in use in this process. */
export const triggersInUse = (): number => triggers.size;

/** The triggers of this process that listen somewhere. */
export const listening = (): Listening[] =>
	[...triggers.values()].flatMap(({ active, test }) =>
		[active, test].filter((one) => one !== undefined),
	);

export const ledgerHere = (path: string): TriggerLedger | undefined => triggers.get(path);

/**
 * The ledger of a trigger. It is held until `release` is called.
 * @param path of the trigger's webhook
 * @param stored the node's static data
 */
export function openLedger(path: string, stored: IDataObject): TriggerLedger {
	const here = triggers.get(path);
	here?.learn(knownFrom(stored.jobs));
	const ledger = here ?? new TriggerLedger(path, stored);
	triggers.set(path, ledger);
	return ledger.hold();
}
