import type { ApiClient } from '../api/client';
import type { Job } from '../api/job';
import type { Problem } from '../api/outcome';
import { jobIn, readOf, type Listed } from './jobList';
import {
	identityOf,
	isSurelyOf,
	mayBeOf,
	type JobIdentity,
	type Submission,
} from './submissionMatch';

/** What became of a submission whose answer was lost. */
export type Found =
	| { found: 'job'; job: Job }
	/** The API shows no job of it. */
	| { found: 'nothing' }
	/** The API refuses the token or the subscription, so it has not taken the submission. */
	| { found: 'refused'; problem: Problem }
	/** The API could not tell, or several jobs may be it. */
	| { found: 'unclear' };

/** The maximum number of jobs kept. The oldest go first. */
const MAX_KNOWN = 1000;

/** Jobs of an account by which the job of a submission without an answer is found. */
export class KnownJobs {
	/** By job ID, the oldest first. Without a value where the submission was answered. */
	private readonly jobs = new Map<string, JobIdentity | undefined>();

	/** Keeps a job of a callback or a list, unless its submission was answered. */
	received(job: Job): void {
		if (this.jobs.has(job.jobid ?? '')) return;
		const identity = identityOf(job);
		if (identity) this.set(identity.jobid, identity);
	}

	/** Notes that no lost submission has started a job. */
	answered({ jobid }: Job): void {
		if (jobid) this.set(jobid, undefined);
	}

	forgetReceived(): void {
		for (const [jobid, identity] of this.jobs) if (identity) this.jobs.delete(jobid);
	}

	/**
	 * Finds the one job that a submission may have started.
	 * @param listed the running jobs, as they were listed after the submission
	 * @param isTaken whether a job belongs to another submission
	 */
	async find(
		{ jobs, problem }: Listed,
		client: ApiClient,
		submission: Submission,
		isTaken: (jobid: string) => boolean,
	): Promise<Found> {
		if (problem?.cause === 'noAccess') return { found: 'refused', problem };
		const isFree = (jobid: string) => !this.isAnswered(jobid) && !isTaken(jobid);
		const [candidate, another] = this.candidates(jobs ?? [], submission).filter(({ jobid }) =>
			isFree(jobid),
		);
		if (another) return { found: 'unclear' };
		if (!candidate) return { found: jobs ? 'nothing' : 'unclear' };
		const { jobid } = candidate;
		const job = jobs?.find((one) => one.jobid === jobid);
		if (job) return { found: 'job', job };
		const found = await confirmed(client, submission, candidate);
		return found.found === 'job' && !isFree(jobid) ? { found: 'nothing' } : found;
	}

	private isAnswered(jobid: string): boolean {
		return this.jobs.has(jobid) && this.jobs.get(jobid) === undefined;
	}

	/** The jobs that a submission may have started, each once: as listed, or as received. */
	private candidates(listed: Job[], submission: Submission): JobIdentity[] {
		const all = [...this.jobs.values(), ...listed.map(identityOf)];
		const identities = all.filter((identity) => identity !== undefined);
		const byId = new Map(identities.map((identity) => [identity.jobid, identity]));
		return [...byId.values()].filter((identity) => mayBeOf(identity, submission));
	}

	private set(jobid: string, identity: JobIdentity | undefined): void {
		this.jobs.set(jobid, identity);
		const [oldest] = this.jobs.keys();
		if (this.jobs.size > MAX_KNOWN && oldest) this.jobs.delete(oldest);
	}
}

/** A callback may be forged, so the API has the last word. Where it cannot tell, the job must have told every text. */
async function confirmed(
	client: ApiClient,
	submission: Submission,
	candidate: JobIdentity,
): Promise<Found> {
	const { jobid, reference: replyRef, verb, texts } = candidate;
	const outcome = await readOf(client, jobid);
	if (outcome.kind === 'absent') return { found: 'nothing' };
	const job = jobIn(outcome, jobid);
	if (job) {
		const identity = identityOf(job);
		const isIt = identity !== undefined && mayBeOf(identity, submission);
		return isIt ? { found: 'job', job } : { found: 'nothing' };
	}
	if (!isSurelyOf(candidate, submission)) return { found: 'unclear' };
	const { channel } = texts;
	return { found: 'job', job: { jobid, replyRef, verb, channel, status: 'started' } };
}
