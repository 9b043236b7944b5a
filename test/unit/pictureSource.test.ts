import { pictureSource } from '../../nodes/InsightFaceSwap/actions/readParameters';
import type { PicturePart, ReadParameter } from '../../nodes/InsightFaceSwap/actions/types';

const part: PicturePart = {
	part: 'image',
	picture: 'image',
	label: 'Face',
	field: 'data',
};

const locator = (mode: string, value: unknown) => ({ __rl: true, mode, value });

const sourceOf = (given: unknown) => {
	const read: ReadParameter = <T>(_name: string, fallback?: T) => (given ?? fallback) as T;
	return pictureSource(read, part);
};

const file = { mimeType: 'image/png', data: 'filesystem-v2', id: 'filesystem-v2:1' };

describe('a picture comes from', () => {
	test.each([
		['the usual field', undefined, 'data'],
		['the usual field', locator('binary', ''), 'data'],
		['the usual field', locator('binary', '  '), 'data'],
		['the usual field', '', 'data'],
		['the field that is named', locator('binary', ' photo '), 'photo'],
		['the field that is named', 'photo', 'photo'],
		['a field named by a number', locator('binary', 0), '0'],
		['a field that begins like an address', locator('binary', 'https'), 'https'],
	])('%s: %j', (_what, given, field) => {
		expect(sourceOf(given)).toEqual({ kind: 'field', field });
	});

	test.each(['url', 'binary'])('an address, whatever the mode says: %s', (mode) => {
		for (const url of ['https://example.com/a.png', 'HTTP://example.com/a.png']) {
			expect(sourceOf(locator(mode, ` ${url} `))).toEqual({ kind: 'url', url });
			expect(sourceOf(url)).toEqual({ kind: 'url', url });
		}
	});

	test.each([locator('binary', file), file])('a file of another node: %j', (given) => {
		expect(sourceOf(given)).toEqual({ kind: 'binary', binary: file });
	});
});

describe('a picture is refused', () => {
	const A_FIELD = 'the name of a binary field';
	const base64 = 'iVBORw0KGgoAAAANSUhEUgAA'.repeat(10);

	test.each([
		[['src'], 'a list'],
		[{ a: 1 }, 'an object'],
		[{ data: file }, 'an object'],
		[null, 'null'],
		[false, 'false'],
		[Number.NaN, 'NaN'],
		[`data:image/png;base64,${base64}`, 'a data URL'],
		[base64, 'base64 text'],
		[`${base64}\r\n${base64}==`, 'base64 text'],
	])('where it is %j', (value, kind) => {
		expect(() => sourceOf(locator('binary', value))).toThrow(
			`Face is ${kind} instead of ${A_FIELD}`,
		);
		expect(() => sourceOf(locator('url', value))).toThrow(
			`Face is ${kind} instead of a web address`,
		);
	});

	test('where an expression gives nothing', () => {
		expect(() => sourceOf(locator('binary', undefined))).toThrow('Face is undefined');
	});

	test.each([
		['', 'Face has no web address'],
		['data', 'Face "data" is not a web address'],
		['ftp://example.com/a.png', 'Face "ftp://example.com/a.png" is not a web address'],
		['https://', 'Face "https://" is not a web address'],
		[`file:${'x'.repeat(80)}`, `Face "file:${'x'.repeat(55)}…" is not a web address`],
	])('where it is no address in mode URL: %s', (value, message) => {
		expect(() => sourceOf(locator('url', value))).toThrow(message);
	});

	test('as a file in mode URL', () => {
		expect(() => sourceOf(locator('url', file))).toThrow(
			'Face is an object instead of a web address',
		);
	});
});
