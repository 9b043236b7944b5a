import type { IExecuteFunctions } from 'n8n-workflow';

import type { ApiClient } from '../../api/client';
import { endpoints } from '../../api/endpoints';
import { isJob, isRunning, jobsOf, type Job } from '../../api/job';
import { apiError, named } from '../../jobs/nodeErrors';
import { politePause } from '../../shared/retry';
import { patience, type Task } from '../itemTask';

/** What polling takes from the execution. */
interface PollSource {
	context: Pick<IExecuteFunctions, 'getNode'>;
	client: ApiClient;
	/** Waits, and ends early when the run is halted. */
	pause: (ms: number) => Promise<void>;
	halted: () => boolean;
}

interface Watched {
	task: Task;
	job: Job;
	looks: number;
	/** When to look next, and when the user's patience ends, in milliseconds since 1970. */
	nextLook: number;
	deadline: number;
	resolve: (job: Job) => void;
	reject: (error: Error) => void;
}

/** From so many jobs on, one look at the list of running jobs saves a look at each of them. */
const LIST_FROM = 4;

/**
 * Waits for the ends of all jobs of a run together, with one timer however many there are. Each job
 * is looked at every 10 to 30 seconds; a look that fails for a reason that may pass is repeated.
 */
export class JobWatch {
	private readonly watched = new Set<Watched>();

	private looking = false;

	constructor(private readonly run: PollSource) {}

	/**
	 * Waits until a job has ended.
	 * @returns the job as it ended, whether well or not; as it is when the run is halted
	 * @throws NodeApiError when the time that the user allows runs out, or the API refuses to tell
	 */
	async ended(task: Task, job: Job): Promise<Job> {
		if (!isRunning(job) || !job.jobid) return job;
		return await new Promise<Job>((resolve, reject) => {
			const now = Date.now();
			const times = { nextLook: now + politePause(0), deadline: now + patience(task) };
			this.watched.add({ task, job, looks: 1, ...times, resolve, reject });
			if (!this.looking) void this.lookAround();
		});
	}

	private async lookAround(): Promise<void> {
		this.looking = true;
		while (this.watched.size > 0) {
			const times = [...this.watched].map(({ nextLook, deadline }) => Math.min(nextLook, deadline));
			await this.run.pause(Math.max(0, Math.min(...times) - Date.now()));
			if (this.run.halted()) this.letGo();
			else await this.lookAtDue();
		}
		this.looking = false;
	}

	private async lookAtDue(): Promise<void> {
		const running = this.watched.size < LIST_FROM ? new Map<string, Job>() : await this.listed();
		const now = Date.now();
		for (const entry of this.watched) {
			const listed = running.get(entry.job.jobid ?? '');
			if (listed) this.saw(entry, listed);
			else if (Math.min(entry.nextLook, entry.deadline) <= now) await this.lookAt(entry);
		}
	}

	private async listed(): Promise<Map<string, Job>> {
		const outcome = await this.run.client({ method: 'GET', path: endpoints.runningJobs });
		const jobs = outcome.kind === 'answered' ? jobsOf(outcome.body).filter(isRunning) : [];
		return new Map(jobs.map((job) => [job.jobid ?? '', job]));
	}

	private async lookAt(entry: Watched): Promise<void> {
		const outcome = await this.run.client({
			method: 'GET',
			path: endpoints.job,
			query: { jobid: entry.job.jobid },
		});
		if (outcome.kind === 'refused') {
			const error = apiError(this.run.context, outcome.problem, entry.task.itemIndex);
			return this.end(entry, () => entry.reject(error));
		}
		const seen = outcome.kind === 'answered' && isJob(outcome.body) ? outcome.body : entry.job;
		this.saw(entry, seen);
	}

	private saw(entry: Watched, job: Job): void {
		entry.job = job;
		entry.nextLook = Date.now() + politePause(entry.looks++);
		if (!isRunning(job)) this.end(entry, () => entry.resolve(job));
		else if (Date.now() >= entry.deadline) this.end(entry, () => entry.reject(this.tooLate(entry)));
	}

	private end(entry: Watched, tell: () => void): void {
		this.watched.delete(entry);
		tell();
	}

	private letGo(): void {
		for (const entry of this.watched) this.end(entry, () => entry.resolve(entry.job));
	}

	private tooLate({ task, job }: Watched): Error {
		return apiError(
			this.run.context,
			{
				message: `The job has not ended within ${patience(task) / 1000} seconds${named(job)}`,
				description:
					'It goes on at the API. Read it later with Job → Wait, or raise Maximum Wait in the additional fields.',
			},
			task.itemIndex,
		);
	}
}
