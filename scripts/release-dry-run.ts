/**
 * `npm run release:dry-run`: `npm publish --dry-run`, whether its list of files is exactly the one that
 * the sources call for, and whether package.json names the repository that git knows. Needs a build.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { releaseFiles } from './release-files';
import { repositoryProblems } from './repository';

const root = join(__dirname, '..');

interface Packed {
	version: string;
	files: Array<{ path: string }>;
}

/** npm 10 answers with the package, npm 11 with an object keyed by its name, `npm pack` with a list. */
function packedOf(output: string): Packed {
	const answer = JSON.parse(output) as Packed | Record<string, Packed>;
	const [packed] = 'files' in answer ? [answer as Packed] : Object.values(answer);
	if (!packed) throw new Error('npm named no package');
	return packed;
}

function npm(args: string[]) {
	return spawnSync('npm', [...args, '--dry-run', '--json', '--ignore-scripts'], {
		cwd: root,
		encoding: 'utf8',
		shell: process.platform === 'win32',
	});
}

/** Between two releases the version is one that the registry has, and npm refuses even to pretend. */
function dryRun(): Packed {
	const publish = npm(['publish', '--access', 'public']);
	if (publish.status === 0) return packedOf(publish.stdout);
	if (!/previously published/.test(publish.stdout + publish.stderr))
		throw new Error(publish.stderr);
	console.log('This version is published already: looking at what "npm pack" would put together');
	return packedOf(npm(['pack']).stdout);
}

const { version, files } = dryRun();
const packed = files.map(({ path }) => path);
const expected = releaseFiles(root);
const problems = [
	...repositoryProblems(root),
	...expected.filter((path) => !packed.includes(path)).map((path) => `${path} is missing`),
	...packed
		.filter((path) => !expected.includes(path))
		.map((path) => `${path} is not meant to ship`),
];
for (const problem of problems) console.error(`✖ ${problem}`);
if (problems.length > 0) process.exitCode = 1;
else
	console.log(
		`${version} would be published with exactly the ${packed.length} files it should have`,
	);
