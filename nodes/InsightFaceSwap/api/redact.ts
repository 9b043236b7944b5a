import { API_TOKENS, DISCORD_TOKENS } from '../shared/discordToken';
import { isObject } from './job';

const HIDDEN = '…secured…';

/** A Discord token with only its first and last three characters, as the API shows it; all of a short one is hidden. */
const maskToken = (token: string) =>
	token.length < 12 ? HIDDEN : `${token.slice(0, 3)}${HIDDEN}${token.slice(-3)}`;

/** Exceptions from masking. */
export interface Masking {
	/** Whether reply URLs keep their secret; only the trigger's registration needs it. */
	wholeReplyUrls?: boolean;
}

/** Fields whose texts are needed whole: links to files, and a reference that may be an address. */
const WHOLE_URLS = ['url', 'proxy_url', 'replyRef'];

/** Masks in a text of the user what has the form of a token of Discord or useapi.net, such as one entered in a wrong field. */
export const withoutTokens = (text: string): string =>
	text.replace(DISCORD_TOKENS, maskToken).replace(API_TOKENS, `user:${HIDDEN}`);

/** One form of a secret. */
interface Form {
	text: string;
	/** Its bytes in UTF-8, as one character each. */
	bytes: string;
}

/** Returns a text without its secrets. */
type Mask = (text: string) => string;

/** An object or array that is being copied. */
interface Copying {
	source: object;
	target: unknown;
}

/**
 * Copies a value without its secrets, at any depth, in texts and in field names. It masks `discord`
 * fields, texts with the form of a token, and the secrets in URLs. It redacts each
 * of `secrets`, also URL-encoded or in base64.
 */
export function redactSecrets(
	value: unknown,
	secrets: string[] = [],
	masking: Masking = {},
): unknown {
	const mask = maskOf(secrets);
	const maskUrls: Mask = (text) => mask(text).replace(URL_SECRETS, `$1${HIDDEN}`);
	const waiting: Copying[] = [];
	// Bodies may be nested more deeply than recursive functions can follow.
	const copyOf = (entry: unknown, key = ''): unknown => {
		if (typeof entry === 'string') return WHOLE_URLS.includes(key) ? mask(entry) : maskUrls(entry);
		if (typeof entry !== 'object' || entry === null) return entry;
		const target: unknown = Array.isArray(entry) ? [] : {};
		waiting.push({ source: entry, target });
		return target;
	};
	const copy = copyOf(value);
	for (let next = waiting.pop(); next; next = waiting.pop()) {
		const { source, target } = next;
		if (Array.isArray(target)) {
			for (const entry of source as unknown[]) target.push(copyOf(entry));
		} else if (isObject(target)) {
			for (const [key, entry] of Object.entries(source)) {
				const isWhole = key === 'replyUrl' && masking.wholeReplyUrls;
				define(target, mask(key), isWhole ? entry : copyOf(masked(key, entry), key));
			}
		}
	}
	return copy;
}

/** Sets a field, also one named `__proto__`, with which an assignment would set the prototype. */
function define(target: object, key: string, value: unknown): void {
	Object.defineProperty(target, key, {
		value,
		configurable: true,
		enumerable: true,
		writable: true,
	});
}

function masked(key: string, entry: unknown): unknown {
	if (typeof entry !== 'string') return entry;
	return key === 'discord' ? maskToken(entry) : entry;
}

/** The secret of a reply URL, and the signature that n8n adds to the URL of a suspended execution. */
const URL_SECRETS = /((?:[?&]|%3F|%26)(?:secret|signature)(?:=|%3D))[^&#%\s"'<>]+/gi;

/** Redacts `secrets` in a text, and masks what has the form of a Discord token. */
function maskOf(secrets: string[]): Mask {
	// HTTP drops what a token was pasted with: the API answers it without.
	const sent = secrets.flatMap((secret) => [secret.trim(), secret.replace(/[^!-~]/g, '')]);
	const forms = [...new Set([...secrets, ...sent])].filter((one) => one.trim()).flatMap(formsOf);
	return (text) => {
		const redacted = forms.reduce((rest, form) => rest.split(form.text).join(HIDDEN), text);
		return withoutEncoded(redacted, forms).replace(DISCORD_TOKENS, maskToken);
	};
}

/** Decodes the text first, as that is cheap. The pattern for encoded secrets is slow, and few texts need it. */
function withoutEncoded(text: string, forms: Form[]): string {
	if (!text.includes('%')) return text;
	const bytes = decoded(text);
	const found = forms.filter((form) => bytes.includes(form.bytes));
	const redact = (rest: string, form: Form) => rest.replace(encodedForm(form.text), HIDDEN);
	return found.reduce(redact, text);
}

/** The bytes of a URL-encoded text, as one character each. It may be encoded several times. */
const decoded = (text: string): string =>
	text
		.replace(/%(?:25)+(?=[\da-f]{2})/gi, '%')
		.replace(/%([\da-f]{2})/gi, (_match, digits: string) =>
			String.fromCharCode(Number.parseInt(digits, 16)),
		);

/** The secret itself and its forms in base64, the longest first. */
const formsOf = (secret: string): Form[] =>
	[secret, ...base64Forms(secret)].map((text) => ({
		text,
		bytes: Buffer.from(text).toString('latin1'),
	}));

/** Shorter pieces of base64 occur by chance. */
const SHORTEST_BASE64 = 8;

/**
 * The characters of base64 that depend on the secret alone, wherever it stands in what is encoded:
 * after 0, 1 or 2 bytes of a group of three. Both alphabets.
 */
function base64Forms(secret: string): string[] {
	const bytes = Buffer.from(secret);
	const forms = [0, 1, 2].map((before) => {
		const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url');
		const end = Math.floor(((before + bytes.length) * 8) / 6);
		return text.slice(Math.ceil((before * 8) / 6), end);
	});
	return forms
		.filter((form) => form.length >= SHORTEST_BASE64)
		.flatMap((form) => [form, form.replace(/-/g, '+').replace(/_/g, '/')]);
}

/** A pattern of a text in which any characters are URL-encoded, once or several times. */
const encodedForm = (text: string): RegExp =>
	new RegExp(Array.from(text, encodedCharacter).join(''), 'g');

function encodedCharacter(character: string): string {
	const bytes = Array.from(Buffer.from(character), (byte) => {
		const digits = byte.toString(16).padStart(2, '0');
		return `%(?:25)*${digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)}`;
	});
	return `(?:${character.replace(/[^\w]/g, '\\$&')}|${bytes.join('')})`;
}
