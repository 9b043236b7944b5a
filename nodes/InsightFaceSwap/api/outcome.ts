import type { IDataObject } from 'n8n-workflow';

import { isObject } from './job';

/** What went wrong, in words for the user: what happened, and what to do next. */
export interface Problem {
	message: string;
	description: string;
	httpCode?: string;
	/** A cause for which the node does more than report an error. */
	cause?: 'channelMissing' | 'noAccess' | 'noCredits' | 'notFound' | 'unknownChannel';
}

/** The outcome of a call. It tells whether the call may be sent again. */
export type Outcome =
	/** The API answered. */
	| { kind: 'answered'; body: unknown }
	/** The API did not take the call and may take it later, after `waitMs` milliseconds where it says so. */
	| { kind: 'busy'; problem: Problem; waitMs?: number }
	/** No connection was made, so nothing was sent. */
	| { kind: 'unreachable'; problem: Problem }
	/** The API did not take the call, and would refuse it again. */
	| { kind: 'refused'; problem: Problem }
	/** The API itself says that what the call names is not there. */
	| { kind: 'absent'; problem: Problem }
	/** It is unknown whether the API took the call. */
	| { kind: 'unknown'; problem: Problem };

export interface HttpAnswer {
	statusCode: number;
	headers: IDataObject;
	body: unknown;
}

type Advice = [message: string, description: string];

const NOT_CHARGED = 'No job was started and nothing was charged.';

const CHECK_CONNECTION =
	'Check the connection between n8n and useapi.net, and any proxies in between.';

/** What each HTTP status of the API means, and what to do next. */
const ADVICE: Record<number, Advice> = {
	400: ['useapi.net refused the request', 'Check the parameter that the message names.'],
	401: [
		'useapi.net did not accept the API token',
		'Open the credential, paste the whole token (it starts with "user:") and test it.',
	],
	402: [
		'The useapi.net account has no active subscription',
		`Renew the subscription at useapi.net, then run again. ${NOT_CHARGED}`,
	],
	403: [
		'useapi.net does not allow this',
		'The job or the account belongs to another user, or the subscription does not include this API.',
	],
	404: ['useapi.net could not find it', 'Check the ID; jobs may be deleted after 7 days.'],
	408: ['useapi.net did not wait for the whole request', CHECK_CONNECTION],
	410: [
		'The job has expired',
		'useapi.net keeps jobs for a limited time. Submit it again if you still need the result.',
	],
	412: [
		'The InsightFaceSwap account is out of credits',
		`Choose another channel (Account → Get Many shows the credits), wait until the credits renew, or upgrade the plan at Picsi.Ai. ${NOT_CHARGED}`,
	],
	422: [
		'The picture or the prompt was rejected by moderation',
		'Change the picture or reword the prompt. Sending the same again will be rejected again.',
	],
	425: ['useapi.net did not want to read the request yet', CHECK_CONNECTION],
	429: [
		'The API is busy',
		'Each channel runs one job at a time. Try again in 10 to 30 seconds, or add channels to run more at once.',
	],
	596: [
		'The Discord session of this account is broken',
		'Discord has ended the session that useapi.net uses. Get a new Discord token and send it with Account → Create or Update.',
	],
};

/** The problem of an account without credits, where the API was not called. */
export const OUT_OF_CREDITS: Problem = problemOf(412, undefined);

/** The problem of a channel that is busy, where the API was not called. */
export const BUSY: Problem = problemOf(429, undefined);

const FAILED: Advice = ['useapi.net could not answer', 'Try again later.'];
const MOVED: Advice = [
	'useapi.net answered with a redirect, which is not followed',
	'Check the Base URL of the credential: it should be the final address, with https.',
];

/** A proxy may answer these after it has forwarded the call, so the outcome is unknown. */
const UNKNOWN_OUTCOME = [408, 425];

