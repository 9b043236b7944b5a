import type { IBinaryData, IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { isHttpUrl } from '../shared/validation';
import { pause, reconnectPause } from '../shared/retry';

/** What a caller knows of a file before it is downloaded. */
export interface RemoteFile {
	url: string;
	fileName?: string;
	mimeType?: string;
	/** Bytes. */
	size?: number;
}

/** Why a file could not be downloaded whole. */
export class DownloadError extends Error {
	/** @param expired whether a fresh link may help */
	constructor(
		reason: string,
		readonly expired = false,
	) {
		super(reason);
	}
}

/** Files lie with strangers: only their own address is called, without any credential. */
export type FileContext = Pick<IExecuteFunctions, 'helpers' | 'getExecutionCancelSignal'>;

type Storable = Parameters<IExecuteFunctions['helpers']['prepareBinaryData']>[0];

type ByteStream = AsyncIterable<Uint8Array>;

interface FileAnswer {
	statusCode: number;
	headers: IDataObject;
	body: ByteStream;
}

const TIMEOUT_MS = 120_000;

/** So often a download that breaks off goes on from where it broke. */
const RETRIES = 4;

/**
 * Streams a file into n8n's store of binary data. A connection that breaks is taken up again where
 * it broke, so a file arrives whole or not at all.
 * @throws DownloadError when the address is no web address, the server refuses, or fewer bytes
 * arrive than were announced
 */
export async function download(context: FileContext, file: RemoteFile): Promise<IBinaryData> {
	if (!isHttpUrl(file.url)) throw new DownloadError('its link is not a web address');
	const answer = await open(context, file.url);
	const total = Number(answer.headers['content-length'] ?? file.size ?? Number.NaN);
	const stream = readable(answer.body, wholeFile(context, file.url, answer, total));
	const mimeType = file.mimeType ?? mediaType(answer.headers['content-type']);
	const binary = await store(context, stream, file.fileName ?? nameOf(file.url), mimeType);
	await assertWhole(context, binary, total);
	return binary;
}

/** The size of a stored file in bytes; base64 text has four characters for three bytes, less the padding. */
export async function storedSize(context: FileContext, binary: IBinaryData): Promise<number> {
	if (binary.id) return (await context.helpers.getBinaryMetadata(binary.id)).fileSize;
	const padding = /=*$/.exec(binary.data.slice(-2))?.[0].length ?? 0;
	return Math.floor((binary.data.length * 3) / 4) - padding;
}

/** The answer of a server that serves the file; it is asked again while it cannot be reached. */
async function open(context: FileContext, url: string): Promise<FileAnswer> {
	for (let tries = 0; ; tries++) {
		const answer = await request(context, url, 0);
		if (answer.statusCode === 200) return answer;
		if (answer.statusCode > 0 && answer.statusCode < 500) {
			const expired = [403, 404, 410].includes(answer.statusCode);
			throw new DownloadError(`the server answered HTTP ${answer.statusCode}`, expired);
		}
		if (tries === RETRIES || stopped(context)) {
			throw new DownloadError(
				answer.statusCode
					? `the server answered HTTP ${answer.statusCode}`
					: 'the server could not be reached',
			);
		}
		await pause(reconnectPause(tries), context.getExecutionCancelSignal());
	}
}

/** Asks for the bytes from `from` on; status 0 stands for no answer at all. */
async function request(context: FileContext, url: string, from: number): Promise<FileAnswer> {
	const headers: IDataObject = { 'Accept-Encoding': 'identity' };
	if (from > 0) headers.Range = `bytes=${from}-`;
	try {
		return (await context.helpers.httpRequest({
			method: 'GET',
			url,
			headers,
			encoding: 'stream',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			timeout: TIMEOUT_MS,
			abortSignal: context.getExecutionCancelSignal(),
		})) as FileAnswer;
	} catch {
		return { statusCode: 0, headers: {}, body: nothing() };
	}
}

/**
 * All bytes of a file, over as many connections as it takes.
 * @param total the announced size in bytes, NaN if none was: then the end of the stream is the end
 */
async function* wholeFile(
	context: FileContext,
	url: string,
	first: FileAnswer,
	total: number,
): AsyncGenerator<Uint8Array> {
	let received = 0;
	for (let tries = 0, answer = first; ; tries++) {
		for await (const chunk of untilBroken(fresh(answer, received))) {
			received += chunk.byteLength;
			yield chunk;
		}
		if (!(received < total)) return;
		if (tries === RETRIES || stopped(context)) {
			throw new DownloadError(`${received} of ${total} bytes arrived`);
		}
		await pause(reconnectPause(tries), context.getExecutionCancelSignal());
		answer = await request(context, url, received);
	}
}

/** What an answer adds to what has been received: all of a 206, the rest of a 200 that began anew. */
function fresh({ statusCode, body }: FileAnswer, received: number): ByteStream {
	if (statusCode === 206) return body;
	return statusCode === 200 ? withoutFirst(body, received) : nothing();
}

async function* withoutFirst(body: ByteStream, count: number): ByteStream {
	let toSkip = count;
	for await (const chunk of body) {
		if (chunk.byteLength > toSkip) yield chunk.subarray(toSkip);
		toSkip = Math.max(0, toSkip - chunk.byteLength);
	}
}

/** Ends where a connection breaks; whether it broke shows in the number of bytes. */
async function* untilBroken(body: ByteStream): ByteStream {
	try {
		yield* body;
	} catch {
		return;
	}
}

async function* nothing(): ByteStream {}

/**
 * A stream of Node, as n8n's store takes it, made by the class of a stream at hand: nodes may not
 * import any.
 */
function readable(atHand: ByteStream, bytes: ByteStream): Storable {
	const { from } = atHand.constructor as unknown as { from: (bytes: ByteStream) => Storable };
	return from(bytes);
}

async function store(
	context: FileContext,
	stream: Storable,
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

async function assertWhole(
	context: FileContext,
	binary: IBinaryData,
	total: number,
): Promise<void> {
	const arrived = await storedSize(context, binary);
	if (!Number.isNaN(total) && arrived !== total) {
		throw new DownloadError(`${arrived} of ${total} bytes arrived`);
	}
}

const stopped = (context: FileContext): boolean =>
	context.getExecutionCancelSignal()?.aborted ?? false;

/** A content type without its parameters. */
const mediaType = (header: unknown) =>
	typeof header === 'string' ? header.split(';')[0]?.trim() || undefined : undefined;

function nameOf(url: string): string | undefined {
	return new URL(url).pathname.split('/').pop() || undefined;
}
