import type { IDataObject } from 'n8n-workflow';

import { isObject } from './job';

/** What went wrong, in words for the user: what happened, and what to do next. */
export interface Problem {
	message: string;
	description: string;
	httpCode?: string;
	/** Causes that the engine answers with more than an error. */
	cause?: 'channelMissing' | 'noCredits' | 'notFound';
}

/** How a call ended, as far as sending it again is concerned. */
export type Outcome =
	/** The API answered. */
	| { kind: 'answered'; body: unknown }
	/** The API certainly did not take the call and may take it later; `waitMs` where it says when. */
	| { kind: 'busy'; problem: Problem; waitMs?: number }
	/** No connection was made, so nothing was sent. */
	| { kind: 'unreachable'; problem: Problem }
	/** The API certainly did not take the call and will not take it again either. */
	| { kind: 'refused'; problem: Problem }
	/** Nobody knows whether the API took the call. */
	| { kind: 'unknown'; problem: Problem };

export interface HttpAnswer {
	statusCode: number;
	headers: IDataObject;
	body: unknown;
}

type Advice = [message: string, description: string];

const NEW_JOB_UNHARMED = 'No job was started and nothing was charged.';

const CHECK_THE_WAY =
	'Check the connection between n8n and useapi.net, and the proxies on the way.';

/** One entry for each status of the API: what it means here, and what to do next. */
const ADVICE: Record<number, Advice> = {
	400: ['useapi.net refused the request', 'Check the parameter that the message names.'],
	401: [
		'useapi.net did not accept the API token',
		'Open the credential, paste the whole token (it starts with "user:") and test it.',
	],
	402: [
		'The useapi.net account has no active subscription',
		`Renew the subscription at useapi.net, then run again. ${NEW_JOB_UNHARMED}`,
	],
	403: [
		'useapi.net does not allow this',
		'The job or the account belongs to somebody else, or the subscription does not include this API.',
	],
	404: ['useapi.net could not find it', 'Check the ID; jobs are deleted after some weeks.'],
	408: ['useapi.net did not wait for the whole request', CHECK_THE_WAY],
	410: [
		'The job has expired',
		'useapi.net keeps jobs for a limited time. Submit it again if you still need the result.',
	],
	412: [
		'The InsightFaceSwap account is out of credits',
		`Choose another channel (Account → Get Many shows the credits), wait until the credits renew, or upgrade the plan at Picsi.Ai. ${NEW_JOB_UNHARMED}`,
	],
	422: [
		'The picture or the prompt was rejected by moderation',
		'Change the picture or reword the prompt. Sending the same again will be rejected again.',
	],
	425: ['useapi.net did not want to read the request yet', CHECK_THE_WAY],
	429: [
		'The API is busy',
		'Each channel runs one job at a time. Try again in 10 to 30 seconds, or add channels to run more at once.',
	],
	596: [
		'The Discord session of this account is broken',
		'Discord has ended the session that useapi.net uses. Get a new Discord token and hand it over with Account → Create or Update.',
	],
};

/** What an account without credits is told, where the API was not asked. */
export const OUT_OF_CREDITS: Problem = problemOf(412, undefined);

const FAILED: Advice = ['useapi.net could not answer', 'Try again later.'];
const MOVED: Advice = [
	'useapi.net answered with a redirect, which is not followed',
	'Check the Base URL of the credential: it should be the final address, with https.',
];

/** A proxy may answer these after it has forwarded the call, so the outcome is unknown. */
const UNKNOWN_OUTCOME = [408, 425];

/** The other statuses below 500 refuse; from 500 on nobody knows, save 596, which comes before any job. */
const isRefusal = (status: number) =>
	(status < 500 && !UNKNOWN_OUTCOME.includes(status)) || status === 596;

/**
 * Reads an HTTP answer. A success must be JSON (or empty, for 204): anything else leaves open
 * whether the call was taken. Nothing is kept of a body that is nested too deeply.
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
	return { kind: isRefusal(statusCode) ? 'refused' : 'unknown', problem };
}

/** No answer of the API has a tenth of it; functions that call themselves get through it. */
const MAX_DEPTH = 200;

/** Whether objects lie within one another so deeply that nothing else may go through them. */
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
		description,
		httpCode: String(status),
		...causeOf(status, said),
	};
}

function causeOf(status: number, said = ''): Pick<Problem, 'cause'> {
	if (status === 400 && /param channel is missing/i.test(said)) return { cause: 'channelMissing' };
	if (status === 412) return { cause: 'noCredits' };
	return status === 404 ? { cause: 'notFound' } : {};
}

const MAX_QUOTED = 300;

/** What the API said, from `{error}`, `{error: {message}}`, `{message}` or plain text; not from HTML. */
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

/** How long the API asks to wait, in milliseconds, from any of the three places where it says so. */
function waitOf(headers: IDataObject, body: unknown): number | undefined {
	const { retryAfter, errorDetails } = isObject(body) ? body : ({} as IDataObject);
	const waits = [
		seconds(headers['retry-after']) ?? untilDate(headers['retry-after']),
		untilDate(retryAfter),
		seconds(retryAfterOf(errorDetails)),
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

/** Discord's own limit comes as a JSON string within the JSON. */
function retryAfterOf(errorDetails: unknown): unknown {
	try {
		return (JSON.parse(String(errorDetails)) as { retry_after?: unknown }).retry_after;
	} catch {
		return undefined;
	}
}

/** Codes of a connection that was never made; with these nothing has been sent. */
const NEVER_CONNECTED = new Set([
	'ECONNREFUSED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'EHOSTUNREACH',
	'ENETUNREACH',
	'EADDRNOTAVAIL',
	'CERT_HAS_EXPIRED',
	'DEPTH_ZERO_SELF_SIGNED_CERT',
	'SELF_SIGNED_CERT_IN_CHAIN',
	'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
	'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** How Node.js begins the message of a connection that was never made. */
const NEVER_CONNECTED_MESSAGE = /^(connect|getaddrinfo) E[A-Z_]+( |$)/;

/** Reads what n8n's HTTP helper threw: a call without an HTTP answer. */
export function outcomeOfError(error: unknown): Outcome {
	const failures = failuresOf(error);
	const code = failures[0]?.code || failures[0]?.syscall;
	if (failures.every(neverConnected)) {
		return {
			kind: 'unreachable',
			problem: {
				message: 'useapi.net could not be reached',
				description: `Check the Base URL of the credential and n8n's way to the internet${code ? ` (${code})` : ''}. Nothing was sent.`,
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
	(!syscall && messages.some((message) => NEVER_CONNECTED_MESSAGE.test(message)));

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

/** What the error itself says, without its causes. */
function failureOf(error: unknown): TransportError {
	const found: TransportError = { code: '', syscall: '', messages: [] };
	if (isCause(error)) add(found, error);
	return found;
}

/** n8n 1 hands on neither cause nor code: they stand in `httpCode` and `messages` there. */
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
