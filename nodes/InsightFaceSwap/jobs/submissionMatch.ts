import { createHash } from 'crypto';

import { isObject, type Job } from '../api/job';
import { isGenerated } from '../api/reference';

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
