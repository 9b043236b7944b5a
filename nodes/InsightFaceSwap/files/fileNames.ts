import { isKnownExtension, type FileFormat } from './formats';

/** With a number and an extension, a name has less than 200 bytes. */
const MAX_BASE_BYTES = 190;

/** Control characters, direction marks, line separators and lone surrogates. */
const INVISIBLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u200B\uFEFF]/gu;

/**
 * The name of a file without its path and invisible characters, and with the extension of what it is:
 * Discord tells the type by it.
 * @param given its present name, with or without a path
 * @param fallback the name without an extension, where it has none
 * @param format what it is; nothing where that is not known: then the name keeps its extension
 */
export function fileNameFor(
	given: unknown,
	fallback: string,
	format?: Pick<FileFormat, 'extensions'>,
): string {
	const text = typeof given === 'string' ? given : '';
	const name = text.replace(INVISIBLE, '').split(/[/\\]/).pop()?.trim() ?? '';
	const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1] ?? '';
	const extension = isKnownExtension(ending) ? `.${ending}` : '';
	const base = shortened(name.slice(0, name.length - extension.length));
	const isRight = !format || format.extensions.includes(ending.toLowerCase());
	const isNamed = !/^\.*$/.test(base);
	return (isNamed ? base : fallback) + (isRight ? extension : `.${format.extensions[0]}`);
}

/** As many whole characters as fit. A cut character becomes U+FFFD. */
const shortened = (base: string): string =>
	Buffer.from(base)
		.subarray(0, MAX_BASE_BYTES)
		.toString()
		.replace(/\uFFFD+$/, '');

/** The last part of an address's path; nothing where it is no name. */
export function nameInUrl(url: string): string | undefined {
	const name = new URL(url).pathname.split('/').pop() ?? '';
	try {
		return fileNameFor(decodeURIComponent(name), '') || undefined;
	} catch {
		return fileNameFor(name, '');
	}
}

const CONTENT_TYPE = /^\s*([a-z0-9][\w!#$&^.+-]{0,63}\/[a-z0-9][\w!#$&^.+-]{0,63})\s*(;|$)/;

/**
 * Cleans the content type of a download: no parameters.
 * @returns nothing if it has not the form `type/subtype`
 */
export const cleanContentType = (type: unknown): string | undefined =>
	CONTENT_TYPE.exec(String(type).toLowerCase())?.[1];
