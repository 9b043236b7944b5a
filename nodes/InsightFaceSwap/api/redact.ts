import { isObject } from './job';

const HIDDEN = '…secured…';

/** A Discord token as the API shows it: its first and last three characters, none of a short one. */
const maskToken = (token: string) =>
	token.length < 12 ? HIDDEN : `${token.slice(0, 3)}${HIDDEN}${token.slice(-3)}`;

/** What is hidden besides tokens. */
export interface Masking {
	/** Whether reply URLs keep their secret: only whoever registers one needs it. */
	wholeReplyUrls?: boolean;
}

/**
 * Masks every `discord` field and the secret in every `replyUrl`, at any depth, and blanks each of
 * `secrets` wherever it occurs: whatever the API answers, no secret leaves the node.
 */
export function withoutSecrets(
	value: unknown,
	secrets: string[] = [],
	masking: Masking = {},
): unknown {
	if (typeof value === 'string') return blank(value, secrets);
	if (Array.isArray(value)) return value.map((entry) => withoutSecrets(entry, secrets, masking));
	if (!isObject(value)) return value;
	return Object.fromEntries(
		Object.entries(value).map(([key, entry]) => [
			key,
			withoutSecrets(masked(key, entry, masking), secrets, masking),
		]),
	);
}

function masked(key: string, entry: unknown, { wholeReplyUrls }: Masking): unknown {
	if (typeof entry !== 'string') return entry;
	if (key === 'discord') return maskToken(entry);
	return key === 'replyUrl' && !wholeReplyUrls ? withoutSecret(entry) : entry;
}

const withoutSecret = (url: string) => url.replace(/([?&]secret=)[^&#]+/g, `$1${HIDDEN}`);

const blank = (text: string, secrets: string[]) =>
	secrets.filter(Boolean).reduce((rest, secret) => rest.split(secret).join(HIDDEN), text);
