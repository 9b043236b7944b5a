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
export function pictureSource(
	read: ReadParameter,
	{ picture, label, field }: PicturePart,
): PictureSource {
	const given = read<unknown>(picture, '');
	const isUrl = isLocator(given) && given.mode === 'url';
	const value = valueOf(given);
	if (!isUrl && isBinary(value)) return { kind: 'binary', binary: value };
	const text = String(value).trim();
	const kind = kindOf(value) ?? contentKind(text);
	if (kind) {
		const wanted = isUrl ? 'a web address' : 'the name of a binary field';
		throw new InputError(
			`${label} is ${kind} instead of ${wanted}`,
			`Check the expression of "${label}": it must give a web address, the name of a field that holds a file, or that file, such as item.binary.data. Base64 text needs a Convert to File node.`,
		);
	}
	if (/^https?:\/\//i.test(text) && isHttpUrl(text)) return { kind: 'url', url: text };
	if (!isUrl) return { kind: 'field', field: text || field };
	throw new InputError(
		text ? `${label} ${quoted(text)} is not a web address` : `${label} has no web address`,
		`Enter an address that starts with http:// or https:// in "${label}", or choose Binary Field there.`,
	);
}

/** Whether a value has the fields that n8n gives to every file. */
const isBinary = (value: unknown): value is IBinaryData =>
	isObject(value) && typeof value.mimeType === 'string' && typeof value.data === 'string';

/** A name is shorter than this, and an address has other characters. */
const SHORTEST_BASE64 = 100;

/** What a text is that holds a file. */
function contentKind(text: string): string | undefined {
	if (/^data:/i.test(text)) return 'a data URL';
	const isBase64 = text.length >= SHORTEST_BASE64 && /^[\w+/\s-]+=*$/.test(text);
	return isBase64 ? 'base64 text' : undefined;
}
