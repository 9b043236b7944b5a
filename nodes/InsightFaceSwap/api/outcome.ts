import type { IDataObject } from 'n8n-workflow';

import { busyDelay } from '../shared/backoff';
import {
	ADVICE,
	CHECK_CONNECTION,
	CHECK_PROXY,
	FAILED,
	MOVED,
	PROXY_ADVICE,
	SAYINGS,
	type Advice,
	type Cause,
} from './advice';
import { connectionFailure } from './connection';
import { isObject } from './job';

/** What went wrong, in words for the user: what happened, and what to do next. */
export interface Problem {
	message: string;
	description: string;
	httpCode?: string;
	/** Only from the API's own JSON, never from what a proxy answers. */
	cause?: Cause;
}

/** The outcome of a call. It tells whether the call may be sent again. */
export type Outcome =
	/** The API answered. */
	| { kind: 'answered'; body: unknown }
	/** The API did not take the call and may take it later: after `waitMs` milliseconds, at least 10 seconds, where it says so. */
	| { kind: 'busy'; problem: Problem; waitMs?: number }
	/** No connection was made, so nothing was sent. `lasting`: another try cannot help. */
	| { kind: 'unreachable'; problem: Problem; lasting?: true }
	/** The API, in its own words, has no such job, or has it no longer. */
	| { kind: 'absent'; problem: Problem }
	/** The call was not taken, and would be refused again. It says nothing of a job that was to be read. */
	| { kind: 'refused'; problem: Problem }
	/** It is unknown whether the API took the call. */
	| { kind: 'unknown'; problem: Problem };

export interface HttpAnswer {
	statusCode: number;
	headers: IDataObject;
	/** Parsed JSON; otherwise the text; undefined where it could not be read. */
	body: unknown;
}

/** A proxy may answer these after it has forwarded the call, so the outcome is unknown. */
const UNKNOWN_OUTCOME = [408, 425];

/** The other statuses below 500 are refusals. From 500 on the outcome is unknown, except for 596, which comes before any job. */
const isRefusal = (status: number) =>
	(status < 500 && !UNKNOWN_OUTCOME.includes(status)) || status === 596;

/**
 * Reads an HTTP answer. A success must be JSON, or 204 without a body. Anything else is an unknown
 * outcome.
 */
export function outcomeOf({ statusCode, headers, body }: HttpAnswer): Outcome {
	if (statusCode === 204) return { kind: 'answered', body: {} };
	if (statusCode >= 200 && statusCode < 300) {
		return isJson(body)
			? { kind: 'answered', body }
			: { kind: 'unknown', problem: unreadable(statusCode) };
	}
	const problem = problemOf(statusCode, body);
	if (statusCode === 429) return { kind: 'busy', problem, waitMs: waitOf(headers, body) };
	if (isAbsent(statusCode, body)) return { kind: 'absent', problem };
	return { kind: isRefusal(statusCode) ? 'refused' : 'unknown', problem };
}

/** Whether the API itself may have answered: proxies answer with a page, a text or nothing. */
const isJson = (body: unknown): body is object => typeof body === 'object' && body !== null;

/** Whether the body is an error in the form of the API. */
const isApiError = (body: unknown): boolean => isObject(body) && Boolean(body.error);

/** Whether the API says that it has no such job. Its 404 for anything else has other words. */
const isAbsent = (status: number, body: unknown): boolean =>
	isApiError(body) &&
	(status === 410 || (status === 404 && /unable to locate/i.test(errorText(body) ?? '')));

const unreadable = (status: number): Problem => ({
	message: 'useapi.net answered with something that is not JSON, or is larger than 16 MB',
	description: CHECK_PROXY,
	httpCode: String(status),
});

/** The statuses that the API answers with for reasons of its own: what a body without JSON means is known all the same. */
const OWN_STATUSES = [401, 402, 412, 422, 429, 596];

function problemOf(status: number, body: unknown): Problem {
	const httpCode = String(status);
	if (status >= 400 && !isJson(body) && !OWN_STATUSES.includes(status)) {
		return { ...proxyProblem(status, body), httpCode };
	}
	const said = errorText(body);
	const [message, description, cause] = adviceFor(isOfParameter(status, said) ? 400 : status, said);
	const details = errorDetails(body);
	return {
		message,
		description: details ? `${description} ${details}` : description,
		httpCode,
		...(cause && (isApiError(body) || status === 412) ? { cause } : {}),
	};
}

