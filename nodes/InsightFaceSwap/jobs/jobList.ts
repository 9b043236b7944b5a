import { outsideExecution, type ApiClient } from '../api/client';
import { endpoints } from '../api/endpoints';
import { jobsOf, type Job } from '../api/job';
import type { Outcome, Problem } from '../api/outcome';
import { listDelay, outageDelay } from '../shared/backoff';

/** How long the list may take, in milliseconds. */
const READ_TIMEOUT_MS = 20_000;

/** The longest wait that the API can ask for, in milliseconds: jobs that end meanwhile wait for it. */
const MAX_ASKED_MS = 900_000;

/** How long the API asks to wait before the next read, in milliseconds. */
export const askedMs = (outcome: Outcome): number =>
	outcome.kind === 'busy' ? Math.min(MAX_ASKED_MS, outcome.waitMs ?? 0) : 0;

/** How often somebody needs the list; `Infinity` for not at all. */
export interface Need {
	readonly everyMs: number;
	/** Since when, by `performance.now()`. */
	readonly since: number;
}

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
	private askedAt = -Infinity;

	/** How many calls in a row have failed. */
	failures = 0;

	private failedAt = 0;

	/** Until when the API has asked to wait, by `performance.now()`. */
	private busyUntil = 0;

	private current?: Promise<Listed>;

	private next?: Promise<Listed>;

	/** @param onListed takes the result of each call. Throws nothing */
	constructor(private readonly onListed: (listed: Listed) => void) {}

	/**
	 * Lists the jobs by a call that begins now, or after one that is in progress: that one may not show a job
	 * submitted during it. Those who ask before it begins share it.
	 */
	async read(client: ApiClient): Promise<Listed> {
		this.next ??= this.readAfter(this.current, client);
		return await this.next;
	}

	/**
	 * When to make the next call, by `performance.now()`: for each need so long after the last call, or after the need
	 * began. After failures later, and not before the time that the API has asked for.
	 */
	dueAt(needs: Need[]): number {
		if (this.current || this.next) return Infinity;
		const shortest = needs.reduce((ms, { everyMs }) => Math.min(ms, everyMs), Infinity);
		if (this.failures > 0 && shortest < Infinity) {
			const delay = outageDelay(this.failures - 1, shortest);
			return Math.max(this.busyUntil, this.failedAt + delay);
		}
		const dueFor = ({ everyMs, since }: Need) => Math.max(this.askedAt, since) + listDelay(everyMs);
		return needs.reduce((time, need) => Math.min(time, dueFor(need)), Infinity);
	}

	private async readAfter(
		current: Promise<Listed> | undefined,
		client: ApiClient,
	): Promise<Listed> {
		await current;
		this.next = undefined;
		this.current = this.ask(client);
		return await this.current;
	}

	private async ask(client: ApiClient): Promise<Listed> {
		this.askedAt = performance.now();
		const outcome = await outsideExecution(client)({
			method: 'GET',
			path: endpoints.runningJobs,
			timeoutMs: READ_TIMEOUT_MS,
		});
		this.current = undefined;
		const listed = { askedAt: this.askedAt, ...this.noted(outcome) };
		this.onListed(listed);
		return listed;
	}

	private noted(outcome: Outcome): Pick<Listed, 'jobs' | 'problem' | 'isUseless'> {
		this.busyUntil = performance.now() + askedMs(outcome);
		this.failedAt = performance.now();
		this.failures = outcome.kind === 'answered' ? 0 : this.failures + 1;
		if (outcome.kind === 'answered') return { jobs: jobsOf(outcome.body) };
		const { kind, problem } = outcome;
		const isUseless = kind === 'refused' || (this.failures > 1 && kind !== 'busy');
		return { problem, isUseless };
	}
}
