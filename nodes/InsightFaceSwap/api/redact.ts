import { DISCORD_TOKENS, HIDDEN, maskToken } from '../shared/tokens';

/** Fields whose texts are needed whole: links to files, and a reference that may be an address. */
const WHOLE_URLS = ['url', 'proxy_url', 'replyRef'];

/** The secret of a reply URL, and the signature that n8n adds to the URL of a suspended execution. */
const URL_SECRETS = /((?:[?&]|%3F|%26)(?:secret|signature)(?:=|%3D))[^&#%\s"'<>]+/gi;

/** Twenty times the depth of any answer of the API, and shallow enough for recursive functions. */
const MAX_DEPTH = 200;

/**
 * Copies a value without its secrets, in texts and in field names. It masks `discord` fields, texts with
 * the form of a Discord token, the secrets in URLs, and each of `secrets`, also URL-encoded. What is
 * nested more than 200 deep is left out.
 * @param wholeReplyUrls whether reply URLs keep their secret
 */
export function redactSecrets(
	value: unknown,
	secrets: string[] = [],
	wholeReplyUrls = false,
): unknown {
	const mask = maskOf(secrets);
	const textOf = (text: string, key: string): string => {
		if (key === 'replyUrl' && wholeReplyUrls) return text;
		const masked = mask(key === 'discord' ? maskToken(text) : text);
		return WHOLE_URLS.includes(key) ? masked : masked.replace(URL_SECRETS, `$1${HIDDEN}`);
	};
	const copyOf = (entry: unknown, key: string, depth: number): unknown => {
		if (typeof entry === 'string') return textOf(entry, key);
		if (typeof entry !== 'object' || entry === null) return entry;
		if (depth === MAX_DEPTH) return undefined;
		if (Array.isArray(entry)) return entry.map((inner) => copyOf(inner, '', depth + 1));
		// Unlike an assignment, this makes a field of `__proto__`, too.
		return Object.fromEntries(
			Object.entries(entry).map(([name, inner]) => [mask(name), copyOf(inner, name, depth + 1)]),
		);
	};
	return copyOf(value, '', 0);
}

/** A function that redacts `secrets` in a text, and masks what has the form of a Discord token. */
function maskOf(secrets: string[]): (text: string) => string {
	const forms = [...new Set(secrets.flatMap(formsOf))].filter((form) => form !== '');
	return (text) =>
		forms
			.reduce((rest, form) => rest.split(form).join(HIDDEN), text)
			.replace(DISCORD_TOKENS, maskToken);
}

/** A secret as it was entered, as HTTP sends it, and URL-encoded with either case of digits. */
function formsOf(secret: string): string[] {
	const sent = secret.replace(/[^!-~]/g, '');
	const encoded = encodeURIComponent(sent);
	const lower = encoded.replace(/%../g, (digits) => digits.toLowerCase());
	return [secret.trim(), sent, encoded, lower];
}
