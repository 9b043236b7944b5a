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
export const isKnownExtension = (extension: string): boolean =>
	FORMATS.some(({ extensions }) => extensions.includes(extension.toLowerCase()));

const TEXT_BYTES = 512;

/** Whether the first bytes have no control characters, which texts do not have and other files do. */
export const isText = (head: Buffer): boolean =>
	!head.subarray(0, TEXT_BYTES).some((byte) => byte === 127 || (byte < 32 && !BLANKS.has(byte)));

/** Tabs, line and page breaks. */
const BLANKS = new Set([9, 10, 12, 13]);
