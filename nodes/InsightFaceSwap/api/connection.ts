import type { IDataObject } from 'n8n-workflow';

import { isObject } from './job';

/** Why a connection failed. */
export interface ConnectionFailure {
	/** For the user, to be read after a colon: `its host name is unknown (ENOTFOUND)`. */
	reason: string;
	/** Whether no connection was made, so that nothing was sent. */
	neverMade: boolean;
	/** Whether another try cannot help. */
	isLasting: boolean;
}

/** What the error codes of Node.js and OpenSSL mean. */
const REASONS: Array<[codes: RegExp, reason: string]> = [
	[/^ECONNREFUSED$/, 'it refuses connections'],
	[/^ENOTFOUND$/, 'its host name is unknown'],
	[/^EAI_AGAIN$/, 'its host name could not be looked up'],
	[/^(EADDRNOTAVAIL|EHOSTUNREACH|ENETUNREACH)$/, 'there is no way to its network'],
	[/^(ETIMEDOUT|ECONNABORTED)$/, 'it did not answer in time'],
	[/^(ECONNRESET|EPIPE)$/, 'it closed the connection'],
	[/^ERR_INVALID_URL$/, 'its address is invalid'],
	[/^ERR_SSL_/, 'it does not speak https'],
	[/^CERT_HAS_EXPIRED$/, 'its certificate has expired'],
	[/^CERT_/, "its certificate is not valid, or n8n's clock is wrong"],
	[/SELF_SIGNED/, 'its certificate is self-signed'],
	[/MISMATCH|ALTNAME/, 'its certificate is for another host'],
	[/^UNABLE_TO_/, 'its certificate comes from an unknown issuer'],
];

/** The codes of connections that were never made, and may be made later. */
const NEVER_MADE = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EADDRNOTAVAIL)$/;

/** The codes of connections that cannot be made: a wrong address, no TLS, a wrong certificate. */
const LASTING =
	/^(ERR_INVALID_URL|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)|(CERT|UNABLE_TO)_.*|HOSTNAME_MISMATCH|ERR_TLS_CERT_ALTNAME_INVALID|.*SELF_SIGNED_CERT.*)$/;

/** How OpenSSL says that the other side does not speak TLS. */
const NO_TLS = /wrong version number|packet length too long/i;

/** How Node.js begins the message of a connection that was never made. */
const NEVER_MADE_MESSAGE = /^(connect|getaddrinfo) E[A-Z_]+( |$)/;

/**
 * How n8n says that it does not call an address.
 *
 * Relies on: the messages of `SsrfBlockedIpError` and `SsrfBlockedHostnameError`. Checked in n8n 2.41.1
 * (backend-network: ssrf); n8n 1.123.81 has no such protection.
 */
const SSRF = /request was blocked because (it resolves to|the destination hostname)/i;

/** Reads an error that n8n's HTTP helper threw, or with which an answer broke off. */
export function connectionFailure(error: unknown): ConnectionFailure {
	const failures = failuresOf(error);
	const { code, syscall, messages } = failures[0] ?? failureOf([]);
	if (messages.some((message) => SSRF.test(message))) {
		const reason = "n8n's protection against server-side request forgery (SSRF) blocks its address";
		return { reason, neverMade: true, isLasting: true };
	}
	const name = code || syscall;
	const [, reason] = REASONS.find(([codes]) => codes.test(name)) ?? [];
	return {
		reason: `${reason ?? 'the connection failed'}${name && ` (${name})`}`,
		neverMade: failures.every(neverMade),
		isLasting: LASTING.test(code),
	};
}

interface Failure {
	code: string;
	syscall: string;
	messages: string[];
}

const neverMade = ({ code, syscall, messages }: Failure): boolean =>
	NEVER_MADE.test(code) ||
	LASTING.test(code) ||
	['connect', 'getaddrinfo'].includes(syscall) ||
	(!syscall && messages.some((message) => NEVER_MADE_MESSAGE.test(message)));

const MAX_CAUSES = 6;

/** What failed along the chain of causes: one failure for each address where several were tried, else just one. */
function failuresOf(error: unknown): Failure[] {
	const chain: IDataObject[] = [];
	for (let cause = error; isObject(cause) && chain.length < MAX_CAUSES; cause = cause.cause) {
		const { errors } = cause;
		if (Array.isArray(errors) && errors.length > 0) {
			return errors.map((one) => failureOf(isObject(one) ? [one] : []));
		}
		chain.push(cause);
	}
	return [failureOf(chain)];
}

/** The innermost code and system call, and all messages. n8n 1 passes on no cause: it has `httpCode` and `messages`. */
function failureOf(chain: IDataObject[]): Failure {
	const codes = chain.flatMap(({ httpCode, code }) => [httpCode, code]).filter(isText);
	const syscalls = chain.map(({ syscall }) => syscall).filter(isText);
	const messages = chain.flatMap((cause) => [cause.message, cause.messages].flat()).filter(isText);
	const isWithoutTls = codes.at(-1) === 'EPROTO' && messages.some((text) => NO_TLS.test(text));
	return {
		code: isWithoutTls ? 'ERR_SSL_WRONG_VERSION_NUMBER' : (codes.at(-1) ?? ''),
		syscall: syscalls.at(-1) ?? '',
		messages,
	};
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
