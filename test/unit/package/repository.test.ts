import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import manifest from '../../../package.json';
import { placeholderProblems, placeOf, repositoryProblems } from '../../../scripts/repository';

const root = join(__dirname, '../../..');

/** Holds the addresses of the examples; examples.test.ts has them follow package.json. */
const addresses = join(root, 'examples/README.md');

/** The texts of a folder, with the folders below it. */
const textsIn = (folder: string) =>
	readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
		.filter((entry) => entry.isFile() && /\.(md|json|ts|mjs|yml|html)$/.test(entry.name))
		.map((entry) => join(entry.parentPath, entry.name))
		.filter((file) => file !== addresses);

const pages = readdirSync(root)
	.filter((name) => name.endsWith('.md'))
	.map((name) => join(root, name));
const folders = [
	'nodes',
	'credentials',
	'docs',
	'examples',
	'scripts',
	'demo/workflows',
	'.github',
];

describe('the address of the repository', () => {
	it('stands in package.json, and as it is there in the README', () => {
		const place = placeOf(manifest.repository.url);
		const [, owner = '', name = ''] = place.split('/');
		const naming = [...pages, ...folders.flatMap(textsIn)].filter((file) =>
			readFileSync(file, 'utf8').toLowerCase().includes(`${owner}/`),
		);
		expect(naming).toEqual([join(root, 'README.md')]);
		const readme = readFileSync(join(root, 'README.md'), 'utf8');
		const addresses = readme.match(
			/https:\/\/(?:raw\.githubusercontent|github)\.com\/[^/]+\/[^/\s]+/g,
		);
		expect(new Set(addresses)).toEqual(
			new Set([`https://${place}.git`, `https://raw.githubusercontent.com/${owner}/${name}`]),
		);
		const { repository, ...others } = manifest;
		expect(repository.url).toContain(owner);
		expect(JSON.stringify(others)).not.toContain(owner);
	});

	it('is not needed where users are led: to the page of the package', () => {
		expect(manifest.homepage).toBe(`https://www.npmjs.com/package/${manifest.name}`);
		for (const node of ['InsightFaceSwap', 'InsightFaceSwapTrigger']) {
			const file = join(root, `nodes/InsightFaceSwap/${node}.node.json`);
			expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
				resources: { primaryDocumentation: [{ url: manifest.homepage }] },
			});
		}
	});

	it.each([
		'https://github.com/Owner/name',
		'https://github.com/owner/name.git',
		'https://token@github.com/owner/name/',
		'git+https://github.com/owner/name.git',
		'git@github.com:owner/name.git',
		'ssh://git@github.com/owner/name.git',
		'ssh://git@github.com:22/owner/name.git',
	])('%s is one and the same', (address) => {
		expect(placeOf(address)).toBe('github.com/owner/name');
	});
});

describe('the dry run of a release', () => {
	let folder: string;
	const git = (...args: string[]) => spawnSync('git', args, { cwd: folder });

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'repository-'));
		git('init', '--quiet');
		const repository = { url: 'git+https://github.com/owner/name.git' };
		writeFileSync(join(folder, 'package.json'), JSON.stringify({ repository }));
	});

	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	it('accepts the repository that git knows', () => {
		git('remote', 'add', 'origin', 'git@github.com:owner/name.git');
		expect(repositoryProblems(folder)).toEqual([]);
	});

	it('refuses another one', () => {
		git('remote', 'add', 'origin', 'https://github.com/other/name');
		expect(repositoryProblems(folder)).toEqual([
			'package.json names the repository git+https://github.com/owner/name.git, but git\'s remote "origin" is github.com/other/name',
		]);
	});

	it('refuses any while git knows none', () => {
		expect(repositoryProblems(folder)).toEqual([expect.stringContaining('no remote "origin"')]);
	});
});

describe('npm run release', () => {
	let folder: string;
	const author = (email: string) =>
		writeFileSync(
			join(folder, 'package.json'),
			JSON.stringify({ author: { name: 'Ann', email }, repository: { url: 'x' } }),
		);

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'release-'));
	});

	afterEach(() => rmSync(folder, { recursive: true, force: true }));

	it('looks at who publishes before it changes anything', () => {
		expect(manifest.scripts.release).toMatch(/^tsx scripts\/repository\.ts && /);
	});

	it('is refused while the author is a placeholder', () => {
		author('none@somewhere.invalid');
		expect(placeholderProblems(folder)).toEqual([
			'package.json names the author Ann <none@somewhere.invalid>: put in who publishes',
		]);
	});

	it('goes on with an author', () => {
		author('ann@example.com');
		expect(placeholderProblems(folder)).toEqual([]);
	});
});
