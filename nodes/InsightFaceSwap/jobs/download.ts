import type { IBinaryData, IDataObject } from 'n8n-workflow';

import { reconnectDelay } from '../shared/backoff';
import { storable } from '../n8nCompat/streamClass';
import { pause, RECONNECT, retry } from '../shared/retry';
import {
	DownloadError,
	nothing,
	requestFile,
	stallLimit,
	unstalled,
	untilBroken,
	type ByteStream,
	type FileAddress,
	type FileAnswer,
	type FileContext,
} from './fileRequest';
import { cleanContentType, cleanFileName } from './remoteNames';

/** What is known of a file before its download, and which file is accepted. */
export interface RemoteFile extends FileAddress {
	fileName?: string;
	mimeType?: string;
	/** Bytes. */
	size?: number;
	/** The maximum size in bytes of a file whose size is not known. */
	maxBytes: number;
	/**
	 * Throws for a file that is not accepted.
	 * @param head the first bytes of the file: 12 or more, if it has as many
	 * @param mimeType what the server calls the file
	 */
	check?: (head: Buffer, mimeType: string | undefined) => void;
}

/** The number of first bytes that identify every format that the API takes. */
const HEAD_BYTES = 12;

/**
 * Streams a file into n8n's store of binary data. After a broken connection the download resumes
 * where it broke, so a file arrives complete or not at all. A connection without bytes for a minute
 * counts as broken. The headers and the first bytes are
 * checked before anything is stored. Later errors make the stream fail, so that n8n drops the file.
 * @throws DownloadError when the address may not be called, the server refuses, or the bytes are
 * not as many as announced or allowed
 * @throws whatever `file.check` throws
 */
export async function download(context: FileContext, file: RemoteFile): Promise<IBinaryData> {
	const answer = await open(context, file);
	const total = sizeOf(file, answer);
	const served = cleanContentType(answer.headers['content-type']);
	const bytes = await checked(wholeFile(context, file, answer, total), file, served);
	const fileName = cleanFileName(file.fileName) ?? nameOf(file.url);
	const mimeType = cleanContentType(file.mimeType) ?? served;
	return await store(context, storable(answer.body, bytes), fileName, mimeType);
}

/** The size of a stored file in bytes; base64 text has four characters for three bytes, less the padding. */
export async function storedSize(context: FileContext, binary: IBinaryData): Promise<number> {
	if (binary.id) return (await context.helpers.getBinaryMetadata(binary.id)).fileSize;
	const padding = /=*$/.exec(binary.data.slice(-2))?.[0].length ?? 0;
	return Math.floor((binary.data.length * 3) / 4) - padding;
}

/**
 * The answer of a server that serves the file. It is asked again while it cannot be reached or fails.
 * @throws DownloadError for any other answer
 */
async function open(context: FileContext, file: RemoteFile): Promise<FileAnswer> {
	const answer = await retry(
		{ ...RECONNECT, signal: context.getExecutionCancelSignal() },
		async () => {
			const given = await requestFile(context, file, 0);
			if (given.statusCode !== 200) given.close();
			return given;
		},
		({ statusCode }) => statusCode === 0 || statusCode >= 500,
	);
	if (answer.statusCode === 200) return answer;
	throw answer.statusCode === 0
		? new DownloadError('the server could not be reached')
		: new DownloadError(
				`the server answered HTTP ${answer.statusCode}`,
				[403, 404, 410].includes(answer.statusCode),
			);
}

/**
 * The announced size of a file in bytes, NaN if none was announced.
 * @throws DownloadError for an answer that cannot be this file
 */
function sizeOf(file: RemoteFile, { headers, close }: FileAnswer): number {
	const length = Number(headers['content-length'] ?? Number.NaN);
	const problem = problemOf(file, headers, length);
	if (problem === undefined) return file.size ?? length;
	close();
	throw new DownloadError(problem);
}

/**
 * Checks the headers of an answer. The HTTP stack unpacks the usual encodings and removes their
 * header, but Content-Length still counts the packed bytes.
 * @returns what is wrong, nothing if all is right
 */
