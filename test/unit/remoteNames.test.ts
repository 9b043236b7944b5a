import { cleanContentType, cleanFileName } from '../../nodes/InsightFaceSwap/jobs/remoteNames';

describe('a remote file name', () => {
	test.each([
		['portrait.png', 'portrait.png'],
		['Bildnis von Zoë.jpg', 'Bildnis von Zoë.jpg'],
		['two\r\nlines\u0000\u0007.png', 'twolines.png'],
		['photo\u202Egnp.exe', 'photognp.exe'],
		['a\u200Fb\u2066c\u061C.png', 'abc.png'],
		['../../etc/passwd', '.._.._etc_passwd'],
		['C:\\pictures\\a.png', 'C:_pictures_a.png'],
	])('%j becomes %j', (given, clean) => {
		expect(cleanFileName(given)).toBe(clean);
	});

	test.each([undefined, '', '.', '..', '\u202E', 7])('%j is no name', (given) => {
		expect(cleanFileName(given)).toBeUndefined();
	});

	test('has at most 200 bytes of whole characters, and keeps its extension', () => {
		const name = cleanFileName(`${'ü€😀'.repeat(1000)}.webp`) ?? '';
		expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
		expect(Buffer.byteLength(name)).toBeGreaterThan(195);
		expect(name).toMatch(/^(ü€😀)+ü?€?\.webp$/u);
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
