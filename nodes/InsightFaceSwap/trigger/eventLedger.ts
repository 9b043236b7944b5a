import { createHash } from 'crypto';
import type { IDataObject } from 'n8n-workflow';

import { isRunning, type Job } from '../api/job';

/** So many jobs are remembered for each trigger. */
const REMEMBERED = 1000;

interface Memory extends IDataObject {
	started?: string[];
}

/** What the triggers of this process have started, by webhook path, the oldest first. */
const startedHere = new Map<string, string[]>();

/** Whether this process has let an event start the workflow. */
export const wasStartedHere = (path: string, event: string): boolean =>
	startedHere.get(path)?.includes(event) ?? false;

/**
 * What stands for one state of a job. A final state comes once; a running one may report progress
 * several times, each time with other words.
 */
export function eventOf(job: Job): string {
	const { jobid, status, updated, content } = job;
	const parts = [jobid, status, ...(isRunning(job) ? [updated, content] : [])];
	return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 16);
}

/**
 * What a trigger has started so far. It is kept twice: in this process, which decides between calls
 * that come at the same time, and with the workflow, for after a restart and for other processes.
 */
export class Started {
	private readonly here: string[];

	/**
	 * @param path of the trigger's webhook
	 * @param memory the node's static data, as it was when the call came
	 */
	constructor(
		path: string,
		private readonly memory: Memory,
	) {
		this.here = startedHere.get(path) ?? [];
		startedHere.set(path, this.here);
	}

	has(event: string): boolean {
		return this.here.includes(event) || (this.memory.started ?? []).includes(event);
	}

	/**
	 * Notes that an event starts the workflow.
	 * @returns whether it does so for the first time
	 */
	add(event: string): boolean {
		if (this.has(event)) return false;
		const all = new Set([...(this.memory.started ?? []), ...this.here, event]);
		this.here.splice(0, this.here.length, ...[...all].slice(-REMEMBERED));
		this.save();
		return true;
	}

	/** Takes it back: the workflow was not started after all. */
	remove(event: string): void {
		const index = this.here.indexOf(event);
		if (index >= 0) this.here.splice(index, 1);
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
