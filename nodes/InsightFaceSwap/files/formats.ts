/** A format of files, told by their first bytes. */
export interface FileFormat {
	/** As people call it. */
	name: string;
	/** The content type. */
	type: string;
	/** The first one is the usual one. */
	extensions: string[];
	/** `usual`: pictures that everything reads; `unusual`: other pictures; `other`: no pictures. */
	kind: 'usual' | 'unusual' | 'other';
	/** The first bytes, one character each. */
	begins: RegExp;
}

const format = (
	kind: FileFormat['kind'],
	name: string,
	type: string,
	extensions: string[],
	begins: RegExp,
): FileFormat => ({ name, type, extensions, kind, begins });

/** The first format that matches counts: videos and still pictures share the container of MP4. */
const FORMATS: FileFormat[] = [
	format('usual', 'PNG', 'image/png', ['png'], /^\x89PNG\r\n\x1a\n/),
	format('usual', 'JPEG', 'image/jpeg', ['jpg', 'jpeg'], /^\xff\xd8\xff/),
	format('usual', 'WebP', 'image/webp', ['webp'], /^RIFF.{4}WEBP/s),
	format('usual', 'GIF', 'image/gif', ['gif'], /^GIF8[79]a/),
	format('unusual', 'HEIC', 'image/heic', ['heic', 'heif'], /^.{4}ftyp(he[iv]|mif1|msf1)/s),
	format('unusual', 'AVIF', 'image/avif', ['avif'], /^.{4}ftypavi[fs]/s),
	format('unusual', 'BMP', 'image/bmp', ['bmp'], /^BM.{8,}/s),
	format('unusual', 'TIFF', 'image/tiff', ['tif', 'tiff'], /^(II\*\0|MM\0\*)/),
	format('unusual', 'JPEG XL', 'image/jxl', ['jxl'], /^(\xff\x0a|\0{3}\x0cJXL )/),
	format('other', 'PDF', 'application/pdf', ['pdf'], /^%PDF-/),
	format('other', 'video', 'video/quicktime', ['mov'], /^.{4}ftypqt/s),
	format('other', 'video', 'video/mp4', ['mp4', 'm4v'], /^.{4}ftyp/s),
	format('other', 'video', 'video/webm', ['webm', 'mkv'], /^\x1aE\xdf\xa3/),
	format('other', 'video', 'video/x-msvideo', ['avi'], /^RIFF.{4}AVI /s),
	format('other', 'ZIP archive', 'application/zip', ['zip'], /^PK\x03\x04/),
];

/** The number of first bytes that tell each format. */
export const HEAD_BYTES = 12;

/** The format of a file with these first bytes; nothing for one that is not known, and for texts. */
export function formatOf(head: Buffer): FileFormat | undefined {
	const start = head.toString('latin1', 0, HEAD_BYTES);
	const found = FORMATS.find(({ begins }) => begins.test(start));
	return found?.name === 'BMP' && isText(head) ? undefined : found;
}

/** Whether a name's extension is one of those that are known here. */
const isKnownExtension = (extension: string): boolean =>
	FORMATS.some(({ extensions }) => extensions.includes(extension.toLowerCase()));

const TEXT_BYTES = 512;

/** Whether the first bytes have no control characters, which texts do not have and other files do. */
export const isText = (head: Buffer): boolean =>
	!head.subarray(0, TEXT_BYTES).some((byte) => byte === 127 || (byte < 32 && !BLANKS.has(byte)));

/** Tabs, line and page breaks. */
const BLANKS = new Set([9, 10, 12, 13]);

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
