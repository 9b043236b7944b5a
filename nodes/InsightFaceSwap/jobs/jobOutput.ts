import type { IDataObject } from 'n8n-workflow';

import { attachmentsOf, creditsOf, type Job } from '../api/job';
import { errorText } from '../api/outcome';

const MAX_FIELDS = 10;

/** A job reduced to the fields that workflows use, the most useful first; fields without a value are left out. */
export function simplified(job: Job): IDataObject {
	const credits = creditsOf(job.content);
	const fields: IDataObject = {
		jobId: job.jobid,
		status: job.status,
		verb: job.verb,
		content: job.content,
		resultUrl: attachmentsOf(job)[0]?.url,
		creditsRemaining: credits?.remaining,
		creditsTotal: credits?.total,
		replyRef: job.replyRef,
		channel: job.channel,
		error: errorText({ error: job.error }),
		options: job.options,
	};
	const present = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
	return Object.fromEntries(present.slice(0, MAX_FIELDS));
}

/** A job as the user wants it: simplified, or as the API gives it. */
export const jobFields = (job: Job, simplify: boolean): IDataObject =>
	simplify ? simplified(job) : job;
