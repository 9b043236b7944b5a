import type { IBinaryData, IBinaryKeyData, IExecuteFunctions } from 'n8n-workflow';

import type { ApiClient } from '../api/client';
import { download } from './download';
import { DownloadError, type FileContext } from './fileRequest';
import { isHttpUrl } from '../shared/validation';
import { attachmentsOf, type Attachment, type Job } from '../api/job';
import { isKnownMedia } from './imageInput';
import { apiError, named } from '../api/nodeErrors';
import { readJob } from '../api/readJob';
import { isLoopback } from './remoteAddress';

/** The maximum size in bytes of a result whose size the job does not tell. */
const MAX_RESULT_BYTES = 100 * 1024 * 1024;

/** What a download needs: the node's context, and a client to read fresh links with. */
interface Downloader {
	context: FileContext & Pick<IExecuteFunctions, 'getNode' | 'getCredentials'>;
	client: ApiClient;
}

/**
 * Downloads the files of a job: the first into `field`, further ones into `<field>_1`, `<field>_2`, …
 * @returns nothing for a job without files
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

/** Downloads one file of a job. If its link has expired, it reads the job again for a fresh one. */
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
		throw apiError(downloader.context, downloadProblem(job, index, error), itemIndex);
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
		check: refuseOther,
	});
}

/**
 * Refuses what servers give instead of a result. Unknown formats are taken: the bot may have new ones.
 * @throws DownloadError for an empty file and for a text, such as a page that reports an error
 */
function refuseOther(head: Buffer, mimeType: string | undefined): void {
	if (head.length === 0) throw new DownloadError('it is an empty file');
	if (isText(head, mimeType) && !isKnownMedia(head)) {
		throw new DownloadError(`it is not a picture but a text (${mimeType ?? 'of no type'})`);
	}
}

const TEXT_TYPE = /^text\/|^application\/(.+\+)?(json|xml)$|^application\/xhtml\+xml$/;

/** How HTML, XML and JSON begin, behind a byte order mark and blanks. */
const TEXT_START = /^(\xef\xbb\xbf)?\s*[<{[]/;

/** Control characters that no text has. Binary formats have them in their first bytes. */
const NOT_IN_TEXT = /[\x00-\x08\x0b\x0e-\x1f\x7f]/;

const TEXT_BYTES = 512;

function isText(head: Buffer, mimeType = ''): boolean {
	const start = head.toString('latin1', 0, TEXT_BYTES);
	return !NOT_IN_TEXT.test(start) && (TEXT_TYPE.test(mimeType) || TEXT_START.test(start));
}

/** Whether the API is on this machine, like the simulator. Only then results may come over http. */
async function isLocalApi({ context }: Downloader): Promise<boolean> {
	const { baseUrl } = await context.getCredentials('useApiNetApi');
	return typeof baseUrl === 'string' && isHttpUrl(baseUrl) && isLoopback(baseUrl);
}

function downloadProblem(job: Job, index: number, error: unknown) {
	const file = attachmentsOf(job)[index]?.filename ?? 'its result';
	const reason = error instanceof Error ? error.message : String(error);
	return {
		message: `The job is done, but ${file} could not be downloaded: ${reason}${named(job)}`,
		description:
			'The result was paid for and still exists. Get it with Job → Get, which returns fresh links. Links expire after about a day.',
	};
}