/** The other statuses below 500 are refusals. From 500 on the outcome is unknown, except for 596, which comes before any job. */
const isRefusal = (status: number) =>
	(status < 500 && !UNKNOWN_OUTCOME.includes(status)) || status === 596;

/**
 * Reads an HTTP answer. A success must be JSON, or 204 without a body. Anything else is an unknown
 * outcome. A body that is nested too deeply is dropped.
 */
export function outcomeOf({ statusCode, headers, body: given }: HttpAnswer): Outcome {
	if (statusCode === 204) return { kind: 'answered', body: {} };
	const body = isTooDeep(given) ? undefined : given;
	if (statusCode >= 200 && statusCode < 300) {
		return typeof body === 'object' && body !== null
			? { kind: 'answered', body }
			: { kind: 'unknown', problem: unreadable(statusCode) };
	}
	const problem = problemOf(statusCode, body);
	if (statusCode === 429) return { kind: 'busy', problem, waitMs: waitOf(headers, body) };
	if (isAbsent(statusCode, body)) return { kind: 'absent', problem };
	return { kind: isRefusal(statusCode) ? 'refused' : 'unknown', problem };
}

/** Only the API's own JSON counts: a proxy answers 404 and 410, too. */
function isAbsent(status: number, body: unknown): boolean {
	if (!isObject(body) || !body.error) return false;
	return status === 410 || (status === 404 && /unable to locate/i.test(errorText(body) ?? ''));
}

/** Ten times the depth of any answer of the API, and shallow enough for recursive functions. */
const MAX_DEPTH = 200;

/** Whether objects are nested more deeply than recursive functions can follow. */
function isTooDeep(body: unknown): boolean {
	let level = [body];
	for (let depth = 0; depth <= MAX_DEPTH; depth++) {
		level = level.flatMap((value) => (isAnyObject(value) ? Object.values(value) : []));
		if (level.length === 0) return false;
	}
	return true;
}

const unreadable = (statusCode: number): Problem => ({
	message: 'useapi.net answered with something that is not JSON, or nested too deeply',
	description:
		'A proxy may stand between n8n and useapi.net. Check the Base URL of the credential.',
	httpCode: String(statusCode),
});

function problemOf(status: number, body: unknown): Problem {
	const [message, description] = ADVICE[status] ?? (status < 400 ? MOVED : FAILED);
	const said = errorText(body);
	return {
		message: said ? `${message}: ${said}` : `${message} (HTTP ${status})`,
		description: [description, errorDetails(body)].filter(Boolean).join(' '),
		httpCode: String(status),
		...(isPage(body) ? {} : causeOf(status, said)),
		...(isNoAccess(status, body) ? { cause: 'noAccess' } : {}),
	};
}

/** A page is no answer of the API: a proxy or another server gave it. */
function isPage(body: unknown): boolean {
	return typeof body === 'string' && body.trim().startsWith('<');
}

/** Whether the API itself refuses the token or the subscription, and with it every call. */
function isNoAccess(status: number, body: unknown): boolean {
	return (status === 401 || status === 402) && isObject(body) && Boolean(body.error);
}

function causeOf(status: number, said = ''): Pick<Problem, 'cause'> {
	if (status === 400 && /param channel is missing/i.test(said)) return { cause: 'channelMissing' };
	if (status === 400 && /configuration not found for channel/i.test(said)) {
		return { cause: 'unknownChannel' };
	}
	if (status === 412) return { cause: 'noCredits' };
	return status === 404 ? { cause: 'notFound' } : {};
}

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

