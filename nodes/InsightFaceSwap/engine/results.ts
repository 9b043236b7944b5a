import type { IBinaryData, IBinaryKeyData } from 'n8n-workflow';

import { download } from '../api/file';
import { attachmentsOf, type Attachment, type Job } from '../api/job';
import { apiError, named } from './errors';
import type { Run } from './run';
import { setting, type Task } from './task';

/**
 * The files of a job as binaries: the first in the field that the user names, the next in
 * `<field>_1`, `<field>_2`, …; nothing when there are none, or the user wants none.
 * @throws NodeApiError when a file cannot be downloaded whole
 */
export async function picturesOf(
	run: Run,
	job: Job,
	task: Task,
): Promise<{ binary?: IBinaryKeyData }> {
	const attachments = attachmentsOf(job);
	if (attachments.length === 0 || !task.read('downloadResults', false)) return {};
	const field = String(setting(task, 'outputBinaryPropertyName') || 'data');
	const binary: IBinaryKeyData = {};
	for (const [index, attachment] of attachments.entries()) {
		const name = index === 0 ? field : `${field}_${index}`;
		binary[name] = await fetched(run, job, attachment, task.itemIndex);
	}
	return { binary };
}

async function fetched(
	run: Run,
	job: Job,
	attachment: Attachment,
	itemIndex: number,
): Promise<IBinaryData> {
	const { url = '', filename, content_type, size } = attachment;
	try {
		return await download(run.context, { url, fileName: filename, mimeType: content_type, size });
	} catch (error) {
		throw apiError(run.context, undownloaded(job, filename ?? url, error), itemIndex);
	}
}

const undownloaded = (job: Job, file: string, error: unknown) => ({
	message: `The job is done, but ${file} could not be downloaded: ${error instanceof Error ? error.message : String(error)}${named(job)}`,
	description:
		'The result was paid for and is still there: get it with Job → Get, which gives fresh links. Links expire after about a day.',
});
