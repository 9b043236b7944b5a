import type { IDataObject } from 'n8n-workflow';

/** The maximum number of jobs kept for each trigger. */
const MAX_JOBS = 1000;

/** How long an execution may take to put out its job, in milliseconds. */
const IN_FLIGHT_MS = 600_000;

export interface StoredWatchList extends IDataObject {
	/** The IDs of the jobs whose ends the trigger waits for. */
	watched?: string[];
	/** The IDs of jobs that workers have submitted, and that the process which checks has not taken. */
	submitted?: string[];
}

/**
 * The jobs whose ends a trigger waits for, by ID, the oldest first. A job stays until an execution has
 * put it out, so that it is looked at again when n8n dies before that.
 */
export class WatchList {
	/** n8n stores this list itself with the workflow, whichever call has it stored. */
	readonly ids: string[];

	/** Jobs that were on the list when n8n started. */
	private readonly restored: Set<string>;

	/** Since when an execution has a job, in milliseconds since 1970. */
	private readonly inFlight = new Map<string, number>();

	/** How many triggers use it: n8n may start a new version of a workflow before it ends the old one. */
	users = 0;

	/** Whether n8n has not stored it as it is. */
	hasChanged = false;

	/** Called after a job was removed. */
	readonly onRemove = new Set<() => void>();

	constructor({ watched = [] }: StoredWatchList) {
		this.ids = [...watched];
		this.restored = new Set(watched);
	}

	/** Adds a job. The oldest goes when there are too many. */
	add(id: string | undefined): void {
		if (!id || this.ids.includes(id)) return;
		this.ids.push(id);
		this.hasChanged = true;
		while (this.ids.length > MAX_JOBS) this.remove(this.ids[0] ?? '');
	}

	remove(id: string): void {
		this.inFlight.delete(id);
		this.restored.delete(id);
		const index = this.ids.indexOf(id);
		if (index < 0) return;
		this.ids.splice(index, 1);
		this.hasChanged = true;
		for (const listener of this.onRemove) listener();
	}

	/** Notes that an execution has the job. */
	begin(id: string | undefined): void {
		if (!id) return;
		this.add(id);
		this.restored.delete(id);
		this.inFlight.set(id, Date.now());
	}

	/** Notes that the execution has dropped the job. */
	release(id: string): void {
		this.inFlight.delete(id);
	}

	/** Whether the job may have been put out before n8n was started. */
	isRestored(id: string): boolean {
		return this.restored.has(id);
	}

	/**
	 * The jobs that no execution has. One that an execution has had for long is removed: another
	 * process has put it out.
	 */
	open(): string[] {
		const oldest = Date.now() - IN_FLIGHT_MS;
		for (const [id, since] of this.inFlight) if (since < oldest) this.remove(id);
		return this.ids.filter((id) => !this.inFlight.has(id));
	}

	/** Has n8n store the list with the workflow. */
	saveTo(memory: StoredWatchList): void {
		memory.watched = this.ids;
		this.hasChanged = false;
	}
}

/** The lists of the triggers that catch up in this process, by webhook path. */
const lists = new Map<string, WatchList>();

/** The number of triggers that catch up in this process. */
export const watchListsInUse = (): number => lists.size;

/**
 * Whether a job is on the stored list of a trigger.
 * @param memory the node's static data
 */
export const isStored = ({ watched = [] }: StoredWatchList, jobid: string): boolean =>
	watched.includes(jobid);

/** The list of a trigger that catches up in this process. */
export const watchListOf = (path: string): WatchList | undefined => lists.get(path);

/** @param memory the node's static data */
export function openWatchList(path: string, memory: StoredWatchList): WatchList {
	const list = lists.get(path) ?? new WatchList(memory);
	lists.set(path, list);
	list.users++;
	return list;
}

/** n8n has stored the list; in this process it is kept until its last user has ended. */
export function closeWatchList(path: string, list: WatchList): void {
	list.users--;
	if (list.users === 0 && lists.get(path) === list) lists.delete(path);
}
