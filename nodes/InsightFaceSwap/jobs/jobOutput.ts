import type { IDataObject } from 'n8n-workflow';

import { attachmentsOf, creditsOf, type Job } from '../api/job';
import { errorText } from '../api/outcome';

const MAX_FIELDS = 10;

/** The fields of a job that workflows use, the most useful first. Empty fields are left out; at most 10 remain. */
export function simplified(job: Job): IDataObject {
	const credits = creditsOf(job.content);
	const urls = attachmentsOf(job).map(({ url }) => url);
	const fields: IDataObject = {
		jobId: job.jobid,
		status: job.status,
		verb: job.verb,
		content: job.content,
		resultUrl: urls[0],
		resultUrls: urls.length > 1 ? urls : undefined,
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

/** The output fields of a job: simplified, or as the API returns them. */
export const jobFields = (job: Job, simplify: boolean): IDataObject =>
	simplify ? simplified(job) : job;
