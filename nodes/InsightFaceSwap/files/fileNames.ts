import { isKnownExtension, type FileFormat } from './formats';

/** With a number and an extension, a name has less than 200 bytes. */
const MAX_BASE_BYTES = 190;

/** Control characters, direction marks, line separators and lone surrogates. */
const INVISIBLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u200B\uFEFF]/gu;

interface FileName {
	/** At most 190 bytes. */
	base: string;
	/** With its dot; empty unless it is the extension of a known format. */
	extension: string;
}

/**
 * Reads a file name: no path, no invisible characters.
 * @returns nothing if no name is left
 */
function readFileName(name: unknown): FileName | undefined {
	if (typeof name !== 'string') return undefined;
	const clean = name.replace(INVISIBLE, '').split(/[/\\]/).pop()?.trim() ?? '';
	const [found = '', given = ''] = /\.([a-z0-9]+)$/i.exec(clean) ?? [];
	const extension = isKnownExtension(given) ? found : '';
	const base = firstBytes(clean.slice(0, clean.length - extension.length), MAX_BASE_BYTES);
	return /^\.*$/.test(base) ? undefined : { base, extension };
}

/** The name of a file without its path; nothing if it has none. */
export function cleanFileName(name: unknown): string | undefined {
	const read = readFileName(name);
	return read && read.base + read.extension;
}

/**
 * The name of a file, with the extension of what it is: Discord tells the type by it.
 * @param given its present name, with or without a path
 * @param fallback the name without an extension, where it has none
 * @param format what it is; nothing where that is not known: then the name keeps its extension
 * @param suffix comes before the extension
 */
export function fileNameFor(
	given: unknown,
	fallback: string,
	format: Pick<FileFormat, 'extensions'> | undefined,
	suffix = '',
): string {
	const { base, extension } = readFileName(given) ?? { base: fallback, extension: '' };
	const isRight = !format || format.extensions.includes(extension.slice(1).toLowerCase());
	return `${base}${suffix}${isRight ? extension : `.${format.extensions[0]}`}`;
}

/** The last part of an address's path. */
export function nameInUrl(url: string): string | undefined {
	const name = new URL(url).pathname.split('/').pop() ?? '';
	try {
		return cleanFileName(decodeURIComponent(name));
	} catch {
		return cleanFileName(name);
	}
}

/** As many whole characters as fit. */
function firstBytes(text: string, bytes: number): string {
	let cut = '';
	let size = 0;
	for (const character of text) {
		size += Buffer.byteLength(character);
		if (size > bytes) break;
		cut += character;
	}
	return cut;
}

/**
 * Cleans the content type of a download: no parameters.
 * @returns nothing if it has not the form `type/subtype`
 */
export function cleanContentType(type: unknown): string | undefined {
	if (typeof type !== 'string') return undefined;
	const essence = (type.split(';')[0] ?? '').trim().toLowerCase();
	return /^[a-z0-9][\w!#$&^.+-]{0,63}\/[a-z0-9][\w!#$&^.+-]{0,63}$/.test(essence)
		? essence
		: undefined;
}
