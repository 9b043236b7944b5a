import { createHash } from 'crypto';

import { outsideExecution, type ApiClient } from '../api/client';
import { isGenerated, isObject, type Job } from '../api/job';
import type { Problem } from '../api/outcome';
import { jobIn, readOf } from '../api/readJob';
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

/** What tells one job from another. It is small, whatever the job holds. */
export interface JobIdentity {
	jobid: string;
	reference: string;
	verb?: string;
	/** In milliseconds since 1970; NaN where the job does not tell. */
	created: number;
	/** By part; a long text as a hash. */
	texts: Record<string, string>;
	/** The bytes of each picture, by part. */
	sizes: Record<string, number>;
}

/** Clocks of n8n and of the API may differ by so much, in milliseconds. */
const CLOCK_SKEW_MS = 120_000;

/** From this length on, a text is kept as a hash. */
const MAX_TEXT = 64;

/** The maximum size of what is kept of a job, in characters of its JSON. The API's own jobs need half of it. */
const MAX_IDENTITY = 4000;

/** What is not compared: an address is new in each execution, and the reference has been compared. */
const NOT_COMPARED = ['replyUrl', 'replyRef'];

/** A part that a submission without it has sent as an empty text: other options make another picture. */
const EMPTY_IF_MISSING: [string, string] = ['options', ''];

/** @returns nothing for a job without a reference, which no submission has, and for one that says far too much */
export function identityOf({
	jobid,
	verb,
	replyRef,
	created,
	...parts
}: Job): JobIdentity | undefined {
	if (!jobid || !replyRef) return undefined;
	const identity: JobIdentity = {
		jobid,
		reference: replyRef,
		verb,
		created: NaN,
		texts: {},
		sizes: {},
	};
	identity.created = Date.parse(String(created));
	for (const [name, part] of Object.entries(parts)) {
		if (typeof part === 'string') identity.texts[name] = comparable(part);
		if (isObject(part) && typeof part.size === 'number') identity.sizes[name] = part.size;
	}
	return JSON.stringify(identity).length <= MAX_IDENTITY ? identity : undefined;
}

/**
 * Whether a submission may have started a job: nothing that the job tells contradicts it. A reference that the node
 * has made up needs neither a time nor texts. One of the user may stand for several jobs.
 */
export const mayBeOf = (job: JobIdentity, submission: Submission): boolean =>
	job.reference === submission.reference &&
	(job.verb ?? submission.verb) === submission.verb &&
	Object.entries(submission.sizes).every(([part, size]) => (job.sizes[part] ?? size) === size) &&
	(isGenerated(job.reference) ||
		(!(job.created < submission.sentAt - CLOCK_SKEW_MS) && textsAgree(job, submission, false)));

/** Whether a job that may be of a submission is certainly of it: it tells every text. */
export const isSurelyOf = (job: JobIdentity, submission: Submission): boolean =>
	isGenerated(job.reference) || textsAgree(job, submission, true);

/** @param tellsAll whether the job must tell each text that was sent */
function textsAgree(job: JobIdentity, { texts }: Submission, tellsAll: boolean): boolean {
	const sent = new Map([EMPTY_IF_MISSING, ...texts]);
	return [...sent].every(([part, text]) => {
		const told = job.texts[part];
		if (NOT_COMPARED.includes(part)) return true;
		return told === undefined ? !tellsAll || text === '' : told === comparable(text);
	});
}

/** Line breaks and blanks are sent in another form. */
function comparable(text: string): string {
	const plain = text.trim().replace(/\s+/g, ' ');
	return plain.length < MAX_TEXT ? plain : createHash('sha256').update(plain).digest('base64url');
}

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
	const outcome = await readOf(outsideExecution(client), jobid);
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
