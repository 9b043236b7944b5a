import { withoutTokens } from './secrets';

/** Something the user entered cannot be sent: what is wrong, and how to mend it. */
export class InputError extends Error {
	constructor(
		message: string,
		readonly description: string,
	) {
		super(message);
	}
}

const MAX_REFERENCE_LENGTH = 1024;

const MAX_QUOTED = 60;

/** A text of the user in quotes, as errors name it: without tokens, and shortened to 60 characters. */
export function quoted(text: string): string {
	const safe = withoutTokens(text);
	return `"${safe.length > MAX_QUOTED ? `${safe.slice(0, MAX_QUOTED)}…` : safe}"`;
}

/**
 * A text that an expression may have given as a number, or not at all.
 * @param wanted what the field holds, for the error
 * @returns empty where there is none
 * @throws InputError for a list, an object, a boolean or NaN
 */
export function asText(value: unknown, label: string, wanted = 'a text'): string {
	const given = kindOf(value ?? '');
	if (given) {
		throw new InputError(
			`${label} is ${given} instead of ${wanted}`,
			`Check the expression of "${label}": it must give ${wanted}.`,
		);
	}
	return String(value ?? '');
}

/** What a value is that stands for no text, in words for the user; nothing for a text or a number. */
export function kindOf(value: unknown): string | undefined {
	if (Array.isArray(value)) return 'a list';
	if (typeof value === 'object' && value !== null) return 'an object';
	return ['string', 'number'].includes(typeof value) && !Number.isNaN(value)
		? undefined
		: String(value);
}

/** @throws InputError when there is no text */
export function requireText(value: unknown, label: string): string {
	const trimmed = asText(value, label).trim();
	if (!trimmed) {
		throw new InputError(`${label} is empty`, `Fill in "${label}", or check its expression.`);
	}
	return trimmed;
}

/**
 * A number that an expression may have given as a text, or not at all. n8n does not check those of a collection.
 * @throws InputError for anything but a number from `min` to `max`
 */
export function asNumber(
	value: unknown,
	label: string,
	fallback: number,
	{ min = 0, max = Number.MAX_VALUE } = {},
): number {
	const text = asText(value, label, 'a number').trim();
	const number = Number(text);
	if (!text || (number >= min && number <= max)) return text ? number : fallback;
	const end = max === Number.MAX_VALUE ? 'on' : `to ${max}`;
	throw new InputError(
		`${label} ${quoted(text)} is not a number from ${min} ${end}`,
		`Enter a number in "${label}", or check its expression.`,
	);
}

/**
 * A boolean that an expression may have given as a text or a number, or not at all.
 * @throws InputError for anything but true, false, 1 and 0
 */
export function asBoolean(value: unknown, label: string, fallback = false): boolean {
	if (typeof value === 'boolean') return value;
	const text = asText(value, label, 'true or false').trim();
	if (!text) return fallback;
	if (/^(true|1)$/i.test(text)) return true;
	if (/^(false|0)$/i.test(text)) return false;
	throw new InputError(
		`${label} ${quoted(text)} is neither true nor false`,
		`Check the expression of "${label}": it must give true or false.`,
	);
}

/** Whether a text has the form of a Discord ID. */
export const isSnowflake = (text: string): boolean => /^\d{17,20}$/.test(text);

/**
 * A Discord ID (snowflake): 17 to 20 digits.
 * @throws InputError for anything else that is not empty, and for a number: JavaScript rounds it
 */
export function snowflake(value: unknown, label: string): string {
	const id = asText(value, label).trim();
	if (typeof value === 'number' || (id && !isSnowflake(id))) {
		throw new InputError(
			`${label} ${quoted(id)} is not a Discord ID`,
			`A Discord ID has 17 to 20 digits. Discord shows it with Developer Mode on: right-click, then "Copy ID". In an expression, keep it as text: as a number it loses its last digits.`,
		);
	}
	return id;
}

/** @throws InputError for what is neither empty nor an http(s) address */
export function httpUrl(text: string, label: string): string {
	const url = text.trim();
	if (!url || isHttpUrl(url)) return url;
	throw new InputError(
		`${label} is not a web address`,
		`"${label}" must start with http:// or https://.`,
	);
}

/** @throws InputError when it is longer than the API takes (1024 characters) */
export function reference(text: string, label: string): string {
	if (text.length <= MAX_REFERENCE_LENGTH) return text;
	throw new InputError(
		`${label} has ${text.length} characters`,
		`The API takes at most ${MAX_REFERENCE_LENGTH}. Shorten it.`,
	);
}

/** Whether `value` has the form of a job ID: it may stand in a query, and holds no path. */
export const isJobId = (value: unknown): value is string =>
	typeof value === 'string' && /^[\w:.-]{1,200}$/.test(value);

/** Whether `text` is an absolute http or https address. */
export function isHttpUrl(text: string): boolean {
	try {
		return ['http:', 'https:'].includes(new URL(text).protocol);
	} catch {
		return false;
	}
}
