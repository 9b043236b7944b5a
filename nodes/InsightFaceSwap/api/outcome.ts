import type { IDataObject } from 'n8n-workflow';

import { busyDelay } from '../shared/backoff';
import { adviceFor, CHECK_CONNECTION, CHECK_PROXY, PROXY_ADVICE, type Cause } from './advice';
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
 * @param anyAnswer whether any 2xx is a success, also one without JSON
 */
export function outcomeOf({ statusCode, headers, body }: HttpAnswer, anyAnswer = false): Outcome {
	if (statusCode >= 200 && statusCode < 300) {
		if (anyAnswer || statusCode === 204) return { kind: 'answered', body: {} };
		return isJson(body) ? { kind: 'answered', body } : UNREADABLE;
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

/** The statuses that the API answers with for reasons of its own: their meaning is known without JSON, too. */
const OWN_STATUSES = [401, 402, 412, 422, 429, 596];

function problemOf(status: number, body: unknown): Problem {
	const httpCode = String(status);
	const said = errorText(body);
	if (status >= 400 && !isJson(body) && !OWN_STATUSES.includes(status)) {
		const message = `A proxy or another server between n8n and useapi.net answered HTTP ${status}`;
		const description = PROXY_ADVICE[status] ?? CHECK_PROXY;
		return { message: said ? `${message}: ${said}` : message, description, httpCode };
	}
	const [message, description, cause] = adviceFor(isOfParameter(status, said) ? 400 : status, said);
	return {
		message,
		description: withDetails(description, body),
		httpCode,
		...(cause && (isApiError(body) || status === 412) ? { cause } : {}),
	};
}

/** The vendor's other services answer 412 without credits, and where a parameter is missing. */
const isOfParameter = (status: number, said = ''): boolean =>
	status === 412 && /\bparam\b/i.test(said);

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

/** A description with what the API or Discord adds to an error. */
export function withDetails(description: string, body: unknown): string {
	const said = errorText(detailsOf(body));
	return said ? `${description} Details: ${said}`.trim() : description;
}

/** The API passes on Discord's details as a JSON string within the JSON, or as a text. */
function detailsOf(body: unknown): unknown {
	const details = isObject(body) ? body.errorDetails : undefined;
	return typeof details === 'string' ? parsed(details) : details;
}

/** Parsed JSON; the text itself where it is none. */
export function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

/**
 * How long the API asks to wait, in milliseconds, and 10 seconds at least: the longest of what the header, the body
 * and Discord's details say.
 */
function waitOf(headers: IDataObject, body: unknown): number | undefined {
	const header = headers['retry-after'];
	const details = detailsOf(body);
	const waits = [
		seconds(header) ?? untilDate(header),
		untilDate(isObject(body) && body.retryAfter),
		seconds(isObject(details) && details.retry_after),
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

const UNREADABLE: Outcome = {
	kind: 'unknown',
	problem: {
		message: 'useapi.net answered with something that is not JSON, or is larger than 16 MB',
		description: CHECK_PROXY,
	},
};

/** Reads an error that n8n's HTTP helper threw: there was no HTTP answer. */
export function outcomeOfError(error: unknown): Outcome {
	const { reason, neverMade, isLasting } = connectionFailure(error);
	if (!neverMade) {
		const message = `The connection to useapi.net broke off: ${reason}`;
		return { kind: 'unknown', problem: { message, description: CHECK_CONNECTION } };
	}
	const problem = {
		message: `useapi.net could not be reached: ${reason}`,
		description: `${CHECK_PROXY} Nothing was sent.`,
	};
	return { kind: 'unreachable', problem, ...(isLasting && { lasting: true }) };
}

/** The outcome of a call that did not end in time. */
export const TOO_LATE: Outcome = {
	kind: 'unknown',
	problem: { message: 'useapi.net did not answer in time', description: CHECK_CONNECTION },
};
