import type { IBinaryData, IBinaryKeyData, IExecuteFunctions } from 'n8n-workflow';

import type { ApiClient } from '../api/client';
import { download } from './download';
import { DownloadError, type FileContext } from './fileRequest';
import { isHttpUrl } from '../shared/validation';
import { attachmentsOf, type Attachment, type Job } from '../api/job';
import { apiError, named } from './nodeErrors';
import { readJob } from './readJob';
import { isLoopback } from './remoteAddress';

/** The most bytes of a result whose size the job does not tell. */
const MAX_RESULT_BYTES = 100 * 1024 * 1024;

/** Who downloads: the execution, and the client that asks the API for fresh links. */
interface Downloader {
	context: FileContext & Pick<IExecuteFunctions, 'getNode' | 'getCredentials'>;
	client: ApiClient;
}

/**
 * The files of a job as binaries: the first in `field`, the next in `<field>_1`, `<field>_2`, …;
 * nothing when there are none.
 * @throws NodeApiError when a file cannot be downloaded whole
 */
export async function filesOf(
	downloader: Downloader,
	job: Job,
	field: string,
	itemIndex: number,
): Promise<{ binary?: IBinaryKeyData }> {
	const attachments = attachmentsOf(job);
	if (attachments.length === 0) return {};
	const binary: IBinaryKeyData = {};
	for (const index of attachments.keys()) {
		const name = index === 0 ? field : `${field}_${index}`;
		binary[name] = await attachmentOf(downloader, job, index, itemIndex);
	}
	return { binary };
}

/** One file of a job; where its link has expired, the job is read again for a fresh one. */
async function attachmentOf(
	downloader: Downloader,
	job: Job,
	index: number,
	itemIndex: number,
): Promise<IBinaryData> {
	try {
		return await fetched(downloader, attachmentsOf(job)[index]).catch(async (error: Error) =>
			error instanceof DownloadError && error.expired
				? await fetched(downloader, attachmentsOf(await readJob(downloader.client, job))[index])
				: await Promise.reject(error),
		);
	} catch (error) {
		throw apiError(downloader.context, undownloaded(job, index, error), itemIndex);
	}
}

async function fetched(downloader: Downloader, attachment: Attachment = {}): Promise<IBinaryData> {
	const { url = '', filename, content_type, size } = attachment;
	return await download(downloader.context, {
		url,
		fileName: filename,
		mimeType: content_type,
		size: typeof size === 'number' && size > 0 ? size : undefined,
		maxBytes: MAX_RESULT_BYTES,
		mayUseHttp: async () => await isLocalApi(downloader),
	});
}

/** Whether the API is on this machine, as the simulator is; only then results come over http. */
async function isLocalApi({ context }: Downloader): Promise<boolean> {
	const { baseUrl } = await context.getCredentials('useApiNetApi');
	return typeof baseUrl === 'string' && isHttpUrl(baseUrl) && isLoopback(baseUrl);
}

function undownloaded(job: Job, index: number, error: unknown) {
	const file = attachmentsOf(job)[index]?.filename ?? 'its result';
	const reason = error instanceof Error ? error.message : String(error);
	return {
		message: `The job is done, but ${file} could not be downloaded: ${reason}${named(job)}`,
		description:
			'The result was paid for and is still there: get it with Job → Get, which gives fresh links. Links expire after about a day.',
	};
}
