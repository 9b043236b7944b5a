import { outsideExecution, type ApiClient } from '../api/client';
import { isGenerated, isObject, type Job } from '../api/job';
import type { Problem } from '../api/outcome';
import { jobIn, readOf } from '../api/endpoints';
import type { Listed } from './jobList';

/** What was sent, as far as a job tells it. */
export interface Submission {
	/** For example `faceswap-picsi`. */
	verb: string;
	/** The reply reference. */
	reference: string;
	/** The texts by part, the channel among them where one was sent. */
	texts: Array<[part: string, text: string]>;
	/** The bytes of each picture, by part. */
	sizes: Record<string, number>;
	/** In milliseconds since 1970. */
	sentAt: number;
}

/** Clocks of n8n and of the API may differ by so much, in milliseconds. */
const CLOCK_SKEW_MS = 120_000;

/** The maximum size of a job that is kept, in characters of its JSON. The API's own jobs need a quarter of it. */
const MAX_JOB = 16_000;

/** What is not compared: an address is new in each execution, and the reference has been compared. */
const NOT_COMPARED = ['replyUrl', 'replyRef'];

/** A part that a submission without it has sent as an empty text: other options make another picture. */
const EMPTY_IF_MISSING: [string, string] = ['options', ''];

/**
 * Whether a submission may have started a job: nothing that the job tells contradicts it. A reference that the node
 * has made up needs neither a time nor texts. One of the user may stand for several jobs.
 */
export function mayBeOf(job: Job, submission: Submission): boolean {
	const { reference, sentAt, sizes, verb } = submission;
	if (job.replyRef !== reference || (job.verb ?? verb) !== verb) return false;
	if (Object.entries(sizes).some(([part, size]) => sizeOf(job[part], size) !== size)) return false;
	if (isGenerated(reference)) return true;
	const isOlder = Date.parse(String(job.created)) < sentAt - CLOCK_SKEW_MS;
	return !isOlder && textsAgree(job, submission, false);
}

/** Whether a job that may be of a submission is certainly of it: it tells every text. */
export const isSurelyOf = (job: Job, submission: Submission): boolean =>
	isGenerated(job.replyRef) || textsAgree(job, submission, true);

/** The bytes of a picture; `unless` where the job does not tell them. */
const sizeOf = (part: unknown, unless: number): unknown =>
	isObject(part) && typeof part.size === 'number' ? part.size : unless;

/** @param tellsAll whether the job must tell each text that was sent */
function textsAgree(job: Job, { texts }: Submission, tellsAll: boolean): boolean {
	const sent = new Map([EMPTY_IF_MISSING, ...texts]);
	return [...sent].every(([part, text]) => {
		const told = job[part];
		if (NOT_COMPARED.includes(part)) return true;
		if (typeof told === 'string') return plain(told) === plain(text);
		return !tellsAll || text === '';
	});
}

/** Line breaks and blanks are sent in another form. */
const plain = (text: string): string => text.trim().replace(/\s+/g, ' ');

/** What became of a submission whose answer was lost. */
export interface Found {
	/** Its job; none where the API shows none or could not tell, or where several may be it. */
	job?: Job;
	/** The API refuses the token or the subscription, so it has not taken the submission. */
	refusal?: Problem;
}

/** The maximum number of jobs kept. The oldest go first. */
const MAX_KNOWN = 1000;

/** Jobs of an account by which the job of a submission without an answer is found. */
export class KnownJobs {
	/** By job ID, the oldest first. Without a value where the submission was answered. */
	private readonly jobs = new Map<string, Job | undefined>();

	/** Keeps a job of a callback or a list, unless its submission was answered. */
	received(job: Job): void {
		const { jobid, replyRef } = job;
		if (!jobid || !replyRef || this.jobs.has(jobid)) return;
		if (JSON.stringify(job).length <= MAX_JOB) this.set(jobid, job);
	}

	/** Notes that no lost submission has started a job. */
	answered({ jobid }: Job): void {
		if (jobid) this.set(jobid, undefined);
	}

	forgetReceived(): void {
		for (const [jobid, job] of this.jobs) if (job) this.jobs.delete(jobid);
	}

	/**
	 * Finds the one job that a submission may have started.
	 * @param listed the running jobs, as they were listed after the submission
	 * @param isTaken whether a job belongs to another submission
	 */
	async find(
		{ jobs = [], problem }: Listed,
		client: ApiClient,
		submission: Submission,
		isTaken: (jobid: string) => boolean,
	): Promise<Found> {
		if (problem?.cause === 'noAccess') return { refusal: problem };
		const isFree = ({ jobid = '' }: Job) => !this.isAnswered(jobid) && !isTaken(jobid);
		const [candidate, another] = this.candidates(jobs, submission).filter(isFree);
		if (!candidate || another) return {};
		if (jobs.includes(candidate)) return { job: candidate };
		const job = await confirmed(client, submission, candidate);
		return job && isFree(job) ? { job } : {};
	}

	private isAnswered(jobid: string): boolean {
		return this.jobs.has(jobid) && this.jobs.get(jobid) === undefined;
	}

	/** The jobs that a submission may have started, each once: as listed, or as received. */
	private candidates(listed: Job[], submission: Submission): Job[] {
		const byId = new Map([...this.jobs, ...listed.map((job) => [job.jobid ?? '', job] as const)]);
		const jobs = [...byId.values()].filter((job) => job !== undefined);
		return jobs.filter((job) => job.replyRef && mayBeOf(job, submission));
	}

	private set(jobid: string, job: Job | undefined): void {
		this.jobs.set(jobid, job);
		const [oldest] = this.jobs.keys();
		if (this.jobs.size > MAX_KNOWN && oldest) this.jobs.delete(oldest);
	}
}

/** A callback may be forged, so the API has the last word. Where it cannot tell, the job must have told every text. */
async function confirmed(
	client: ApiClient,
	submission: Submission,
	candidate: Job,
): Promise<Job | undefined> {
	const { jobid = '', replyRef, verb, channel } = candidate;
	const outcome = await readOf(outsideExecution(client), jobid);
	const job = jobIn(outcome, jobid);
	if (job) return mayBeOf(job, submission) ? job : undefined;
	if (outcome.kind === 'absent' || !isSurelyOf(candidate, submission)) return undefined;
	return { jobid, replyRef, verb, channel, status: 'started' };
}
