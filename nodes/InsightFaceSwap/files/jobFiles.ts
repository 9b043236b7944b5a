import type { IBinaryData, IBinaryKeyData, IExecuteFunctions } from 'n8n-workflow';

import type { ApiClient } from '../api/client';
import { attachmentsOf, type Attachment, type Job } from '../api/job';
import { apiError, named } from '../api/nodeErrors';
import type { Problem } from '../api/outcome';
import { readJob } from '../api/endpoints';
import { isHttpUrl } from '../shared/validation';
import { download, DownloadError, type FileContext, isLoopback } from './download';
import { cleanContentType, fileNameFor, formatOf, isText } from './formats';

/** The maximum size in bytes of a result whose size the job does not tell. */
const MAX_RESULT_BYTES = 100 * 1024 * 1024;

/** What a download needs: the node's context, and a client to read fresh links with. */
export interface Downloader {
	context: FileContext & Pick<IExecuteFunctions, 'getNode' | 'getCredentials'>;
	client: ApiClient;
}

/** Where the files of a job go, and how they are called. */
export interface FilesTarget {
	/** The binary field of the first file; further ones go to `<field>_1`, `<field>_2`, … */
	field: string;
	itemIndex: number;
	/** How the files are called, such as `beach-swapped`. */
	baseName: string;
}

/**
 * Downloads the files of a job. Their names end in what their content is; several get `-1`, `-2`, …
 * @returns nothing for a job without files
 * @throws NodeApiError when a file cannot be downloaded whole
 */
export async function filesOf(
	downloader: Downloader,
	job: Job,
	target: FilesTarget,
): Promise<{ binary?: IBinaryKeyData }> {
	const count = attachmentsOf(job).length;
	const binary: IBinaryKeyData = {};
	for (let index = 0; index < count; index++) {
		const field = index === 0 ? target.field : `${target.field}_${index}`;
		binary[field] = await attachmentOf(downloader, job, index, target);
	}
	return count > 0 ? { binary } : {};
}

/** Downloads one file of a job. If its link has expired, it reads the job again, which may have a fresh one. */
async function attachmentOf(
	{ context, client }: Downloader,
	job: Job,
	index: number,
	{ baseName, itemIndex }: FilesTarget,
): Promise<IBinaryData> {
	const name = attachmentsOf(job).length > 1 ? `${baseName}-${index + 1}` : baseName;
	const file = async (source: Job) => await fileOf(context, attachmentsOf(source)[index], name);
	try {
		return await file(job).catch(async (error: Error) => {
			if (!(error instanceof DownloadError && error.cure === 'freshLink')) throw error;
			return await file(await readJob(client, job));
		});
	} catch (error) {
		throw apiError(context, downloadProblem(job, index, error as Error), itemIndex);
	}
}

async function fileOf(
	context: Downloader['context'],
	{ url = '', content_type, size }: Attachment = {},
	name: string,
): Promise<IBinaryData> {
	return await download(context, {
		url,
		size: typeof size === 'number' && size > 0 ? size : undefined,
		maxBytes: MAX_RESULT_BYTES,
		mayUseHttp: !/^https:/i.test(url) && (await isLocalApi(context)),
		describe: (head, served) => {
			refuseOther(head, served);
			const format = formatOf(head);
			return {
				fileName: fileNameFor(name, 'result', format),
				mimeType: format?.type ?? cleanContentType(content_type) ?? served,
			};
		},
	});
}

/**
 * Refuses what servers give instead of a result. Unknown formats are taken: the bot may have new ones.
 * @throws DownloadError for an empty file and for a text, such as a page that reports an error
 */
function refuseOther(head: Buffer, mimeType: string | undefined): void {
	if (head.length === 0) throw new DownloadError('it is an empty file');
	const isTextFile = isText(head) && (TEXT_TYPE.test(mimeType ?? '') || isMarkup(head));
	if (isTextFile && !formatOf(head)) {
		throw new DownloadError(`it is not a picture but a text (${mimeType ?? 'of no type'})`);
	}
}

const TEXT_TYPE = /^text\/|^application\/(.+\+)?(json|xml)$|^application\/xhtml\+xml$/;

/** Whether a file begins as HTML, XML or JSON does, behind a byte order mark and blanks. */
const isMarkup = (head: Buffer): boolean => /^\s*[<{[]/.test(head.toString());

/** Whether the API is on this machine, like the simulator. Only then results may come over http. */
async function isLocalApi(context: Downloader['context']): Promise<boolean> {
	const { baseUrl } = await context.getCredentials('useApiNetApi');
	return typeof baseUrl === 'string' && isHttpUrl(baseUrl) && isLoopback(baseUrl);
}

function downloadProblem(job: Job, index: number, { message: reason }: Error): Problem {
	const file = attachmentsOf(job)[index]?.filename ?? 'its result';
	return {
		message: `The job is done, but ${file} could not be downloaded: ${reason}${named(job)}`,
		description:
			'The result was paid for and still exists. Get it with Job → Get, which may have a fresh link; otherwise take the picture from the Discord channel. Links expire after about a day.',
	};
}
