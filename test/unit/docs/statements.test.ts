import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { refusals, UNDOCUMENTED_DEFAULTS } from '../../../simulator/undocumented';

const root = join(__dirname, '../../..');
const read = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);
const page = read(join(root, 'docs/api-statements.md')) ?? '';

interface Row {
	number: string;
	statement: string;
	source: string;
	product: string;
	test: string;
	simulator: string;
}

const rows = [...page.matchAll(/^\| (\d+) .*\|$/gm)].map(([line]): Row => {
	const [number = '', statement = '', source = '', product = '', test = '', simulator = ''] = line
		.split('|')
		.slice(1)
		.map((cell) => cell.trim());
	return { number, statement, source, product, test, simulator };
});

const NOT_IN_NODES = /^(README\.md$|docs\/|credentials\/)/;
const fileOf = {
	product: (name: string) =>
		join(root, NOT_IN_NODES.test(name) ? '' : 'nodes/InsightFaceSwap', name),
	test: (name: string) => join(root, 'test', name),
	simulator: (name: string) => join(root, 'simulator', name),
};

/** The files that a cell names, each with the words that it must hold. */
const PLACE = /`([\w/.-]+\.(?:ts|md))`(?:: `([^`]+)`| \(([^)]*)\))?/g;

function placesIn(cell: string): Array<{ name: string; words: string[] }> {
	return [...cell.matchAll(PLACE)].map(([, name = '', words, names]) => ({
		name,
		words: words ? [words] : (names?.split(/, |: /) ?? []),
	}));
}

/** What a cell names and is not there. */
const missingIn = (cell: string, find: (name: string) => string): string[] =>
	placesIn(cell).flatMap(({ name, words }) => {
		const text = read(find(name));
		if (text === undefined) return [name];
		return words.filter((word) => !text.includes(word)).map((word) => `${name}: ${word}`);
	});

test('docs/api-statements.md has each statement on a row of its own', () => {
	expect(rows.length).toBeGreaterThan(200);
	expect(rows.map(({ number }) => Number(number))).toEqual(rows.map((_, index) => index + 1));
	expect(rows.filter(({ source }) => !/^[DCO–]$/.test(source))).toEqual([]);
});

test.each(['product', 'test', 'simulator'] as const)(
	'docs/api-statements.md names places of the %s that are there',
	(column) => {
		expect(rows.flatMap((row) => missingIn(row[column], fileOf[column]))).toEqual([]);
	},
);

test('docs/api-statements.md names for each statement what does it and what holds it', () => {
	const empty = rows.filter(
		(row) => ![row.product, row.test].every((cell) => placesIn(cell).length),
	);
	expect(empty).toEqual([]);
	const vague = rows.filter((row) => row.simulator !== '–' && placesIn(row.simulator).length === 0);
	expect(vague).toEqual([]);
});

test.each([...Object.keys(UNDOCUMENTED_DEFAULTS), ...Object.keys(refusals)])(
	'docs/api-statements.md says that %s of the simulator is not documented',
	(name) => {
		const ofIt = rows.filter(({ simulator }) =>
			simulator.includes(`\`undocumented.ts\` (${name})`),
		);
		expect(ofIt.map(({ source }) => source)).not.toEqual([]);
		expect(ofIt.filter(({ source }) => source === 'D' && name in UNDOCUMENTED_DEFAULTS)).toEqual(
			[],
		);
	},
);

test.each([
	/Never use the bot there by hand/,
	/gives full access to that Discord account/,
	/GIF .* needs a paid plan/,
	/Discord's terms forbid to automate a user account: it may be closed/,
	/Use an account for this alone/,
	/Free members of Picsi\.Ai may not use results commercially/,
	/only pictures of persons who have agreed/,
	/mark generated pictures as generated/,
])('README.md says what users must know: %s', (words) => {
	expect(read(join(root, 'README.md'))?.replace(/\s+/g, ' ')).toMatch(words);
});
