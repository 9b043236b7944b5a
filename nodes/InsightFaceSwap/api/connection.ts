/** Why a connection failed. */
export interface ConnectionFailure {
	/** For the user, to be read after a colon: `its host name is unknown (ENOTFOUND)`. */
	reason: string;
	/** Whether no connection was made, so that nothing was sent. */
	neverMade: boolean;
	/** How many more tries may help: none where it fails for a lasting reason. */
	retries: number;
}

/** What each error code of Node.js and OpenSSL means of a connection that was never made. */
const NEVER_MADE: Record<string, string> = {
	ECONNREFUSED: 'it refuses connections',
	ENOTFOUND: 'its host name is unknown',
	EAI_AGAIN: 'its host name could not be looked up',
	EADDRNOTAVAIL: 'there is no way to its network',
};

/** Reasons that stay. No connection was made either. */
const LASTING: Record<string, string> = {
	ERR_INVALID_URL: 'its address is invalid',
	ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak https',
	ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak https',
	CERT_HAS_EXPIRED: 'its certificate has expired',
	CERT_NOT_YET_VALID: "its certificate is not valid yet, or n8n's clock is wrong",
	CERT_REVOKED: 'its certificate was revoked',
	CERT_UNTRUSTED: 'its certificate is not trusted',
	HOSTNAME_MISMATCH: 'its certificate is for another host',
	ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
	UNABLE_TO_GET_ISSUER_CERT: 'its certificate comes from an unknown issuer',
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an unknown issuer',
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an unknown issuer',
	DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
	SELF_SIGNED_CERT_IN_CHAIN: 'its certificate chain is self-signed',
};

/** Every other reason that has a name of its own. */
const OTHER: Record<string, string> = {
	EHOSTUNREACH: 'there is no way to its network',
	ENETUNREACH: 'there is no way to its network',
	ETIMEDOUT: 'it did not answer in time',
	ECONNABORTED: 'it did not answer in time',
	ECONNRESET: 'it closed the connection',
	EPIPE: 'it closed the connection',
};

const REASONS = { ...NEVER_MADE, ...LASTING, ...OTHER };

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

/** How many more tries are made while a host name is unknown: DNS servers err, too. */
const RETRIES_OF_UNKNOWN_HOST = 1;

/** Reads an error that n8n's HTTP helper threw, or with which an answer broke off. */
export function connectionFailure(error: unknown): ConnectionFailure {
	const failures = failuresOf(error);
	const [first = NOTHING_KNOWN] = failures;
	const { messages } = first;
	if (messages.some((message) => SSRF.test(message))) {
		const reason = "n8n's protection against server-side request forgery (SSRF) blocks its address";
		return { reason, neverMade: true, retries: 0 };
	}
	const code = isWithoutTls(first) ? 'ERR_SSL_WRONG_VERSION_NUMBER' : first.code || first.syscall;
	const reason = REASONS[code] ?? 'the connection failed';
	return {
		reason: code ? `${reason} (${code})` : reason,
		neverMade: failures.every(neverMade),
		retries: code in LASTING ? 0 : code === 'ENOTFOUND' ? RETRIES_OF_UNKNOWN_HOST : Infinity,
	};
}

interface TransportError {
	code: string;
	syscall: string;
	messages: string[];
}

const NOTHING_KNOWN: TransportError = { code: '', syscall: '', messages: [] };

const neverMade = (error: TransportError): boolean =>
	error.code in NEVER_MADE ||
	error.code in LASTING ||
	error.syscall === 'connect' ||
	error.syscall === 'getaddrinfo' ||
	(!error.syscall && error.messages.some((message) => NEVER_MADE_MESSAGE.test(message))) ||
	isWithoutTls(error);

const isWithoutTls = ({ code, messages }: TransportError): boolean =>
	code === 'EPROTO' && messages.some((message) => NO_TLS.test(message));

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

const isCause = (error: unknown): error is Cause => typeof error === 'object' && error !== null;
