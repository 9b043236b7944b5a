import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
const MAX_SENTENCE = 25;
const MAX_ALL = 8000;

/** The pages for users, and how many words each may have. */
const LIMITS: Array<[page: string, words: number]> = [
	['README.md', 1500],
	['docs/operations.md', 2500],
	['docs/reliability.md', 1200],
	['docs/trigger.md', 1200],
	['docs/errors.md', 1700],
	['docs/performance.md', 300],
	['docs/compatibility.md', 600],
];

const read = (page: string) => readFileSync(join(root, page), 'utf8');

/** Whatever has a letter or a digit: no bars of tables. */
const wordsIn = (text: string): string[] => text.split(/\s+/).filter((word) => /\w/.test(word));

/** Without code, pictures, addresses and comments; each cell and list entry apart. */
function sentencesIn(page: string): string[] {
	const prose = read(page)
		.replace(/```.*?```|<!--.*?-->|<picture>.*?<\/picture>/gs, '')
		.replace(/!\[[^\]]*\]\([^)]*\)/g, '')
		.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
		.replace(/^#.*$/gm, '');
	return prose
		.split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)|\|/)
		.flatMap((part) => part.split(/[.!?:][*_")]*(?:\s+|$)/));
}

test.each(LIMITS)('%s has at most %d words', (page, limit) => {
	expect(wordsIn(read(page)).length).toBeLessThanOrEqual(limit);
});

test('the pages for users have at most 8,000 words together', () => {
	const all = LIMITS.map(([page]) => wordsIn(read(page)).length);
	expect(all.reduce((sum, words) => sum + words, 0)).toBeLessThanOrEqual(MAX_ALL);
});

test.each(LIMITS)('%s has no sentence above 25 words', (page) => {
	const long = sentencesIn(page).filter((sentence) => wordsIn(sentence).length > MAX_SENTENCE);
	expect(long).toEqual([]);
});
