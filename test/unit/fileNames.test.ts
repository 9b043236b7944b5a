import {
	cleanContentType,
	fileNameFor,
	nameInUrl,
} from '../../nodes/InsightFaceSwap/files/formats';

const JPEG = { extensions: ['jpg', 'jpeg'] };
const PNG = { extensions: ['png'] };

describe('the name of a file', () => {
	test.each([
		['portrait.png', 'portrait.png'],
		['Bildnis von Zoë.png', 'Bildnis von Zoë.png'],
		['two\r\nlines\u0000\u0007.png', 'twolines.png'],
		['photo\u202Egnp.exe', 'photognp.exe.png'],
		['a\u200Fb\u2066c\u061C.png', 'abc.png'],
		['../../etc/passwd', 'passwd.png'],
		['C:\\Users\\me\\pic', 'pic.png'],
		['download', 'download.png'],
		['ME.PNG', 'ME.PNG'],
		['J.Smith', 'J.Smith.png'],
		['holiday v1.2', 'holiday v1.2.png'],
	])('%j of a PNG becomes %j', (given, name) => {
		expect(fileNameFor(given, 'image', PNG)).toBe(name);
	});

	test.each([
		['file_7', 'file_7.jpg'],
		['IMG_0001.HEIC', 'IMG_0001.jpg'],
		['me.jpeg', 'me.jpeg'],
		['me.png', 'me.jpg'],
		['.png', 'image.jpg'],
	])('%j of a JPEG becomes %j', (given, name) => {
		expect(fileNameFor(given, 'image', JPEG)).toBe(name);
	});

	test.each([undefined, '', '.', '..', '\u202E', 7, 'a/', '/'])('%j is none', (given) => {
		expect(fileNameFor(given, 'image', PNG)).toBe('image.png');
	});

	test('of an unknown format keeps its extension', () => {
		expect(fileNameFor('layers.psd', 'image', undefined)).toBe('layers.psd');
	});

	test('has at most 200 bytes of whole characters', () => {
		const name = fileNameFor(`${'ü€😀'.repeat(1000)}.png`, 'image', PNG);
		expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
		expect(Buffer.byteLength(name)).toBeGreaterThan(185);
		expect(name).toMatch(/^(ü€😀)+ü?€?\.png$/u);
	});
});

describe('the name in an address', () => {
	test.each([
		['https://example.com/a/me.png?width=3#x', 'me.png'],
		['https://example.com/Zo%C3%AB.png', 'Zoë.png'],
		['https://example.com/100%.png', '100%.png'],
		['https://example.com/a%2F..%2Fb', 'b'],
		['https://example.com/', undefined],
	])('%s is %j', (url, name) => {
		expect(nameInUrl(url)).toBe(name);
	});
});
describe('a remote content type', () => {
	test.each([
		['image/png', 'image/png'],
		['Image/PNG; charset=binary', 'image/png'],
		['image/svg+xml', 'image/svg+xml'],
	])('%j becomes %j', (given, clean) => {
		expect(cleanContentType(given)).toBe(clean);
	});

	test.each([
		undefined,
		'',
		'image',
		'image/png\r\nX-Header: 1',
		'a b/c',
		`image/${'x'.repeat(99)}`,
	])('%j is none', (given) => {
		expect(cleanContentType(given)).toBeUndefined();
	});
});
