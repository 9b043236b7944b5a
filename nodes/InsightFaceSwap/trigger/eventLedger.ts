import { createHash } from 'crypto';
import type { IDataObject } from 'n8n-workflow';

import { FINAL, isRunning, type Job } from '../api/job';

/** The maximum number of jobs kept for each trigger. */
const MAX_EVENTS = 1000;

interface StoredEvents extends IDataObject {
	started?: string[];
}

/** What the triggers of this process know to be started, by webhook path, the oldest first. */
const deliveredHere = new Map<string, string[]>();

/**
 * Of that, what this process itself has started, and whether its execution has ended the work on the job.
 * Whatever was started before n8n's last start may have got lost; this cannot.
 */
const startedHere = new Map<string, Map<string, Start>>();

interface Start {
	isEnded: boolean;
}

/** Whether this process knows that an event has started the workflow. */
export const wasDeliveredHere = (path: string, event: string): boolean =>
	deliveredHere.get(path)?.includes(event) ?? false;

/** What became of an event with which this process has started the workflow. */
export const startOf = (path: string, event: string): Start | undefined =>
	startedHere.get(path)?.get(event);

/** Notes that an execution of this process needs no other one to handle the event. */
export function endStart(path: string, event: string): void {
	const start = startOf(path, event);
	if (start) start.isEnded = true;
}

/** Whether this process takes the calls of a trigger. A worker of queue mode does not. */
export const takesCallsHere = (path: string): boolean => deliveredHere.has(path);

/**
 * What stands for one state of a job. A final state comes once; a running one may report progress
 * several times, each time with other words.
 */
export function deliveryIdOf(job: Job): string {
	const { jobid, status, updated, content } = job;
	const parts = [jobid, status, ...(isRunning(job) ? [updated, content] : [])];
	return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 16);
}

/**
 * What a trigger has started so far. It is kept twice: in this process, which decides between calls
 * that come at the same time, and with the workflow, for after a restart and for other processes.
 */
export class DeliveryLog {
	private readonly here: string[];

	private readonly started: Map<string, Start>;

	/**
	 * @param path of the trigger's webhook
	 * @param memory the node's static data, as it was when the call came
	 */
	constructor(
		path: string,
		private readonly memory: StoredEvents,
	) {
		this.here = deliveredHere.get(path) ?? [];
		deliveredHere.set(path, this.here);
		this.started = startedHere.get(path) ?? new Map<string, Start>();
		startedHere.set(path, this.started);
	}

	has(event: string): boolean {
		return this.here.includes(event) || (this.memory.started ?? []).includes(event);
	}

	/** Whether the end of a job is known. */
	hasEnded(jobid: string): boolean {
		return FINAL.some((status) => this.has(deliveryIdOf({ jobid, status })));
	}

	/**
	 * Notes that an event starts the workflow.
	 * @returns whether it does so for the first time
	 */
	add(event: string): boolean {
		if (this.has(event)) return false;
		this.addAll([event]);
		this.start(event);
		return true;
	}

	/** Notes that this process starts the workflow, also for what has started it before. */
	start(event: string): void {
		this.started.set(event, { isEnded: false });
		const [oldest = ''] = this.started.keys();
		if (this.started.size > MAX_EVENTS) this.started.delete(oldest);
	}

	/** Notes what this process or another one has delivered. */
	addAll(events: string[]): void {
		const all = new Set([...(this.memory.started ?? []), ...this.here, ...events]);
		this.here.splice(0, this.here.length, ...[...all].slice(-MAX_EVENTS));
		this.save();
	}

	/** Takes it back: the workflow was not started after all. */
	remove(event: string): void {
		const index = this.here.indexOf(event);
		if (index >= 0) this.here.splice(index, 1);
		this.started.delete(event);
	}

	/**
	 * Has n8n store what is known with the workflow. Calls that come at the same time each store a
	 * static data of their own, in any order: all of them hold the one list of this process, so that
	 * the last one stored has everything.
	 */
	save(): void {
		this.memory.started = this.here;
	}
}
