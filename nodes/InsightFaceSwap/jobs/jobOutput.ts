import type { IDataObject } from 'n8n-workflow';

import { operationOfVerb } from '../actions';
import { attachmentsOf, creditsOf, isGenerated, type Job } from '../api/job';
import { errorText } from '../api/outcome';

/**
 * The fields of a job that workflows use, the most useful first. Empty fields are left out.
 * @param facts what the node knows besides, such as the file names `sourceFile` (the face) and `targetFile` (the
 * picture); its error counts more than the job's
 */
export function simplified(job: Job, facts: IDataObject = {}): IDataObject {
	const { sourceFile, targetFile, resumed, timedOut, error, ...more } = facts;
	const urls = attachmentsOf(job).map(({ url }) => url);
	const fields: IDataObject = {
		status: job.status,
		operation: operationOf(job),
		sourceFile,
		targetFile,
		resultUrl: urls[0],
		resultUrls: urls.length > 1 ? urls : undefined,
		creditsRemaining: creditsOf(job.content)?.remaining,
		jobId: job.jobid,
		messageId: job.messageId,
		channel: job.channel,
		message: wordsOf(job.content),
		embeds: Array.isArray(job.embeds) && job.embeds.length > 0 ? job.embeds : undefined,
		replyRef: isGenerated(job.replyRef) ? undefined : job.replyRef,
		resumed,
		timedOut,
		error: error ?? errorText({ error: job.error }),
		...more,
	};
	return Object.fromEntries(
		Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''),
	);
}

/** The operation that has started a job; nothing where the job tells no verb. */
const operationOf = ({ verb }: Job): string | undefined =>
	typeof verb === 'string' && verb ? operationOfVerb(verb) : undefined;

/** People, roles and channels that a message of Discord mentions. */
const MENTIONS = /<[@#][^<>]*>/g;

/** What the bot said; empty where it only mentioned somebody. */
const wordsOf = (content: unknown): string =>
	typeof content === 'string'
		? content
				.replace(MENTIONS, '')
				.replace(/[ \t]+/g, ' ')
				.trim()
		: '';

/** The output fields of a job: simplified, or as the API returns them. */
export const jobFields = (job: Job, simplify: boolean, facts: IDataObject = {}): IDataObject =>
	simplify ? simplified(job, facts) : job;

/** What the name of a result says of its operation. */
const DONE: Record<string, string> = { picsi: 'swapped', changeBackground: 'background' };

/** A prompt for a headshot begins with the saved face. */
const FACE = /^\s*([A-Za-z0-9]{1,10})\s*,/;

/**
 * How the results of a job are called, without extension: `beach-swapped`, `me-headshot`, `picsi-swap-<job ID>`.
 * @param picture the file name of the picture that was changed
 */
export function resultName(job: Job, picture?: string): string {
	const operation = operationOf(job) ?? 'job';
	const [resource = ''] = operation.split('.');
	const face = resource === 'headshot' ? FACE.exec(String(job.prompt ?? ''))?.[1] : undefined;
	const done = DONE[resource];
	if (picture && done) return `${picture.replace(/\.[^.]*$/, '')}-${done}`;
	if (face) return `${face}-headshot`;
	return `${operation.replace('.', '-')}-${job.jobid}`;
}
