import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import manifest from '../../../package.json';
import { placeOf } from '../../../scripts/repository';

const root = join(__dirname, '../../..');
/** Where npm's page of the package finds the pictures of the README. */
const RAW = placeOf(manifest.repository.url).replace(
	/^github\.com/,
	'https://raw.githubusercontent.com',
);
const markdownIn = (folder: string) =>
	readdirSync(join(root, folder))
		.filter((name) => name.endsWith('.md'))
		.map((name) => join(folder, name));

/** As GitHub makes them from headings. */
const anchorsOf = (text: string) =>
	[...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
		heading
			.toLowerCase()
			.replace(/[^\w\s-]/g, '')
			.replace(/\s/g, '-'),
	);

const pages = ['.', 'docs', 'docs/decisions', 'examples'].flatMap(markdownIn);

test('every picture is shown on a page', () => {
	const text = pages.map((page) => readFileSync(join(root, page), 'utf8')).join('\n');
	const pictures = readdirSync(join(root, 'docs/images'));
	expect(pictures.filter((name) => !text.includes(`images/${name}`))).toEqual([]);
});

test('the pictures of the README show on the page of the package, too', () => {
	const text = readFileSync(join(root, 'README.md'), 'utf8');
	const sources = [...text.matchAll(/!\[[^\]]*\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)].map(
		([, markdown, html]) => markdown ?? html ?? '',
	);
	expect(sources).not.toEqual([]);
	expect(sources.filter((source) => !source.startsWith(`${RAW}/main/docs/images/`))).toEqual([]);
});

test.each(pages)('%s links to what is there', (file) => {
	const text = readFileSync(join(root, file), 'utf8');
	const links = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)]
		.map(([, link, source]) => (link ?? source ?? '').replace(`${RAW}/main/`, ''))
		.filter((link) => !/^[a-z]+:/.test(link));
	const broken = links.filter((link) => {
		const [path = '', anchor] = link.split('#');
		const target = path ? join(root, dirname(file), path) : join(root, file);
		if (!existsSync(target)) return true;
		return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
	});
	expect(broken).toEqual([]);
});
