/** A Discord user token as it is entered: three parts of base64url text, joined by dots. */
const ENTERED = /^[\w-]{20,}\.[\w-]{5,}\.[\w-]{20,}$/;

/** Whether `text` has the form of a Discord user token, and nothing before or after it. */
export const isDiscordToken = (text: string): boolean => ENTERED.test(text);

/** Three digits in base64, and the one or two that may remain. */
const DIGITS = '[MNO][DTjz][AEIMQUYcgk][w-z0-5]';
const REMAINING = '[MNO](?:[AQgw]|[DTjz][AEIMQUYcgk])';

/**
 * Discord tokens within a text. Their first part is the user's ID, 17 to 20 digits, in base64. That
 * sets them apart from file names and addresses with three long parts.
 */
export const DISCORD_TOKENS = new RegExp(
	`(?:${DIGITS}){5,7}(?:${REMAINING})?={0,2}\\.[\\w-]{5,}\\.[\\w-]{20,}`,
	'g',
);

/** Tokens of useapi.net. A job ID may begin like one, and goes on with a dot. */
const API_TOKENS = /\buser:\d+-[\w-]{8,}(?![\w.:-])/g;

/** What stands in place of a secret. */
export const HIDDEN = '…secured…';

/** A Discord token with only its first and last three characters, as the API shows it; all of a short one is hidden. */
export const maskToken = (token: string) =>
	token.length < 12 ? HIDDEN : `${token.slice(0, 3)}${HIDDEN}${token.slice(-3)}`;

/** Masks in a text of the user what has the form of a token of Discord or useapi.net, such as one entered in a wrong field. */
export const withoutTokens = (text: string): string =>
	text.replace(DISCORD_TOKENS, maskToken).replace(API_TOKENS, `user:${HIDDEN}`);

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
