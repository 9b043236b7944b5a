import type {
	IBinaryData,
	IDataObject,
	IExecuteFunctions,
	IHttpRequestOptions,
} from 'n8n-workflow';

import { isHttpUrl } from '../actions/input';

/** What a caller knows of a file before it is downloaded. */
export interface RemoteFile {
	url: string;
	fileName?: string;
	mimeType?: string;
	/** Bytes. */
	size?: number;
}

/** Why a file could not be downloaded whole. */
export class DownloadError extends Error {}

/** Files lie with strangers: only their own address is called, without any credential. */
type FileContext = Pick<IExecuteFunctions, 'helpers' | 'getExecutionCancelSignal'>;

interface FileAnswer {
	statusCode: number;
	headers: IDataObject;
	body: Parameters<IExecuteFunctions['helpers']['prepareBinaryData']>[0];
}

const TIMEOUT_MS = 120_000;

/**
 * Streams a file into n8n's store of binary data.
 * @throws DownloadError when the address is no web address, the server refuses, the connection
 * breaks, or fewer bytes arrive than were announced
 */
export async function download(context: FileContext, file: RemoteFile): Promise<IBinaryData> {
	const { headers, body } = await open(context, file.url);
	const mimeType = file.mimeType ?? mediaType(headers['content-type']);
	const fileName = file.fileName ?? nameOf(file.url);
	const binary = await store(context, body, fileName, mimeType);
	const arrived = await storedSize(context, binary);
	const announced = Number(headers['content-length'] ?? file.size ?? arrived);
	if (!headers['content-encoding'] && arrived !== announced) {
		throw new DownloadError(`${arrived} of ${announced} bytes arrived`);
	}
	return binary;
}

/** The size of a stored file in bytes; base64 text has four characters for three bytes, less the padding. */
export async function storedSize(context: FileContext, binary: IBinaryData): Promise<number> {
	if (binary.id) return (await context.helpers.getBinaryMetadata(binary.id)).fileSize;
	const padding = /=*$/.exec(binary.data.slice(-2))?.[0].length ?? 0;
	return Math.floor((binary.data.length * 3) / 4) - padding;
}

async function open(context: FileContext, url: string): Promise<FileAnswer> {
	if (!isHttpUrl(url)) throw new DownloadError('its link is not a web address');
	const options: IHttpRequestOptions = {
		method: 'GET',
		url,
		encoding: 'stream',
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		timeout: TIMEOUT_MS,
		abortSignal: context.getExecutionCancelSignal(),
	};
	const answer = (await context.helpers
		.httpRequest(options)
		.catch((error: Error) => fail(`the connection failed (${error.message})`))) as FileAnswer;
	if (answer.statusCode !== 200) {
		fail(`the server answered HTTP ${answer.statusCode}`);
	}
	return answer;
}

async function store(
	context: FileContext,
	body: FileAnswer['body'],
	fileName: string | undefined,
	mimeType: string | undefined,
): Promise<IBinaryData> {
	return await context.helpers
		.prepareBinaryData(body, fileName, mimeType)
		.catch((error: Error) => fail(`the connection broke off (${error.message})`));
}

function fail(reason: string): never {
	throw new DownloadError(reason);
}

/** A content type without its parameters. */
const mediaType = (header: unknown) =>
	typeof header === 'string' ? header.split(';')[0]?.trim() || undefined : undefined;

function nameOf(url: string): string | undefined {
	const last = new URL(url).pathname.split('/').pop() ?? '';
	return last || undefined;
}
