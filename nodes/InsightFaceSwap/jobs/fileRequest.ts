import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { isHttpUrl } from '../shared/validation';
import { isPrivate } from './remoteAddress';

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

/** Files are on other hosts, so they are requested without a credential. */
export type FileContext = Pick<IExecuteFunctions, 'helpers' | 'getExecutionCancelSignal'>;

export type ByteStream = AsyncIterable<Uint8Array>;

/** The address of a file, and how it may be requested. */
export interface FileAddress {
	url: string;
	/** Whether http is allowed; called only for an address that is not https. */
	mayUseHttp: () => Promise<boolean>;
}

export interface FileAnswer {
	/** The address that answered, after all redirects. */
	url: string;
	/** 0 if there was no answer. */
	statusCode: number;
	headers: IDataObject;
	body: ByteStream;
	/** Closes the connection. A reader of the body then sees that it breaks. */
	close: () => void;
}

const TIMEOUT_MS = 120_000;
/** How long a reader waits for bytes before the connection counts as broken. */
const STALL_MS = 60_000;
const MAX_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Requests the bytes of a file from byte `from` on. It follows redirects itself, to check each
 * address; n8n would not.
 * @throws DownloadError for an address that may not be called, and for too many redirects
 */
export async function requestFile(
	context: FileContext,
	{ url: first, mayUseHttp }: FileAddress,
	from: number,
): Promise<FileAnswer> {
	for (let url = first, hops = 0; hops <= MAX_REDIRECTS; hops++) {
		await assertAllowed(url, mayUseHttp);
		const answer = await request(context, url, from);
		const next = redirectOf(answer);
		if (next === undefined) return answer;
		answer.close();
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
async function request(context: FileContext, url: string, from: number): Promise<FileAnswer> {
	const headers: IDataObject = { 'Accept-Encoding': 'identity' };
	if (from > 0) headers.Range = `bytes=${from}-`;
	const connection = new AbortController();
	const close = () => connection.abort();
	const stop = context.getExecutionCancelSignal();
	try {
		const answer = (await context.helpers.httpRequest({
			method: 'GET',
			url,
			headers,
			encoding: 'stream',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			timeout: TIMEOUT_MS,
			abortSignal: stop ? AbortSignal.any([stop, connection.signal]) : connection.signal,
		})) as Omit<FileAnswer, 'url' | 'close'>;
		return { ...answer, url, close };
	} catch {
		return { url, statusCode: 0, headers: {}, body: nothing(), close };
	}
}

/** How long a reader waits for bytes before the connection counts as broken, in milliseconds. */
export const stallLimit = (): number => STALL_MS;

/**
 * The bytes of an answer. Its connection is closed when its reader waits too long for the next ones.
 * @param limit how long a reader may wait, in milliseconds
 */
export async function* unstalled({ body, close }: FileAnswer, limit: number): ByteStream {
	const watch = new StallWatch(limit, close);
	try {
		watch.waits();
		for await (const chunk of body) {
			watch.reads();
			yield chunk;
			watch.waits();
		}
	} finally {
		watch.end();
	}
}

/** Finds a reader that waits too long. It has one timer at most, however many chunks come. */
class StallWatch {
	/** Nothing while the reader does not wait. */
	private waitsSince?: number;

	private timer?: AbortSignal;

	constructor(
		private readonly limit: number,
		private readonly onStall: () => void,
	) {}

	/** The reader waits from now on. */
	waits(): void {
		this.waitsSince = performance.now();
		if (!this.timer) this.start(this.limit);
	}

	/** The reader has got bytes. */
	reads(): void {
		this.waitsSince = undefined;
	}

	/** The timer that is left calls nothing, and does not keep the process running. */
	end(): void {
		this.timer?.removeEventListener('abort', this.check);
		this.timer = undefined;
	}

	private start(ms: number): void {
		this.timer = AbortSignal.timeout(Math.ceil(ms));
		this.timer.addEventListener('abort', this.check);
	}

	private readonly check = (): void => {
		this.end();
		if (this.waitsSince === undefined) return;
		const left = this.waitsSince + this.limit - performance.now();
		if (left > 0) this.start(left);
		else this.onStall();
	};
}

/** The bytes of a body. If the connection breaks, it calls `onBreak` and ends. */
export async function* untilBroken(
	body: ByteStream,
	onBreak: () => void,
): AsyncGenerator<Uint8Array> {
	try {
		yield* body;
	} catch {
		onBreak();
	}
}

export async function* nothing(): ByteStream {}
