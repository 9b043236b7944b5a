import { randomUUID } from 'crypto';
import type { IDataObject } from 'n8n-workflow';

import { isSnowflake } from '../shared/validation';

/** A file of a finished job. Its link expires after about a day. */
export interface Attachment {
	url?: string;
	filename?: string;
	content_type?: string;
	/** Bytes. */
	size?: number;
}

/** A job as the API returns it. Every field is optional. */
export interface Job extends IDataObject {
	jobid?: string;
	verb?: string;
	status?: string;
	content?: string;
	channel?: string;
	replyRef?: string;
	replyUrl?: string;
	options?: string;
	error?: string | IDataObject;
}

/** Every status with which a job ends. */
export const FINAL = ['completed', 'failed', 'moderated', 'cancelled'];

/** Whether the job has not ended yet. One whose status is missing or unknown is read again. */
export const isRunning = (job: Job): boolean => !FINAL.includes(job.status ?? '');

/** Whether the job ended without a result. */
export const hasFailed = (job: Job): boolean => !isRunning(job) && job.status !== 'completed';

/** The verbs whose jobs can be read by the API's documents. It may know no others, although they are there. */
const READABLE = ['faceswap-headshot', 'faceswap-changebg', 'faceswap-picsi'];

/** Whether "no such job" means that there is none. Where the verb is not known, the API's words count. */
export const isReadable = (verb: string | undefined): boolean => !verb || READABLE.includes(verb);

/** Whether `body` is a job: nothing but its ID tells one from another answer. */
export const isJob = (body: unknown): body is Job =>
	isObject(body) && typeof body.jobid === 'string' && body.jobid !== '';

/** Whether `body` is the job with this ID. */
export const isJobWithId = (body: unknown, jobid: string | undefined): body is Job =>
	isJob(body) && body.jobid === jobid;

/** The files of a job; none while it runs. */
export const attachmentsOf = (job: Job): Attachment[] =>
	Array.isArray(job.attachments) ? job.attachments.filter(isAttachment) : [];

const isAttachment = (entry: unknown): entry is Attachment =>
	isObject(entry) && typeof entry.url === 'string' && entry.url !== '';

/**
 * The credits that the bot's message names, as in `(796/800 credits remaining)`.
 * @returns nothing where the message names none
 */
export function creditsOf(content = ''): { remaining: number; total: number } | undefined {
	const match = /\((\d+)\/(\d+) credits remaining\)/.exec(content);
	return match ? { remaining: Number(match[1]), total: Number(match[2]) } : undefined;
}

/**
 * The jobs of a list. The shape of `GET /jobs` is not documented, so this reads an array, an object
 * keyed by job ID, and either of them in `{jobs: …}`.
 */
export function jobsOf(body: unknown): Job[] {
	if (Array.isArray(body)) return body.filter(isJob);
	if (!isObject(body)) return [];
	if ('jobs' in body) return jobsOf(body.jobs);
	return jobsOf(Object.entries(body).map(([key, job]) => withId(key, job)));
}

/** A job of a list that is keyed by job ID may not repeat its ID. */
const withId = (jobid: string, job: unknown): unknown =>
	isObject(job) && typeof job.verb === 'string' ? { jobid, ...job } : job;

export function isObject(value: unknown): value is IDataObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const GENERATED = 'n8n-';

const GENERATED_FORM = /^n8n-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** A reply reference that no other job has. */
export const generatedReference = (): string => `${GENERATED}${randomUUID()}`;

/** Whether a reply reference was made up by the node, so that no job of anybody else has it. */
export const isGenerated = (reference = ''): boolean => GENERATED_FORM.test(reference);

/** The credits that an account has left; nothing where it does not tell. */
export function creditsLeft({ credits }: IDataObject): number | undefined {
	const { total, used } = isObject(credits) ? credits : {};
	return typeof total === 'number' && typeof used === 'number' ? total - used : undefined;
}

/** The accounts of a list, by channel. Anything else in the list is left out. */
export const accountsOf = (body: unknown): Array<[channel: string, account: IDataObject]> =>
	isObject(body) ? Object.entries(body).filter(isAccount) : [];

const isAccount = (entry: [string, unknown]): entry is [string, IDataObject] =>
	isSnowflake(entry[0]) && isObject(entry[1]);
