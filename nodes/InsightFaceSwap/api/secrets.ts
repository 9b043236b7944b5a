import { isObject } from './job';

const HIDDEN = '…secured…';

/** A Discord token as the API shows it: its first and last three characters, none of a short one. */
const maskToken = (token: string) =>
	token.length < 12 ? HIDDEN : `${token.slice(0, 3)}${HIDDEN}${token.slice(-3)}`;

/**
 * Masks every `discord` field, at any depth, and blanks each of `secrets` wherever it occurs:
 * whatever the API answers, no token leaves the node.
 */
export function withoutSecrets(value: unknown, secrets: string[] = []): unknown {
	if (typeof value === 'string') return blank(value, secrets);
	if (Array.isArray(value)) return value.map((entry) => withoutSecrets(entry, secrets));
	if (!isObject(value)) return value;
	return Object.fromEntries(
		Object.entries(value).map(([key, entry]) => [
			key,
			key === 'discord' && typeof entry === 'string'
				? maskToken(entry)
				: withoutSecrets(entry, secrets),
		]),
	);
}

const blank = (text: string, secrets: string[]) =>
	secrets.filter(Boolean).reduce((rest, secret) => rest.split(secret).join(HIDDEN), text);
