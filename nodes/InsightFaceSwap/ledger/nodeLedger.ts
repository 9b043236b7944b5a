import type { IDataObject } from 'n8n-workflow';

import { isObject } from '../api/job';

/**
 * A job that was paid, or may have been, and that no run has delivered. As JSON it has less than 200
 * bytes, and it holds no text of the user.
 */
export interface LedgerEntry extends IDataObject {
	/** Stands for the item, see `keyOf`. */
	item: string;
	/** The job ID; missing while it is unknown whether there is a job. */
	job?: string;
	/** The reply reference, where the node made it up. */
	ref?: string;
	/** When it was submitted, in milliseconds since 1970. */
	at: number;
	/** Set once no run needs it. It stays, as other processes may still remember it. */
	gone?: true;
}

/** A run of the node that has not ended. */
export interface ActiveRun {
	isStopped: () => boolean;
	ended: Promise<void>;
}

/** The maximum number of entries, and of those that are gone, kept for each node. */
const MAX_ENTRIES = 1000;

/** How long the API keeps a job at least, in milliseconds. */
const KEPT_MS = 31 * 24 * 3_600_000;

/** Two submissions of unknown outcome have the same reference only where it is the user's. */
export const idOf = ({ item, job, ref, at }: LedgerEntry): string => job ?? ref ?? `${item} ${at}`;

const isEntry = (value: unknown): value is LedgerEntry =>
	isObject(value) &&
	typeof value.item === 'string' &&
	typeof value.at === 'number' &&
	[value.job, value.ref].every((text) => text === undefined || typeof text === 'string');

const isKept = ({ at }: LedgerEntry): boolean => at > Date.now() - KEPT_MS;

/** What all runs of one node in this process know of its jobs. */
export class NodeLedger {
	/** The runs that work on an entry now, by its ID. */
	readonly claims = new Map<string, string>();

	readonly runs = new Set<ActiveRun>();

	/** By ID, the oldest first. */
	private entries = new Map<string, LedgerEntry>();

	/**
	 * What n8n stores with the workflow. The static data of each execution holds this very list, so that the
	 * last one that n8n saves has everything.
	 */
	private readonly stored: IDataObject[] = [];

	get isEmpty(): boolean {
		return this.runs.size + this.entries.size === 0;
	}

	/** The entries that no run works on, the oldest first. */
	get free(): LedgerEntry[] {
		return [...this.entries.values()].filter(
			(entry) => !entry.gone && isKept(entry) && !this.claims.has(idOf(entry)),
		);
	}

	/** Adds what n8n has stored with the workflow. It may come from a user's code. */
	load({ jobs }: IDataObject): void {
		const stored: unknown[] = Array.isArray(jobs) ? jobs : [];
		for (const entry of stored.filter(isEntry)) {
			const id = idOf(entry);
			if (entry.gone || !this.entries.has(id)) this.entries.set(id, { ...entry });
		}
		this.changed();
	}

	/** Lets n8n store what is known. Static data that did not change is left alone: n8n saves it as a whole. */
	save(memory: IDataObject): void {
		const before: unknown = memory.jobs;
		const isSaved = JSON.stringify(before ?? []) === JSON.stringify(this.stored);
		if (before !== this.stored && isSaved) return;
		if (this.stored.length > 0) memory.jobs = this.stored;
		else delete memory.jobs;
	}

	/** Leaves an entry to later runs. */
	add(entry: LedgerEntry): void {
		this.entries.set(idOf(entry), entry);
		this.changed();
	}

	/** Has other runs leave an entry alone, also those that began when it was still stored. */
	forget(entry: LedgerEntry): void {
		const known = this.entries.get(idOf(entry));
		if (known) this.entries.set(idOf(entry), { ...known, gone: true });
		this.changed();
	}

	/** Whether a try of a run may go on with an entry of the try before. */
	isOpenTo(entry: LedgerEntry, run: string): boolean {
		const owner = this.claims.get(idOf(entry)) ?? run;
		return owner === run && !this.entries.get(idOf(entry))?.gone;
	}

	private changed(): void {
		const kept = [...this.entries.values()].filter(isKept).sort((one, other) => one.at - other.at);
		const open = kept.filter(({ gone }) => !gone).slice(-MAX_ENTRIES);
		const gone = kept.filter((entry) => entry.gone).slice(-MAX_ENTRIES);
		this.entries = new Map([...open, ...gone].map((entry) => [idOf(entry), entry]));
		this.stored.splice(0, Infinity, ...this.entries.values());
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
	const idle = nodes.size > MAX_NODES && [...nodes].find(([, { runs }]) => runs.size === 0);
	if (idle) nodes.delete(idle[0]);
	return ledger;
}

/** Drops the ledger of a node that has nothing to remember. */
export function dropIfEmpty(key: string): void {
	if (nodes.get(key)?.isEmpty) nodes.delete(key);
}
