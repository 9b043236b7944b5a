import { formatOf, isText } from '../../nodes/InsightFaceSwap/files/formats';
import { pictures } from '../support/pictures';

const bytes = (latin1: string) => Buffer.from(`${latin1}\0\0\0\0\0\0\0\0\0\0\0\0`, 'latin1');

test.each<[string, string, string, string]>([
	['HEIC', '\0\0\0\x18ftypheic', 'heic', 'unusual'],
	['HEIC', '\0\0\0\x18ftypmif1', 'heic', 'unusual'],
	['AVIF', '\0\0\0\x18ftypavif', 'avif', 'unusual'],
	['BMP', 'BM\x36\0\x0c\0', 'bmp', 'unusual'],
	['TIFF', 'II*\0', 'tif', 'unusual'],
	['TIFF', 'MM\0*', 'tif', 'unusual'],
	['JPEG XL', '\xff\x0a', 'jxl', 'unusual'],
	['PDF', '%PDF-1.7', 'pdf', 'other'],
	['video', '\0\0\0\x18ftypmp42', 'mp4', 'other'],
	['video', '\0\0\0\x14ftypqt  ', 'mov', 'other'],
	['video', '\x1aE\xdf\xa3', 'webm', 'other'],
	['video', 'RIFF\0\0\0\0AVI ', 'avi', 'other'],
	['ZIP archive', 'PK\x03\x04', 'zip', 'other'],
])('%s is told by %j', (name, head, extension, kind) => {
	expect(formatOf(bytes(head))).toMatchObject({ name, kind });
	expect(formatOf(bytes(head))?.extensions[0]).toBe(extension);
});

test('PNG, JPEG, WebP and GIF are usual pictures', async () => {
	const files = [pictures.source(), pictures.target(), pictures.webp(), pictures.gif()];
	const formats = (await Promise.all(files)).map((file) => formatOf(file));
	expect(formats.map((format) => format?.name)).toEqual(['PNG', 'JPEG', 'WebP', 'GIF']);
	expect(new Set(formats.map((format) => format?.kind))).toEqual(new Set(['usual']));
});

test.each(['', 'hello', 'BMW drivers and others', '<html>', 'RIFF'])('%j has no format', (text) => {
	expect(formatOf(Buffer.from(text))).toBeUndefined();
});

test.each([
	['a text\r\n\twith blanks', true],
	['ünïcode', true],
	['a text with \0', false],
	['\x1b[31m', false],
])('%j: that it is a text is %s', (content, expected) => {
	expect(isText(Buffer.from(content))).toBe(expected);
});
