import { DISCORD_TOKENS } from '../shared/discordToken';
import { isObject } from './job';

const HIDDEN = '…secured…';

/** A Discord token as the API shows it: its first and last three characters, none of a short one. */
const maskToken = (token: string) =>
	token.length < 12 ? HIDDEN : `${token.slice(0, 3)}${HIDDEN}${token.slice(-3)}`;

/** What is hidden besides tokens. */
export interface Masking {
	/** Whether reply URLs stay as they are: only whoever registers one needs it. */
	wholeReplyUrls?: boolean;
}

/** What a secret may look like. */
interface Form {
	text: string;
	/** Its bytes in UTF-8, as one character each. */
	bytes: string;
}

/** Gives a text without its secrets. */
type Mask = (text: string) => string;

/** An object or array that is being copied. */
interface Copying {
	source: object;
	target: unknown;
}

/**
 * A copy in which every `discord` field, every text with the form of a Discord token and the secret in
 * every `replyUrl` are masked, and each of `secrets` is redacted: also URL-encoded or in base64, in
 * texts and in names of fields, at any depth. Whatever the API answers, no secret leaves the node.
 */
export function redactSecrets(
	value: unknown,
	secrets: string[] = [],
	masking: Masking = {},
): unknown {
	const mask = maskOf(secrets);
	const waiting: Copying[] = [];
	// Bodies may be nested deeper than functions can call themselves.
	const copyOf = (entry: unknown): unknown => {
		if (typeof entry === 'string') return mask(entry);
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
				define(target, mask(key), isWhole ? entry : copyOf(masked(key, entry)));
			}
		}
	}
	return copy;
}

/** Sets a field, also one named `__proto__`, which an assignment would take for the prototype. */
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
	if (key === 'discord') return maskToken(entry);
	return key === 'replyUrl' ? withoutSecret(entry) : entry;
}

const withoutSecret = (url: string) => url.replace(/([?&]secret=)[^&#]+/g, `$1${HIDDEN}`);

/** Redacts `secrets` in a text, and masks what has the form of a Discord token. */
function maskOf(secrets: string[]): Mask {
	const forms = secrets.filter(Boolean).flatMap(formsOf);
	return (text) => {
		const redacted = forms.reduce((rest, form) => rest.split(form.text).join(HIDDEN), text);
		return withoutEncoded(redacted, forms).replace(DISCORD_TOKENS, maskToken);
	};
}

/** Most texts hold no secret: decoding one is cheap, the pattern that redacts encoded secrets is not. */
function withoutEncoded(text: string, forms: Form[]): string {
	if (!text.includes('%')) return text;
	const bytes = decoded(text);
	const found = forms.filter((form) => bytes.includes(form.bytes));
	const redact = (rest: string, form: Form) => rest.replace(encodedForm(form.text), HIDDEN);
	return found.reduce(redact, text);
}

/** The bytes of a text that is URL-encoded, once or several times, as one character each. */
const decoded = (text: string): string =>
	text
		.replace(/%(?:25)+(?=[\da-f]{2})/gi, '%')
		.replace(/%([\da-f]{2})/gi, (_match, digits: string) =>
			String.fromCharCode(Number.parseInt(digits, 16)),
		);

/** The secret as it is, and what it may look like in base64; the longest form first. */
const formsOf = (secret: string): Form[] =>
	[secret, ...base64Forms(secret)].map((text) => ({
		text,
		bytes: Buffer.from(text).toString('latin1'),
	}));

/** Shorter pieces of base64 turn up by chance. */
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