/** How long the API asks to wait, in milliseconds: from the header, the body, or Discord's details. */
function waitOf(headers: IDataObject, body: unknown): number | undefined {
	const { retryAfter, errorDetails: details } = isObject(body) ? body : ({} as IDataObject);
	const waits = [
		seconds(headers['retry-after']) ?? untilDate(headers['retry-after']),
		untilDate(retryAfter),
		seconds(retryAfterOf(details)),
	];
	return waits.find((wait) => wait !== undefined);
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

/** How OpenSSL says that the other side does not speak TLS. */
const NO_TLS = /wrong version number|packet length too long/i;

/** Error codes of a connection that was never made: nothing was sent. */
const NEVER_CONNECTED = new Set([
	'ECONNREFUSED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'EADDRNOTAVAIL',
	'ERR_INVALID_URL',
	'ERR_SSL_WRONG_VERSION_NUMBER',
	'CERT_HAS_EXPIRED',
	'CERT_NOT_YET_VALID',
	'CERT_REVOKED',
	'CERT_UNTRUSTED',
	'HOSTNAME_MISMATCH',
	'UNABLE_TO_GET_ISSUER_CERT',
	'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
	'DEPTH_ZERO_SELF_SIGNED_CERT',
	'SELF_SIGNED_CERT_IN_CHAIN',
	'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
	'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** How Node.js begins the message of a connection that was never made. */
const NEVER_CONNECTED_MESSAGE = /^(connect|getaddrinfo) E[A-Z_]+( |$)/;

/** Reads an error that n8n's HTTP helper threw: there was no HTTP answer. */
export function outcomeOfError(error: unknown): Outcome {
	const failures = failuresOf(error);
	const code = failures[0]?.code || failures[0]?.syscall;
	if (failures.every(neverConnected)) {
		return {
			kind: 'unreachable',
			problem: {
				message: 'useapi.net could not be reached',
				description: `Check the Base URL of the credential and n8n's internet connection${code ? ` (${code})` : ''}. Nothing was sent.`,
			},
		};
	}
	return {
		kind: 'unknown',
		problem: {
			message: 'The connection to useapi.net broke off',
			description: `Try again later${code ? ` (${code})` : ''}.`,
		},
	};
}

interface TransportError {
	code: string;
	syscall: string;
	messages: string[];
}

const neverConnected = ({ code, syscall, messages }: TransportError): boolean =>
	NEVER_CONNECTED.has(code) ||
	syscall === 'connect' ||
	syscall === 'getaddrinfo' ||
	(!syscall && messages.some((message) => NEVER_CONNECTED_MESSAGE.test(message))) ||
	(code === 'EPROTO' && messages.some((message) => NO_TLS.test(message)));

const MAX_CAUSES = 6;

/**
 * The innermost code and system call along the chain of causes, and all messages. There is one for
 * each address where several were tried, else just one.
 */
function failuresOf(error: unknown): TransportError[] {
	const found: TransportError = { code: '', syscall: '', messages: [] };
	for (let cause = error, depth = 0; isCause(cause) && depth < MAX_CAUSES; depth++) {
		if (Array.isArray(cause.errors) && cause.errors.length > 0) return cause.errors.map(failureOf);
		add(found, cause);
		cause = cause.cause;
	}
	return [found];
}

/** The details of the error itself, without its causes. */
function failureOf(error: unknown): TransportError {
	const found: TransportError = { code: '', syscall: '', messages: [] };
	if (isCause(error)) add(found, error);
	return found;
}

/** n8n 1 passes on neither cause nor code. It has them in `httpCode` and `messages`. */
function add(found: TransportError, { code, httpCode, syscall, message, messages }: Cause): void {
	const given = [code, httpCode].find((value) => typeof value === 'string' && value !== '');
	if (given !== undefined) found.code = String(given);
	if (typeof syscall === 'string') found.syscall = syscall;
	const texts: unknown[] = [message, ...(Array.isArray(messages) ? messages : [])];
	found.messages.push(...texts.filter((text) => typeof text === 'string'));
}

interface Cause {
	code?: unknown;
	httpCode?: unknown;
	syscall?: unknown;
	message?: unknown;
	messages?: unknown;
	errors?: unknown;
	cause?: unknown;
}

const isAnyObject = (value: unknown): value is object =>
	typeof value === 'object' && value !== null;

const isCause = (error: unknown): error is Cause => isAnyObject(error);
