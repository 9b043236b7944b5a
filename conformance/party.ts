/** One side of the comparison: the real API or the simulator, and how to call it. */
import type { Request } from './calls';

/** Waiting times, in milliseconds. */
export interface Pace {
	/** Between two reads of a job, and before a busy channel is called again. */
	pollMs: number;
	/** How long a job may take. */
	jobLimitMs: number;
	/** How long callbacks may take after the last job has ended. */
	callbackLimitMs: number;
	/** How long to listen for callbacks after the last one that was expected. */
	afterCallbacksMs: number;
}

/** The API asks for at least 10 to 30 seconds between two reads. */
const PATIENT: Pace = {
	pollMs: 15_000,
	jobLimitMs: 15 * 60_000,
	callbackLimitMs: 2 * 60_000,
	afterCallbacksMs: 15_000,
};

/** For a simulator on this machine. */
const QUICK: Pace = {
	pollMs: 100,
	jobLimitMs: 60_000,
	callbackLimitMs: 10_000,
	afterCallbacksMs: 500,
};

export interface Party {
	/** Without a slash at the end. */
	baseUrl: string;
	token: string;
	pace: Pace;
}

export function partyAt(baseUrl: string, token: string): Party {
	const isLocal = /^(127\.|localhost$|\[::1\]$)/.test(new URL(baseUrl).hostname);
	return { baseUrl: baseUrl.replace(/\/+$/, ''), token, pace: isLocal ? QUICK : PATIENT };
}

/** What came back. */
export interface Answer {
	status: number;
	/** Without its parameters. */
	contentType: string | undefined;
	retryAfter: string | undefined;
	/** Parsed JSON, or the text where it is none; undefined when empty. */
	body: unknown;
	/** Milliseconds until the whole answer was there. */
	ms: number;
}

const TIMEOUT_MS = 5 * 60_000;

/** Sends one request, once. Throws when no answer comes. */
export async function send(party: Party, request: Request): Promise<Answer> {
	const { method, path, form, json, authorization = `Bearer ${party.token}` } = request;
	const began = Date.now();
	const response = await fetch(`${party.baseUrl}${path}`, {
		method,
		headers: {
			...(authorization !== 'none' && { authorization }),
			...(json && { 'content-type': 'application/json' }),
		},
		body: json ? JSON.stringify(json) : form && formData(form),
		redirect: 'manual',
		signal: AbortSignal.timeout(TIMEOUT_MS),
	});
	const text = await response.text();
	return {
		status: response.status,
		contentType: mediaType(response.headers.get('content-type')),
		retryAfter: response.headers.get('retry-after') ?? undefined,
		body: text === '' ? undefined : parsed(text),
		ms: Date.now() - began,
	};
}

/** Asks for a file of a result, without the token. Its bytes are not read. */
export async function download(url: string): Promise<Answer> {
	const began = Date.now();
	const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
	await response.body?.cancel();
	const contentType = mediaType(response.headers.get('content-type'))?.replace(
		/^image\/.+/,
		'image',
	);
	return {
		status: response.status,
		contentType,
		retryAfter: undefined,
		body: undefined,
		ms: Date.now() - began,
	};
}

export const mediaType = (header: string | null | undefined) =>
	header?.split(';')[0]?.trim().toLowerCase() || undefined;

function formData(form: Record<string, string | Blob>): FormData {
	const data = new FormData();
	for (const [name, value] of Object.entries(form)) {
		if (typeof value === 'string') data.append(name, value);
		else data.append(name, value, 'portrait.png');
	}
	return data;
}

export function parsed(text: string): unknown {
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return text;
	}
}
