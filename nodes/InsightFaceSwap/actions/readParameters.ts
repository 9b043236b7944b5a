import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { isObject } from '../api/job';
import { InputError, isHttpUrl, kindOf, quoted } from '../shared/validation';
import type { PicturePart, ReadParameter } from './types';

/** Reads parameters of one item. */
export const itemParameters =
	(context: IExecuteFunctions, itemIndex: number): ReadParameter =>
	(name, fallback) =>
		context.getNodeParameter(name, itemIndex, fallback as never) as never;

/** The value of a resource locator; anything else as it is. */
export const valueOf = (given: unknown): unknown => (isLocator(given) ? given.value : given);

const isLocator = (given: unknown): given is { mode?: unknown; value?: unknown } =>
	isObject(given) && '__rl' in given;

/** Where a picture comes from. */
export type PictureSource =
	| { kind: 'url'; url: string }
	/** A binary field of the item. */
	| { kind: 'field'; field: string }
	/** A file that an expression gave, of any item and node. */
	| { kind: 'binary'; binary: IBinaryData };

/**
 * Reads the locator of a picture. What begins like a web address is one in either mode: n8n's AI button
 * sets the value and leaves the mode.
 * @throws InputError for what is neither an address, nor a name of a binary field, nor a file
 */
export function pictureSource(read: ReadParameter, part: PicturePart): PictureSource {
	const given = read<unknown>(part.picture, '');
	const isUrl = isLocator(given) && given.mode === 'url';
	const value = valueOf(given);
	if (!isUrl && isBinary(value)) return { kind: 'binary', binary: value };
	const text = textOf(value, part.label, isUrl);
	if (/^https?:\/\//i.test(text) && isHttpUrl(text)) return { kind: 'url', url: text };
	if (isUrl) throw noAddress(text, part.label);
	return { kind: 'field', field: text || part.field };
}

/** Whether a value has the fields that n8n gives to every file. */
const isBinary = (value: unknown): value is IBinaryData =>
	isObject(value) && typeof value.mimeType === 'string' && typeof value.data === 'string';

/** The text of a locator, without blanks around it. */
function textOf(value: unknown, label: string, isUrl: boolean): string {
	const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
	const kind = kindOf(value) ?? contentKind(text);
	if (!kind) return text;
	const wanted = isUrl ? 'a web address' : 'the name of a binary field';
	throw new InputError(`${label} is ${kind} instead of ${wanted}`, howToMend(value, label, kind));
}

const DATA_URL = 'a data URL';
const BASE64 = 'base64 text';

/** A name is shorter than this, and an address has other characters. */
const SHORTEST_BASE64 = 100;

/** What a text is that holds a file. */
function contentKind(text: string): string | undefined {
	if (/^data:/i.test(text)) return DATA_URL;
	const isBase64 = text.length >= SHORTEST_BASE64 && /^[\w+/\s-]+=*$/.test(text);
	return isBase64 ? BASE64 : undefined;
}

function howToMend(value: unknown, label: string, kind: string): string {
	if (kind === DATA_URL || kind === BASE64) {
		return `Put a Convert to File node before this one, and name its output field in "${label}".`;
	}
	const [file] = isObject(value)
		? Object.keys(value).filter((field) => isBinary(value[field]))
		: [];
	return file === undefined
		? `Check the expression of "${label}": it must give a web address, or the name of a field that holds a file.`
		: `The object holds the file "${file}": add .${file} to the end of the expression.`;
}

const noAddress = (text: string, label: string) =>
	new InputError(
		text ? `${label} ${quoted(text)} is not a web address` : `${label} has no web address`,
		`Enter an address that starts with http:// or https:// in "${label}", or choose Binary Field there.`,
	);
