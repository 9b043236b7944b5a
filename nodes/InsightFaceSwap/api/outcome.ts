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

/** The statuses below 500 refuse; from 500 on nobody knows, save 596, which comes before any job. */
const isRefusal = (status: number) => status < 500 || status === 596;

/**
 * Reads an HTTP answer. A success must be JSON (or empty, for 204): anything else leaves open
 * whether the call was taken.
 */
export function outcomeOf({ statusCode, headers, body }: HttpAnswer): Outcome {
	if (statusCode === 204) return { kind: 'answered', body: {} };
	if (statusCode >= 200 && statusCode < 300) {
		return typeof body === 'object' && body !== null
			? { kind: 'answered', body }
			: { kind: 'unknown', problem: unreadable(statusCode) };
	}
	const problem = problemOf(statusCode, body);
	if (statusCode === 429) return { kind: 'busy', problem, waitMs: waitOf(headers, body) };
	return { kind: isRefusal(statusCode) ? 'refused' : 'unknown', problem };
}

const unreadable = (statusCode: number): Problem => ({
	message: 'useapi.net answered with something that is not JSON',
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

/** Reads what n8n's HTTP helper threw: a call without an HTTP answer. */
export function outcomeOfError(error: unknown): Outcome {
	const { code, syscall } = transportError(error);
	const never = NEVER_CONNECTED.has(code) || syscall === 'connect' || syscall === 'getaddrinfo';
	if (never) {
		return {
			kind: 'unreachable',
			problem: {
				message: 'useapi.net could not be reached',
				description: `Check the Base URL of the credential and n8n's way to the internet (${code || syscall}). Nothing was sent.`,
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
}

/** The innermost code and system call along the chain of causes. */
function transportError(error: unknown): TransportError {
	const found: TransportError = { code: '', syscall: '' };
	for (let cause = error, depth = 0; isCause(cause) && depth < 6; cause = cause.cause, depth++) {
		if (typeof cause.code === 'string') found.code = cause.code;
		if (typeof cause.syscall === 'string') found.syscall = cause.syscall;
	}
	return found;
}

const isCause = (error: unknown): error is { code?: unknown; syscall?: unknown; cause?: unknown } =>
	typeof error === 'object' && error !== null;