function problemOf(
	{ size, maxBytes }: RemoteFile,
	headers: IDataObject,
	length: number,
): string | undefined {
	const encoding = String(headers['content-encoding'] ?? 'identity').toLowerCase();
	if (encoding !== 'identity') return `the server sent it packed (${encoding.slice(0, 20)})`;
	if (size === undefined) return length > maxBytes ? tooLarge(maxBytes) : undefined;
	return Number.isNaN(length) || length === size
		? undefined
		: `the server has ${length} of ${size} bytes`;
}

const tooLarge = (maxBytes: number) => `it is larger than ${maxBytes / 1024 / 1024} MB`;

/** Checks the first bytes. @returns all bytes, including the first */
async function checked(
	bytes: AsyncGenerator<Uint8Array>,
	{ check }: RemoteFile,
	mimeType: string | undefined,
): Promise<ByteStream> {
	if (!check) return bytes;
	let head = Buffer.alloc(0);
	while (head.byteLength < HEAD_BYTES) {
		const { done, value } = await bytes.next();
		if (done) break;
		head = Buffer.concat([head, value]);
	}
	let wanted = false;
	try {
		check(head, mimeType);
		wanted = true;
	} finally {
		if (!wanted) await bytes.return(undefined);
	}
	return joined(head, bytes);
}

async function* joined(head: Uint8Array, rest: ByteStream): ByteStream {
	if (head.byteLength > 0) yield head;
	yield* rest;
}

/**
 * All bytes of a file, over several connections if one breaks.
 * @param total the announced size in bytes; NaN if there is none, then the end of a connection is the end
 * @throws DownloadError when fewer or more bytes arrive than announced, or more than allowed
 */
async function* wholeFile(
	context: FileContext,
	{ maxBytes, mayUseHttp }: RemoteFile,
	first: FileAnswer,
	total: number,
): AsyncGenerator<Uint8Array> {
	let received = 0;
	for (let tries = 0, answer = first; ; tries++) {
		let broken = !serves(answer);
		const chunks = untilBroken(fresh(answer, received), () => (broken = true));
		for await (const chunk of chunks) {
			received += chunk.byteLength;
			if (received > total) throw new DownloadError(`more than ${total} bytes arrived`);
			if (Number.isNaN(total) && received > maxBytes) throw new DownloadError(tooLarge(maxBytes));
			yield chunk;
		}
		if (Number.isNaN(total) ? !broken : received === total) return;
		if (tries === RECONNECT.retries || stopped(context)) throw cutOff(received, total);
		await pause(reconnectDelay(tries), context.getExecutionCancelSignal());
		answer = await requestFile(context, { url: answer.url, mayUseHttp }, received);
	}
}

const cutOff = (received: number, total: number) =>
	new DownloadError(
		Number.isNaN(total)
			? `the connection broke after ${received} bytes`
			: `${received} of ${total} bytes arrived`,
	);

const serves = ({ statusCode }: FileAnswer): boolean => statusCode === 200 || statusCode === 206;

/**
 * The new bytes of an answer: all of a 206; of a 200, those after the first `received`. Fails where it
 * has fewer than those: then it is cut off itself, or another file.
 */
function fresh(answer: FileAnswer, received: number): ByteStream {
	if (!serves(answer)) return nothing();
	const body = unstalled(answer, stallLimit());
	return answer.statusCode === 206 ? body : withoutFirst(body, received);
}

async function* withoutFirst(body: ByteStream, count: number): ByteStream {
	let toSkip = count;
	for await (const chunk of body) {
		if (chunk.byteLength > toSkip) yield chunk.subarray(toSkip);
		toSkip = Math.max(0, toSkip - chunk.byteLength);
	}
	if (toSkip > 0) throw new Error(`${toSkip} bytes are missing`);
}

async function store(
	context: FileContext,
	stream: ReturnType<typeof storable>,
	fileName: string | undefined,
	mimeType: string | undefined,
): Promise<IBinaryData> {
	try {
		return await context.helpers.prepareBinaryData(stream, fileName, mimeType);
	} catch (error) {
		throw asDownloadError(error);
	}
}

const asDownloadError = (error: unknown) =>
	error instanceof DownloadError
		? error
		: new DownloadError(`it could not be stored (${(error as Error).message})`);

const stopped = (context: FileContext): boolean =>
	context.getExecutionCancelSignal()?.aborted ?? false;

function nameOf(url: string): string | undefined {
	return cleanFileName(new URL(url).pathname.split('/').pop());
}
