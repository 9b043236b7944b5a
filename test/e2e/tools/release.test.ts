/** `npm run release` in a repository of its own, with another one beside it to push to. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const project = join(__dirname, '../../..');
const copied = [
	'.gitignore',
	'.release-it.json',
	'CHANGELOG.md',
	'package.json',
	'package-lock.json',
];

let folder: string;
let work: string;

function run(command: string, ...args: string[]) {
	const { status, stdout, stderr } = spawnSync(command, args, {
		cwd: work,
		encoding: 'utf8',
		env: { ...process.env, npm_config_cache: join(folder, 'npm') },
	});
	return { status, output: stdout + stderr, text: stdout.trim() };
}

const git = (...args: string[]) => run('git', ...args).text;
const program = join(project, 'node_modules/release-it/bin/release-it.js');
const release = (step: string) => run(process.execPath, program, step, '--ci');
const read = (file: string) => readFileSync(join(work, file), 'utf8');
const versionIn = (file: string) => (JSON.parse(read(file)) as { version: string }).version;

function commitChangelog(changelog: string): void {
	writeFileSync(join(work, 'CHANGELOG.md'), changelog);
	git('commit', '--all', '--message', 'Change');
}

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'release-'));
	work = join(folder, 'work');
	spawnSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(folder, 'remote')]);
	spawnSync('git', ['clone', '--quiet', join(folder, 'remote'), work]);
	for (const file of copied) cpSync(join(project, file), join(work, file));
	symlinkSync(join(project, 'node_modules'), join(work, 'node_modules'), 'junction');
	writeFileSync(join(work, '.git/info/exclude'), 'node_modules\n');
	git('config', 'user.name', 'Release');
	git('config', 'user.email', 'release@example.com');
	git('checkout', '--quiet', '-B', 'main');
	git('add', '.');
	git('commit', '--quiet', '--message', 'What there is');
	git('push', '--quiet', '--set-upstream', 'origin', 'main');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('sets version and changelog, commits, tags and pushes', () => {
	const before = versionIn('package.json');
	commitChangelog(read('CHANGELOG.md').replace('[Unreleased]\n', '[Unreleased]\n\n- Something\n'));
	expect(release('major')).toMatchObject({ status: 0 });
	const after = `${Number(before.split('.')[0]) + 1}.0.0`;
	expect([versionIn('package.json'), versionIn('package-lock.json')]).toEqual([after, after]);
	expect(read('CHANGELOG.md')).toMatch(
		/^## \[Unreleased\]\n\n## \[[\d.]+\] - \d{4}-\d\d-\d\d\n\n- Something\n/m,
	);
	expect(git('status', '--porcelain')).toBe('');
	expect(git('cat-file', '-t', `v${after}`)).toBe('tag');
	expect(git('ls-remote', 'origin', 'main', `v${after}^{}`).match(/^\w+/gm)).toEqual([
		git('rev-parse', 'HEAD'),
		git('rev-parse', 'HEAD'),
	]);
});

test('can release the version that stands in package.json', () => {
	commitChangelog('# Changelog\n\n## [Unreleased]\n\n- First\n');
	const version = versionIn('package.json');
	expect(release(version)).toMatchObject({ status: 0 });
	expect(read('CHANGELOG.md')).toContain(`## [${version}] - `);
	expect(git('tag')).toBe(`v${version}`);
});

test.each([
	[
		'nothing is new for users',
		'no entries',
		() => commitChangelog('# Changelog\n\n## [Unreleased]\n'),
	],
	['a change is not committed', 'clean', () => writeFileSync(join(work, '.gitignore'), '')],
	['it is not on main', 'main', () => git('checkout', '--quiet', '-b', 'other')],
])('is refused while %s', (_when, reason, prepare) => {
	prepare();
	const { status, output } = release('patch');
	expect(status).not.toBe(0);
	expect(output).toContain(reason);
	expect(git('tag')).toBe('');
});