/** The vendor's other services answer 412 without credits, and where a parameter is missing. */
const isOfParameter = (status: number, said = ''): boolean =>
	status === 412 && /\bparam\b/i.test(said);

/** What a status of the API means, with its words. */
function adviceFor(status: number, said = ''): Advice {
	const saying = SAYINGS.find((one) => one.status === status && one.says.test(said));
	const [message, description, cause] = ADVICE[status] ?? (status < 400 ? MOVED : FAILED);
	const match = saying?.says.exec(said);
	return [
		match && saying?.message
			? saying.message(match)
			: said
				? `${message}: ${said}`
				: `${message} (HTTP ${status})`,
		saying?.description ?? description,
		saying?.cause ?? cause,
	];
}

/** Only the API's JSON speaks for the API. */
function proxyProblem(status: number, body: unknown): Problem {
	const said = errorText(body);
	return {
		message: `A proxy or another server between n8n and useapi.net answered HTTP ${status}${said ? `: ${said}` : ''}`,
		description: PROXY_ADVICE[status] ?? CHECK_PROXY,
	};
}

/** The problem of an account without credits, where the API was not called. */
export const OUT_OF_CREDITS: Problem = problemOf(412, undefined);

/** The problem of a channel that is busy, where the API was not called. */
export const BUSY: Problem = problemOf(429, undefined);

const MAX_QUOTED = 300;

/** The API's error text, from `{error}`, `{error: {message}}`, `{message}` or plain text; none from HTML. */
export function errorText(body: unknown): string | undefined {
	if (typeof body === 'string') {
		const text = body.trim();
		return text && !text.startsWith('<') ? text.slice(0, MAX_QUOTED) : undefined;
	}
	if (!isObject(body)) return undefined;
	const { error, message } = body;
	if (isObject(error)) return errorText(error.message ?? error.error);
	return errorText(error ?? message);
}

/** What the API or Discord adds to an error, as a sentence. It may be a JSON string with a message. */
export function errorDetails(body: unknown): string | undefined {
	const { errorDetails: given } = isObject(body) ? body : ({} as IDataObject);
	const said = errorText(parsed(given)) ?? errorText(given);
	return said && `Details: ${said}`;
}

/**
 * How long the API asks to wait, in milliseconds, and 10 seconds at least: the longest of what the header, the body
 * and Discord's details say.
 */
function waitOf(headers: IDataObject, body: unknown): number | undefined {
	const { retryAfter, errorDetails: details } = isObject(body) ? body : ({} as IDataObject);
	const waits = [
		seconds(headers['retry-after']) ?? untilDate(headers['retry-after']),
		untilDate(retryAfter),
		seconds(retryAfterOf(details)),
	].filter((wait) => wait !== undefined);
	return waits.length > 0 ? busyDelay(Math.max(...waits)) : undefined;
}

function seconds(value: unknown): number | undefined {
	const number = typeof value === 'string' && value.trim() ? Number(value) : value;
	return typeof number === 'number' && number >= 0 ? number * 1000 : undefined;
}

function untilDate(value: unknown): number | undefined {
	const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
	return Number.isNaN(time) ? undefined : Math.max(0, time - Date.now());
}

/** Discord's own limit is a JSON string within the JSON. */
function retryAfterOf(details: unknown): unknown {
	const body = parsed(details);
	return isObject(body) ? body.retry_after : undefined;
}

function parsed(text: unknown): unknown {
	try {
		return JSON.parse(String(text));
	} catch {
		return undefined;
	}
}

/** Reads an error that n8n's HTTP helper threw: there was no HTTP answer. */
export function outcomeOfError(error: unknown): Outcome {
	const { reason, neverMade, retries } = connectionFailure(error);
	if (!neverMade) {
		const message = `The connection to useapi.net broke off: ${reason}`;
		return { kind: 'unknown', problem: { message, description: CHECK_CONNECTION } };
	}
	const problem = {
		message: `useapi.net could not be reached: ${reason}`,
		description: `${CHECK_PROXY} Nothing was sent.`,
	};
	return { kind: 'unreachable', problem, ...(retries === 0 ? { lasting: true } : {}) };
}

/** The outcome of a call that did not end in time. */
export const TOO_LATE: Outcome = {
	kind: 'unknown',
	problem: { message: 'useapi.net did not answer in time', description: CHECK_CONNECTION },
};
