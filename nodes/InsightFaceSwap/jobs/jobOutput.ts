import type { IDataObject } from 'n8n-workflow';

import { operationOfVerb } from '../actions';
import { attachmentsOf, creditsOf, isGenerated, type Job } from '../api/job';
import { errorText } from '../api/outcome';

/** What the node knows of an item besides its job. Missing fields are left out of the output. */
export interface ItemFacts extends IDataObject {
	/** The file name of the face. */
	sourceFile?: string;
	/** The file name of the picture. */
	targetFile?: string;
	/** Whether an earlier run has started the job. */
	resumed?: boolean;
	/** Whether the wait ended before the job did. */
	timedOut?: boolean;
	/** Why the item failed. */
	error?: string;
	/** How to go on. */
	hint?: string;
	/** Whether the job has deleted something. */
	deleted?: boolean;
}

/** A job under Simplify. */
export interface SimpleJob extends ItemFacts {
	status?: string;
	/** For example `picsi.swap`. */
	operation?: string;
	resultUrl?: string;
	/** All links, where there are several. */
	resultUrls?: string[];
	creditsRemaining?: number;
	jobId?: string;
	messageId?: string;
	channel?: string;
	/** What the bot said, without mentions. */
	message?: string;
	/** What Discord embeds in that message, as the API gives it. */
	embeds?: IDataObject[];
	/** Only one that the user has given. */
	replyRef?: string;
}

/**
 * The fields of a job that workflows use, the most useful first. Empty fields are left out.
 * @param facts what the node knows besides; its error counts more than the job's
 */
export function simplified(job: Job, facts: ItemFacts = {}): SimpleJob {
	const { sourceFile, targetFile, resumed, timedOut, error, hint, ...more } = facts;
	const urls = attachmentsOf(job).map(({ url }) => url);
	const fields: IDataObject = {
		status: job.status,
		operation: job.verb && operationOfVerb(job.verb),
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
		hint,
		...more,
	};
	return Object.fromEntries(
		Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''),
	);
}

/** People, roles and channels that a message of Discord mentions. */
const MENTIONS = /<[@#][^<>]*>/g;

/** What the bot said; nothing where it only mentioned somebody. */
function wordsOf(content: unknown): string | undefined {
	if (typeof content !== 'string') return undefined;
	return content
		.replace(MENTIONS, '')
		.replace(/[ \t]+/g, ' ')
		.trim();
}

/** The output fields of a job: simplified, or as the API returns them. */
export const jobFields = (job: Job, simplify: boolean, facts: ItemFacts = {}): IDataObject =>
	simplify ? simplified(job, facts) : job;

/** What the name of a result says of its operation. */
const DONE: Record<string, string> = { picsi: 'swapped', changeBackground: 'background' };

/** A prompt for a headshot begins with the saved face. */
const FACE = /^\s*([A-Za-z0-9]{1,10})\s*,/;

/**
 * How the results of a job are called, without their extension: `beach-swapped`, `me-headshot`; else as the operation and the
 * job ID.
 * @param picture the file name of the picture that was changed
 */
export function resultName(job: Job, picture?: string): string {
	const operation = job.verb ? operationOfVerb(job.verb) : 'job';
	const [resource = ''] = operation.split('.');
	const face = resource === 'headshot' ? FACE.exec(String(job.prompt ?? ''))?.[1] : undefined;
	const done = DONE[resource];
	if (picture && done) return `${picture.replace(/\.[^.]*$/, '')}-${done}`;
	if (face) return `${face}-headshot`;
	return `${operation.replace('.', '-')}-${job.jobid}`;
}
