import { faceNames, parseFaces, singleName } from '../../nodes/InsightFaceSwap/actions/faceNames';

describe('names of identities', () => {
	test.each(['me', 'Anna2', 'abcdefghij'])('%s is a name', (name) => {
		expect(singleName(` ${name} `, 'Saved Face')).toBe(name);
	});

	test.each(['', '  ', 'two words', 'abcdefghijk', 'né', 'me,you'])(
		'"%s" is not a single name',
		(name) => {
			expect(() => singleName(name, 'Saved Face')).toThrow(/Saved Face/);
		},
	);

	test.each([
		['me', 'me'],
		['me, you', 'me,you'],
		['me,_,him', 'me,_,him'],
		['father + mother', 'father+mother'],
		['a+b+c', 'a+b+c'],
		['johndoe --oldify 300', 'johndoe --oldify 300'],
	])('a swap takes "%s"', (text, sent) => {
		expect(faceNames(text, 'Saved Face')).toBe(sent);
	});

	test.each(['', 'a+b+c+d', 'me,,you', 'me you', '+', 'abcdefghijk'])(
		'a swap refuses "%s" and says how to write it',
		(text) => {
			expect(() => faceNames(text, 'Saved Face')).toThrow(/Saved Face/);
		},
	);
});

describe("the bot's list of identities", () => {
	test.each([
		['Default idname: me\nAll idnames: me, you', ['me', 'you'], 'me'],
		['idnames: me, you; current idname: you', ['me', 'you'], 'you'],
		['All: `me` `you` (default: me)', ['me', 'you'], 'me'],
		['You have 2 idnames: me,you', ['me', 'you'], undefined],
		['Saved names: me, you. Use /setid to change the default.', ['me', 'you'], undefined],
		['idnames: me (796/800 credits remaining)', ['me'], undefined],
		['idnames: **me**, **you**', ['me', 'you'], undefined],
	])('%j is read', (content, names, byDefault) => {
		const identities = parseFaces(content);
		expect(identities.map(({ idName }) => idName).sort()).toEqual(names);
		expect(identities.find(({ isDefault }) => isDefault)?.idName).toBe(byDefault);
	});

	test('a message without a list has no identities', () => {
		expect(parseFaces('No idname found')).toEqual([]);
		expect(parseFaces('')).toEqual([]);
	});
});
