import { createHash } from 'crypto';
import type { IDataObject } from 'n8n-workflow';

import { isObject } from '../api/job';

/**
 * A job that was paid, or may have been, and that no run has delivered. As JSON it has less than 200
 * bytes, and it holds no text of the user.
 */
export interface LedgerEntry extends IDataObject {
	/** Stands for the item, see `itemKey`. */
	item: string;
	/** The job ID; missing while it is unknown whether there is a job. */
	job?: string;
	/** The reply reference, where the node made it up. */
	ref?: string;
	/** When it was submitted, in milliseconds since 1970. */
	at: number;
}

/** What is stored of a job that needs no run any more. Other processes may still remember it. */
interface GoneEntry extends IDataObject {
	/** A short hash of the entry's ID. */
	gone: string;
	/** When it was submitted, in milliseconds since 1970. */
	at: number;
}

/** The maximum number of entries, and of those that are gone, kept for each node. */
const MAX_ENTRIES = 1000;

/** How long the API keeps a job at least, in milliseconds. */
const KEPT_MS = 31 * 24 * 3_600_000;

/** Two submissions of unknown outcome have the same reference only where it is the user's. */
export const idOf = ({ item, job, ref, at }: LedgerEntry): string => job ?? ref ?? `${item} ${at}`;

const shortId = (entry: LedgerEntry): string =>
	createHash('sha256').update(idOf(entry)).digest('base64url').slice(0, 11);

const isTextOrMissing = (value: unknown): boolean =>
	value === undefined || typeof value === 'string';

const isEntry = (value: unknown): value is LedgerEntry =>
	isObject(value) &&
	typeof value.item === 'string' &&
	typeof value.at === 'number' &&
	isTextOrMissing(value.job) &&
	isTextOrMissing(value.ref);

const isGone = (value: unknown): value is GoneEntry =>
	isObject(value) && typeof value.gone === 'string' && typeof value.at === 'number';

const isKept = ({ at }: { at: number }): boolean => at > Date.now() - KEPT_MS;

/** What all runs of one node in this process know of its jobs. */
export class NodeLedger {
	/** The entries that no run works on, the oldest first. */
	readonly open: LedgerEntry[] = [];

	/** The runs that work on an entry now, by its ID. */
	readonly claims = new Map<string, string>();

	/** The runs that were stopped and have not ended. */
	readonly stopping = new Set<Promise<void>>();

	/** How many runs use it. */
	users = 0;

	/** The entries that are gone, by short ID, and the runs that have had them: empty for another process. */
	private readonly gone = new Map<string, { run: string; at: number }>();

	/**
	 * What n8n stores with the workflow. The static data of each execution holds this very list, so that the
	 * last one that n8n saves has everything.
	 */
	private readonly stored: IDataObject[] = [];

	get isEmpty(): boolean {
		return this.users + this.open.length + this.gone.size === 0;
	}

	/** Takes what n8n has stored with the workflow. It may come from a user's code. */
	load({ jobs }: IDataObject): void {
		const stored: unknown[] = Array.isArray(jobs) && jobs !== this.stored ? jobs : [];
		for (const { gone, at } of stored.filter(isGone)) this.forgetElsewhere(gone, at);
		const known = new Set(this.open.map(idOf));
		for (const { item, job, ref, at } of stored.filter(isEntry)) {
			const entry = { item, job, ref, at };
			if (!known.has(idOf(entry)) && !this.gone.has(shortId(entry))) this.open.push(entry);
		}
		this.changed();
	}

	/** Has n8n store what is known. Static data that did not change is left alone: n8n saves it as a whole. */
	save(memory: IDataObject): void {
		const before: unknown = memory.jobs;
		const ids = (entries: unknown) =>
			Array.isArray(entries) ? entries.filter(isEntry).map(idOf).join(' ') : '';
		if (before !== this.stored && ids(before) === ids(this.open)) return;
		if (this.stored.length > 0) memory.jobs = this.stored;
		else delete memory.jobs;
	}

	/** Leaves an entry to later runs. */
	add(entry: LedgerEntry): void {
		if (this.open.some((other) => idOf(other) === idOf(entry))) return;
		this.gone.delete(shortId(entry));
		this.open.push(entry);
		this.changed();
	}

	/** Has other runs leave an entry alone, also those that began when it was still stored. */
	forget(entry: LedgerEntry, run: string): void {
		const index = this.open.findIndex((other) => idOf(other) === idOf(entry));
		if (index < 0) return;
		this.open.splice(index, 1);
		this.addGone(shortId(entry), entry.at, run);
		this.changed();
	}

	/** Whether no run works on an entry. */
	isFree(entry: LedgerEntry): boolean {
		return isKept(entry) && !this.claims.has(idOf(entry));
	}

	/** Whether a try of a run may go on with an entry of the try before. */
	isOpenTo(entry: LedgerEntry, run: string): boolean {
		const owner = this.claims.get(idOf(entry)) ?? this.gone.get(shortId(entry))?.run;
		return owner === undefined || owner === run;
	}

	private forgetElsewhere(gone: string, at: number): void {
		if (this.gone.has(gone)) return;
		const index = this.open.findIndex((entry) => shortId(entry) === gone);
		if (index >= 0) this.open.splice(index, 1);
		this.addGone(gone, at, '');
	}

	private addGone(id: string, at: number, run: string): void {
		this.gone.set(id, { run, at });
		const [oldest = ''] = this.gone.keys();
		if (this.gone.size > MAX_ENTRIES) this.gone.delete(oldest);
	}

	private changed(): void {
		for (const [id, entry] of this.gone) if (!isKept(entry)) this.gone.delete(id);
		const kept = this.open.filter(isKept).sort((one, other) => one.at - other.at);
		this.open.splice(0, Infinity, ...kept.slice(-MAX_ENTRIES));
		const gone = [...this.gone].map(([id, { at }]) => ({ gone: id, at }));
		this.stored.splice(0, Infinity, ...this.open, ...gone);
	}
}

/** The maximum number of nodes that this process keeps, besides those that run. */
const MAX_NODES = 500;

/** By workflow and node. The jobs of a test run are kept nowhere else. */
const nodes = new Map<string, NodeLedger>();

/** The ledger of a node; the node counts as the one that was used last. */
export function nodeLedger(key: string): NodeLedger {
	const ledger = nodes.get(key) ?? new NodeLedger();
	nodes.delete(key);
	nodes.set(key, ledger);
	const idle = nodes.size > MAX_NODES && [...nodes].find(([, { users }]) => users === 0);
	if (idle) nodes.delete(idle[0]);
	return ledger;
}

/** Drops the ledger of a node that has nothing to remember. */
export function dropIfEmpty(key: string): void {
	if (nodes.get(key)?.isEmpty) nodes.delete(key);
}
