/**
 * `npm run release -- patch`: version, changelog, commit and tag in one go. Nothing leaves the machine:
 * the last line says how to push, and the tag's arrival at GitHub publishes (.github/workflows/publish.yml).
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nextVersion, releasedChangelog } from './release-notes';

const root = join(__dirname, '..');

const usage = `Usage: npm run release -- major|minor|patch|current|<version>

  current   release the version that stands in package.json (the first one)`;

const files = ['package.json', 'package-lock.json', 'CHANGELOG.md'];

function run(command: string, args: string[]): string {
	// On Windows npm is a script, which only a shell starts.
	const shell = process.platform === 'win32' && command === 'npm';
	const { status, stdout, stderr } = spawnSync(command, args, {
		cwd: root,
		encoding: 'utf8',
		shell,
	});
	if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed\n${stderr}`);
	return stdout.trim();
}

function assertReady(version: string): void {
	const branch = run('git', ['branch', '--show-current']);
	if (branch !== 'main') throw new Error(`Releases are made from main, this is ${branch}`);
	if (run('git', ['status', '--porcelain'])) throw new Error('Commit or stash your changes first');
	if (run('git', ['tag', '--list', `v${version}`]))
		throw new Error(`v${version} is tagged already`);
}

function release(step: string): void {
	const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
		version: string;
	};
	const version = nextVersion(manifest.version, step);
	assertReady(version);
	const changelogFile = join(root, 'CHANGELOG.md');
	const today = new Date().toISOString().slice(0, 10);
	const changelog = releasedChangelog(readFileSync(changelogFile, 'utf8'), version, today);
	run('npm', [
		'version',
		version,
		'--no-git-tag-version',
		'--allow-same-version',
		'--ignore-scripts',
	]);
	writeFileSync(changelogFile, changelog);
	run('git', ['commit', '--message', `Release ${version}`, '--', ...files]);
	run('git', ['tag', '--annotate', `v${version}`, '--message', `Release ${version}`]);
	console.log(
		`${version} is committed and tagged. To publish it:\n\n  git push --atomic origin main v${version}`,
	);
}

const [step] = process.argv.slice(2);
try {
	if (!step || step === '--help') console.log(usage);
	else release(step);
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}
