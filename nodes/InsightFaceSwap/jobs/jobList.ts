import { outsideExecution, type ApiClient } from '../api/client';
import { endpoints } from '../api/endpoints';
import { jobsOf, type Job } from '../api/job';
import type { Outcome, Problem } from '../api/outcome';
import { listDelay, outageDelay } from '../shared/backoff';

/** The longest wait that the API can ask for, in milliseconds: jobs that end meanwhile wait for it. */
const MAX_ASKED_MS = 900_000;

/** How long the API asks to wait before the next read, in milliseconds. */
export const askedMs = (outcome: Outcome): number =>
	outcome.kind === 'busy' ? Math.min(MAX_ASKED_MS, outcome.waitMs ?? 0) : 0;

/** What one call has told. */
export interface Listed {
	/** When the call began, by `performance.now()`. */
	askedAt: number;
	/** Nothing where the API could not tell. */
	jobs?: Job[];
	/** Why it could not tell. */
	problem?: Problem;
	/** Whether the jobs are to be read one by one: the list is refused, or could not be read twice in a row. */
	isUseless?: boolean;
}

/** The list of an account's running jobs: one call at a time, for everybody who needs it. */
export class JobList {
	/** How many calls in a row have failed. */
	failures = 0;

	/** When the last call has ended, by `performance.now()`. */
	private endedAt = performance.now();

	/** Until when the API has asked to wait, by `performance.now()`. */
	private busyUntil = 0;

	private current?: Promise<Listed>;

	private next?: Promise<Listed>;

	/** @param onListed takes the result of each call. Throws nothing */
	constructor(private readonly onListed: (listed: Listed) => void) {}

	get isReading(): boolean {
		return this.current !== undefined || this.next !== undefined;
	}

	/**
	 * Lists the jobs by a call that begins now, or after one that is in progress: that one may not show a job
	 * submitted during it. Those who ask before it begins share it.
	 */
	async read(client: ApiClient): Promise<Listed> {
		this.next ??= Promise.resolve(this.current).then(async () => {
			this.next = undefined;
			this.current = this.ask(client);
			return await this.current;
		});
		return await this.next;
	}

	/**
	 * When to make the next call, by `performance.now()`.
	 * @param everyMs how often somebody needs it, in milliseconds; `Infinity` for not at all
	 */
	dueAt(everyMs: number): number {
		if (this.isReading || everyMs === Infinity) return Infinity;
		const { failures } = this;
		const delay = failures > 0 ? outageDelay(failures - 1, everyMs) : listDelay(everyMs);
		return Math.max(this.busyUntil, this.endedAt + delay);
	}

	private async ask(client: ApiClient): Promise<Listed> {
		const askedAt = performance.now();
		const outcome = await outsideExecution(client)({
			method: 'GET',
			path: endpoints.runningJobs,
		});
		this.current = undefined;
		this.endedAt = performance.now();
		this.busyUntil = this.endedAt + askedMs(outcome);
		const listed = { askedAt, ...this.noted(outcome) };
		this.onListed(listed);
		return listed;
	}

	private noted(outcome: Outcome): Omit<Listed, 'askedAt'> {
		this.failures = outcome.kind === 'answered' ? 0 : this.failures + 1;
		if (outcome.kind === 'answered') return { jobs: jobsOf(outcome.body) };
		const { kind, problem } = outcome;
		return { problem, isUseless: kind === 'refused' || (this.failures > 1 && kind !== 'busy') };
	}
}
