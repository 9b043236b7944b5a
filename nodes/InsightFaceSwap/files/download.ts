import type { IBinaryData, IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { connectionFailure } from '../api/connection';
import { storable } from '../n8nCompat/requests';
import { Deadline, downloadMs } from '../shared/cancellation';
import { RECONNECT, retry } from '../shared/retry';
import { InputError, isHttpUrl } from '../shared/validation';
import { cleanContentType, HEAD_BYTES } from './formats';

/** Why a file could not be downloaded whole. */
export class DownloadError extends Error {
	/** @param cure what may help: another try, or a fresh link */
	constructor(
		reason: string,
		readonly cure?: 'retry' | 'freshLink',
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
	mayUseHttp: boolean;
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
	const result = await retry(
		{ ...RECONNECT, signal: context.getExecutionCancelSignal?.() },
		async () => await new Attempt(context, file).result().catch((error: Error) => error),
		(last) =>
			last instanceof DownloadError &&
			last.cure === 'retry' &&
			performance.now() - began < LAST_TRY_MS,
	);
	if (result instanceof Error) throw result;
	return result;
}

interface FileAnswer {
	statusCode: number;
	headers: IDataObject;
	body: AsyncIterable<Uint8Array>;
}

const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

/** One try to download a file, with its time limit. */
class Attempt {
	/** How many bytes of the file have come. */
	private bytes = 0;

	/**
	 * Relies on: a signal that aborts breaks the body of an answer too, as Stop does. The stream of n8n 2
	 * cannot close its connection itself while a reader waits. Checked in n8n 1.123.81 and 2.41.1 (axios:
	 * adapters/http, `abortEmitter`).
	 */
	private readonly deadline: Deadline;

	constructor(
		private readonly context: FileContext,
		private readonly file: RemoteFile,
	) {
		const stop = context.getExecutionCancelSignal?.();
		this.deadline = new Deadline(() => downloadMs(this.bytes), stop);
	}

	async result(): Promise<IBinaryData> {
		try {
			return await this.stored(await this.answer());
		} catch (error) {
			throw this.failure(error as Error);
		} finally {
			// Also closes the connections of redirects, whose bodies are not read.
			this.deadline.abort();
		}
	}

	/** The errors of this package as they are; every other one comes from n8n's store. */
	private failure(error: Error): Error {
		if (this.deadline.isOver) {
			return new DownloadError(`the server is too slow: ${this.bytes} bytes came in time`, 'retry');
		}
		const isOwn = error instanceof DownloadError || error instanceof InputError;
		return isOwn ? error : new DownloadError(`it could not be stored (${error.message})`);
	}

	private async stored({ headers, body }: FileAnswer): Promise<IBinaryData> {
		const { describe } = this.file;
		const bytes = this.wholeBody(body, sizeOf(this.file, headers));
		const head = await headOf(bytes);
		const { fileName, mimeType } = describe(head, cleanContentType(headers['content-type']));
		const stream = storable(body, joined(head, bytes));
		return await this.context.helpers.prepareBinaryData(stream, fileName, mimeType);
	}

	/** The answer with the file. It follows redirects itself, to check each address; n8n would not. */
	private async answer(): Promise<FileAnswer> {
		let { url } = this.file;
		for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
			this.assertAllowed(url);
			const answer = await this.request(url);
			const { location } = answer.headers;
			if (!REDIRECTS.includes(answer.statusCode) || typeof location !== 'string') {
				assertServed(answer);
				return answer;
			}
			const next = URL.canParse(location, url) ? new URL(location, url).href : location;
			if (!isPrivate(url) && isHttpUrl(next) && isPrivate(next)) {
				throw new DownloadError('its link leads into a private network');
			}
			url = next;
		}
		throw new DownloadError(`its link was redirected more than ${MAX_REDIRECTS} times`);
	}

	private assertAllowed(url: string): void {
		if (!isHttpUrl(url)) throw new DownloadError('its link is not a web address');
		if (new URL(url).protocol !== 'https:' && !this.file.mayUseHttp) {
			throw new DownloadError('its link is not an https address');
		}
	}

	private async request(url: string): Promise<FileAnswer> {
		try {
			return (await this.context.helpers.httpRequest({
				method: 'GET',
				url,
				headers: { 'Accept-Encoding': 'identity' },
				encoding: 'stream',
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				disableFollowRedirect: true,
				abortSignal: this.deadline.signal,
			})) as FileAnswer;
		} catch (error) {
			throw unreachable(error);
		}
	}

	/**
	 * All bytes of an answer.
	 * @param total the announced size in bytes; NaN if there is none, then the end of the connection is the end
	 */
	private async *wholeBody(
		body: AsyncIterable<Uint8Array>,
		total: number,
	): AsyncGenerator<Uint8Array> {
		const { maxBytes } = this.file;
		try {
			for await (const chunk of body) {
				this.bytes += chunk.byteLength;
				if (this.bytes > total) throw new DownloadError(`more than ${total} bytes arrived`);
				if (Number.isNaN(total) && this.bytes > maxBytes) throw tooLarge(maxBytes);
				yield chunk;
			}
		} catch (error) {
			throw error instanceof DownloadError ? error : cutOff(this.bytes, total);
		}
		if (this.bytes < total) throw cutOff(this.bytes, total);
	}
}

function unreachable(error: unknown): DownloadError {
	const { reason, isLasting } = connectionFailure(error);
	const cure = isLasting ? undefined : 'retry';
	return new DownloadError(`the server could not be reached: ${reason}`, cure);
}

const EXPIRED = [403, 404, 410];
const TRANSIENT = [408, 425, 429];

/** @throws DownloadError for an answer without the file */
function assertServed({ statusCode }: FileAnswer): void {
	if (statusCode === 200) return;
	const reason = `the server answered HTTP ${statusCode}`;
	if (EXPIRED.includes(statusCode)) throw new DownloadError(reason, 'freshLink');
	const isTransient = statusCode >= 500 || TRANSIENT.includes(statusCode);
	throw new DownloadError(reason, isTransient ? 'retry' : undefined);
}

/**
 * The announced size of a file in bytes, NaN if none was announced. The HTTP stack unpacks the usual encodings and
 * removes their header.
 * @throws DownloadError for an answer that cannot be this file
 */
function sizeOf({ size, maxBytes }: RemoteFile, headers: IDataObject): number {
	const length = Number(headers['content-length'] ?? Number.NaN);
	const encoding = String(headers['content-encoding'] || 'identity').toLowerCase();
	if (encoding !== 'identity') throw new DownloadError('the server sent it packed');
	if (size === undefined && length > maxBytes) throw tooLarge(maxBytes);
	if (size === undefined || Number.isNaN(length) || length === size) return size ?? length;
	throw new DownloadError(`the server has ${length} of ${size} bytes`);
}

const tooLarge = (maxBytes: number) =>
	new DownloadError(`it is larger than ${maxBytes / 1024 / 1024} MB`);

const cutOff = (bytes: number, total: number) =>
	new DownloadError(
		Number.isNaN(total)
			? `the connection broke after ${bytes} bytes`
			: `${bytes} of ${total} bytes arrived`,
		'retry',
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

/** Names of private networks, and the addresses of their hosts as `URL` normalises them. */
const PRIVATE = [
	/(^|\.)(localhost|local|internal)$/,
	// This host, RFC 1918, loopback, link-local and carrier-grade NAT.
	/^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01]))\.[\d.]+$/,
	/^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.[\d.]+$/,
	// fc00::/7, fe80::/10, `::`, `::1`, and each IPv4 address that is mapped into IPv6.
	/^(f[cd][\da-f]{2}|fe[89ab][\da-f]):/,
	/^::(1$|ffff:|$)/,
];

/**
 * Whether the host of an http(s) address is in a private network. It checks the address only: a
 * public name that resolves to a private address counts as public.
 */
export const isPrivate = (url: string): boolean => PRIVATE.some((hosts) => hosts.test(hostOf(url)));

/** Whether the host of an http(s) address is this machine. */
export const isLoopback = (url: string): boolean =>
	/^(localhost|::1|127\.[\d.]+)$/.test(hostOf(url));

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$|\.$/g, '');
