import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'crypto';

import { webhookPath, webhookPathOf, type WebhookContext } from '../n8nCompat/webhooks';
import { InputError } from '../shared/validation';

/** The end of every address that the trigger listens on, before its query. */
export const CALLBACK_PATH = 'insightfaceswap';

const PARAMETER = 'secret';

/**
 * What a callback must contain to be accepted. It is derived, not stored, so restarts, test runs
 * and several processes agree on it; who knows one cannot derive another.
 * @param token the API token
 * @param path the webhook's path below n8n's own, for example `<uuid>/insightfaceswap`
 * @throws InputError without a token: anybody could derive the secret
 */
export function secretOf(token: string, path: string): string {
	if (!token.trim()) {
		throw new InputError(
			'The credential has no API token',
			'Open the useapi.net credential, paste the whole token (it starts with "user:") and test it.',
		);
	}
	return createHmac('sha256', token).update(path).digest('base64url');
}

/** The address with the secret that its path takes. */
export function signed(url: string, token: string, path: string): string {
	const address = new URL(url);
	address.searchParams.set(PARAMETER, secretOf(token, path));
	return address.toString();
}

/**
 * What the secret of n8n's calls to its own triggers is derived from. The API knows the secret of callbacks.
 * @param path the webhook's path below n8n's own
 */
export const ownCallPath = (path: string): string => `save/${path}`;

/** Whether the query of a call holds the right secret, compared in constant time. */
export function isSigned(query: unknown, token: string, path: string): boolean {
	const given = (query as Record<string, unknown> | undefined)?.[PARAMETER];
	if (typeof given !== 'string') return false;
	const [one, other] = [given, secretOf(token, path)].map((text) => Buffer.from(text));
	return one!.length === other!.length && timingSafeEqual(one!, other!);
}

/** An address without its query, and so without a secret. */
export function unsigned(url: string): string {
	const { origin, pathname } = new URL(url);
	return `${origin}${pathname}`;
}

/**
 * The path of the trigger of this n8n that a reply URL belongs to. A test run has none: its address takes one call.
 * @param origin the public origin of this n8n, for example `https://n8n.example.com`
 */
export function triggerPathOf(url: string | undefined, origin: string): string | undefined {
	if (!url || !URL.canParse(url)) return undefined;
	const address = new URL(url);
	const path = webhookPathOf(address, CALLBACK_PATH);
	const isHere = address.origin === origin && address.pathname.endsWith(`/webhook/${path}`);
	return isHere ? path : undefined;
}

/**
 * A reply URL as it is sent. The address of a trigger of this n8n, as n8n shows it without a secret,
 * gets the secret that the trigger asks for. No other host gets one.
 * @param origin the public origin of this n8n, for example `https://n8n.example.com`
 */
export function withTriggerSecret(url: string, token: string, origin: string): string {
	const address = new URL(url);
	const path = webhookPathOf(address, CALLBACK_PATH);
	const isOurs = path !== undefined && address.origin === origin;
	return isOurs && !address.searchParams.has(PARAMETER) ? signed(url, token, path) : url;
}

/** The path of the trigger's webhook below n8n's own, for example `<uuid>/insightfaceswap`. */
export const pathOf = (context: WebhookContext): string => webhookPath(context, CALLBACK_PATH);

/**
 * Whether a reply URL leads to a trigger: also at the address of a test run, with the secret of another token, or
 * where n8n was before.
 * @param url where the trigger listens
 * @param path its webhook's path
 * @param registered the address that it has registered, without its secret
 */
export function isOwn(
	replyUrl: string,
	{ url, path, registered }: { url: string; path: string; registered?: string },
): boolean {
	const found = parsed(replyUrl);
	if (!found?.pathname.endsWith(`/${path}`)) return false;
	return found.origin === new URL(url).origin || unsigned(replyUrl) === registered;
}

/** Whether two addresses are the same but for their queries. */
export function isSameAddress(one = '', other = ''): boolean {
	return URL.canParse(one) && URL.canParse(other) && unsigned(one) === unsigned(other);
}

/** The host of an address, for messages. */
export const hostOf = (url: string): string =>
	parsed(url)?.host || 'something that is no web address';

/** Whether only programs on the same machine reach this address. */
export function isLocal(url: string): boolean {
	const host = parsed(url)?.hostname ?? '';
	return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

const parsed = (url: string): URL | undefined => (URL.canParse(url) ? new URL(url) : undefined);

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Signatures of callbacks have the same key, but never sign this text. */
const keyOf = (token: string) =>
	createHmac('sha256', token).update('key for the former reply URL').digest();

/**
 * Encrypts a text for a place that others can read.
 * @param token the API token, from which the key is derived
 */
export function sealed(text: string, token: string): string {
	const iv = randomBytes(IV_BYTES);
	const cipher = createCipheriv(CIPHER, keyOf(token), iv);
	const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
	return Buffer.concat([iv, cipher.getAuthTag(), data]).toString('base64url');
}

/**
 * Decrypts what `sealed` gave.
 * @returns undefined where another token was used or the text was changed
 */
export function unsealed(text: string, token: string): string | undefined {
	const bytes = Buffer.from(text, 'base64url');
	try {
		const iv = bytes.subarray(0, IV_BYTES);
		const decipher = createDecipheriv(CIPHER, keyOf(token), iv, { authTagLength: TAG_BYTES });
		decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
		const data = bytes.subarray(IV_BYTES + TAG_BYTES);
		return decipher.update(data, undefined, 'utf8') + decipher.final('utf8');
	} catch {
		return undefined;
	}
}
