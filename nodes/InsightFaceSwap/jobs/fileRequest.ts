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
}

const TIMEOUT_MS = 120_000;
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
		await discard(answer.body);
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

async function request(context: FileContext, url: string, from: number): Promise<FileAnswer> {
	const headers: IDataObject = { 'Accept-Encoding': 'identity' };
	if (from > 0) headers.Range = `bytes=${from}-`;
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
			abortSignal: context.getExecutionCancelSignal(),
		})) as Omit<FileAnswer, 'url'>;
		return { ...answer, url };
	} catch {
		return { url, statusCode: 0, headers: {}, body: nothing() };
	}
}

/** Closes the connection of an answer whose body is not needed. A stream closes once it is read. */
export async function discard(body: ByteStream): Promise<void> {
	const chunks = untilBroken(body);
	await chunks.next();
	await chunks.return(undefined);
}

/** The bytes of a body. If the connection breaks, it calls `onBreak` and ends. */
export async function* untilBroken(
	body: ByteStream,
	onBreak: () => void = () => {},
): AsyncGenerator<Uint8Array> {
	try {
		yield* body;
	} catch {
		onBreak();
	}
}

export async function* nothing(): ByteStream {}
