import type { IBinaryData, IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { connectionFailure } from '../api/connection';
import { storable } from '../n8nCompat/streamClass';
import { reconnectDelay } from '../shared/backoff';
import { Deadline, downloadMs } from '../shared/deadline';
import { pause, RECONNECT } from '../shared/retry';
import { InputError, isHttpUrl } from '../shared/validation';
import { cleanContentType } from './fileNames';
import { HEAD_BYTES } from './formats';
import { isPrivate } from './remoteAddress';

/** Why a file could not be downloaded whole. */
export class DownloadError extends Error {
	/**
	 * @param retries how many more tries may help
	 * @param expired whether a fresh link may help
	 */
	constructor(
		reason: string,
		readonly retries = 0,
		readonly expired = false,
	) {
		super(reason);
	}
}

/** Files are on other hosts, so they are requested without a credential. */
export interface FileContext extends Partial<Pick<IExecuteFunctions, 'getExecutionCancelSignal'>> {
	helpers: Pick<IExecuteFunctions['helpers'], 'httpRequest' | 'prepareBinaryData'>;
}

/** A file to download, and which file is accepted. */
export interface RemoteFile {
	url: string;
	/** Whether http is allowed; called only for an address that is not https. */
	mayUseHttp: () => Promise<boolean>;
	/** Bytes, where the size is known. */
	size?: number;
	/** The maximum size in bytes of a file whose size is not known. */
	maxBytes: number;
	/**
	 * Says how the file is called and which type it has. Throws for a file that is not accepted.
	 * @param head the first bytes of the file: 12 or more, if it has as many
	 * @param mimeType what the server calls the file
	 */
	describe: (head: Buffer, mimeType?: string) => { fileName?: string; mimeType?: string };
}

/** No try begins later than this after the first one, in milliseconds. */
const LAST_TRY_MS = 300_000;

/**
 * Streams a file into n8n's store of binary data. It arrives whole or not at all: where the connection
 * breaks or becomes too slow, the file is downloaded again, at most four times. The headers and the first
 * bytes are checked before anything is stored. Later errors make the stream fail, so that n8n drops the
 * file.
 * @throws DownloadError when the address may not be called, the server refuses, or the bytes are not as
 * many as announced or allowed
 * @throws whatever `file.describe` throws
 */
export async function download(context: FileContext, file: RemoteFile): Promise<IBinaryData> {
	const began = performance.now();
	const stop = context.getExecutionCancelSignal?.();
	for (let attempt = 0; ; attempt++) {
		try {
			return await downloadOnce(context, file);
		} catch (error) {
			const retries = error instanceof DownloadError ? error.retries : 0;
			const isLate = performance.now() - began > LAST_TRY_MS;
			const isLast = attempt >= Math.min(retries, RECONNECT.retries) || isLate || stop?.aborted;
			if (isLast) throw error as Error;
		}
		await pause(reconnectDelay(attempt), stop);
		if (stop?.aborted) throw new DownloadError('the execution was stopped');
	}
}

/** The answer of a server, and what is needed to read it. */
interface FileAnswer {
	url: string;
	statusCode: number;
	headers: IDataObject;
	body: AsyncIterable<Uint8Array>;
	deadline: Deadline;
	/** How many bytes of the body have come. */
	progress: { bytes: number };
}

async function downloadOnce(context: FileContext, file: RemoteFile): Promise<IBinaryData> {
	const answer = await answerOf(context, file);
	try {
		assertServed(answer);
		const bytes = wholeBody(answer, sizeOf(file, answer), file.maxBytes);
		const head = await headOf(bytes);
		const type = cleanContentType(answer.headers['content-type']);
		const { fileName, mimeType } = file.describe(head, type);
		const stream = storable(answer.body, joined(head, bytes));
		return await context.helpers.prepareBinaryData(stream, fileName, mimeType);
	} catch (error) {
		answer.deadline.abort();
		throw failureOf(error, answer);
	} finally {
		answer.deadline.end();
	}
}

/** The errors of this package as they are; every other one comes from n8n's store. */
function failureOf(error: unknown, { deadline, progress }: FileAnswer): Error {
	if (deadline.isOver) return tooSlow(progress.bytes);
	if (error instanceof DownloadError || error instanceof InputError) return error;
	return new DownloadError(`it could not be stored (${(error as Error).message})`);
}

const tooSlow = (bytes: number) =>
	new DownloadError(`the server is too slow: ${bytes} bytes came in time`, Infinity);

const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Requests a file. It follows redirects itself, to check each address; n8n would not.
 * @throws DownloadError for an address that may not be called, and for too many redirects
 */
async function answerOf(
	context: FileContext,
	{ url: first, mayUseHttp }: RemoteFile,
): Promise<FileAnswer> {
	for (let url = first, hops = 0; hops <= MAX_REDIRECTS; hops++) {
		await assertAllowed(url, mayUseHttp);
		const answer = await request(context, url);
		const next = redirectOf(answer);
		if (next === undefined) return answer;
		answer.deadline.abort();
		if (!isPrivate(url) && isHttpUrl(next) && isPrivate(next)) {
			throw new DownloadError('its link leads into a private network');
		}
		url = next;
	}
	throw new DownloadError(`its link was redirected more than ${MAX_REDIRECTS} times`);
}

async function assertAllowed(url: string, mayUseHttp: () => Promise<boolean>): Promise<void> {
	if (!isHttpUrl(url)) throw new DownloadError('its link is not a web address');
	if (new URL(url).protocol !== 'https:' && !(await mayUseHttp())) {
		throw new DownloadError('its link is not an https address');
	}
}

function redirectOf({ url, statusCode, headers }: FileAnswer): string | undefined {
	const { location } = headers;
	if (!REDIRECTS.includes(statusCode) || typeof location !== 'string') return undefined;
	try {
		return new URL(location, url).href;
	} catch {
		return location;
	}
}

/**
 * Relies on: a signal that aborts breaks the body of an answer too, as Stop does. The stream of n8n 2
 * cannot close its connection itself while a reader waits. Checked in n8n 1.123.81 and 2.41.1 (axios:
 * adapters/http, `abortEmitter`).
 */
async function request(context: FileContext, url: string): Promise<FileAnswer> {
	const progress = { bytes: 0 };
	const stop = context.getExecutionCancelSignal?.();
	const deadline = new Deadline(() => downloadMs(progress.bytes), stop);
	try {
		const answer = (await context.helpers.httpRequest({
			method: 'GET',
			url,
			headers: { 'Accept-Encoding': 'identity' },
			encoding: 'stream',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			abortSignal: deadline.signal,
		})) as Pick<FileAnswer, 'statusCode' | 'headers' | 'body'>;
		return { ...answer, url, progress, deadline };
	} catch (error) {
		deadline.end();
		if (deadline.isOver) throw tooSlow(0);
		throw unreachable(error);
	}
}

function unreachable(error: unknown): DownloadError {
	const { reason, retries } = connectionFailure(error);
	return new DownloadError(`the server could not be reached: ${reason}`, retries);
}

const EXPIRED = [403, 404, 410];
const TRANSIENT = [408, 425, 429];

/** @throws DownloadError for an answer without the file */
function assertServed({ statusCode }: FileAnswer): void {
	if (statusCode === 200) return;
	const retries = statusCode >= 500 || TRANSIENT.includes(statusCode) ? Infinity : 0;
	const reason = `the server answered HTTP ${statusCode}`;
	throw new DownloadError(reason, retries, EXPIRED.includes(statusCode));
}

/**
 * The announced size of a file in bytes, NaN if none was announced. The HTTP stack unpacks the usual
 * encodings and removes their header, but Content-Length still counts the packed bytes.
 * @throws DownloadError for an answer that cannot be this file
 */
function sizeOf({ size, maxBytes }: RemoteFile, { headers }: FileAnswer): number {
	const length = Number(headers['content-length'] ?? Number.NaN);
	const encoding = String(headers['content-encoding'] ?? 'identity').toLowerCase();
	if (encoding !== 'identity') {
		throw new DownloadError(`the server sent it packed (${encoding.slice(0, 20)})`);
	}
	if (size !== undefined && !Number.isNaN(length) && length !== size) {
		throw new DownloadError(`the server has ${length} of ${size} bytes`);
	}
	if (size === undefined && length > maxBytes) throw tooLarge(maxBytes);
	return size ?? length;
}

const tooLarge = (maxBytes: number) =>
	new DownloadError(`it is larger than ${maxBytes / 1024 / 1024} MB`);

/**
 * All bytes of an answer.
 * @param total the announced size in bytes; NaN if there is none, then the end of the connection is the end
 * @throws DownloadError when the connection breaks, fewer or more bytes arrive than announced, or more than
 * allowed
 */
async function* wholeBody(
	{ body, progress }: FileAnswer,
	total: number,
	maxBytes: number,
): AsyncGenerator<Uint8Array> {
	let isBroken = false;
	try {
		for await (const chunk of body) {
			progress.bytes += chunk.byteLength;
			if (progress.bytes > total) throw new DownloadError(`more than ${total} bytes arrived`);
			if (Number.isNaN(total) && progress.bytes > maxBytes) throw tooLarge(maxBytes);
			yield chunk;
		}
	} catch (error) {
		if (error instanceof DownloadError) throw error as Error;
		isBroken = true;
	}
	if (isBroken || progress.bytes < total) throw cutOff(progress.bytes, total);
}

const cutOff = (bytes: number, total: number) =>
	new DownloadError(
		Number.isNaN(total)
			? `the connection broke after ${bytes} bytes`
			: `${bytes} of ${total} bytes arrived`,
		Infinity,
	);

/** The first bytes, as many as tell the format. */
async function headOf(bytes: AsyncGenerator<Uint8Array>): Promise<Buffer> {
	let head = Buffer.alloc(0);
	while (head.byteLength < HEAD_BYTES) {
		const { done, value } = await bytes.next();
		if (done) break;
		head = Buffer.concat([head, value]);
	}
	return head;
}

async function* joined(
	head: Uint8Array,
	rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
	if (head.byteLength > 0) yield head;
	yield* rest;
}
