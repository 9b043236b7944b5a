/** Whether package.json says who publishes: author, and the repository that git knows. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Host and path of an address, however git writes it: `https:`, `ssh:` or `git@host:path`. */
export function placeOf(address: string): string {
	return address
		.trim()
		.replace(/^git\+/, '')
		.replace(/^[a-z]+:\/\//, '')
		.replace(/^[^@/]+@/, '')
		.replace(/^([^/:]+):(?:\d+\/)?/, '$1/')
		.replace(/(\.git)?\/?$/, '')
		.toLowerCase();
}

/**
 * @param root the project's folder
 * @returns what is wrong, in sentences; nothing if the address is that of the remote `origin`
 */
export function repositoryProblems(root: string): string[] {
	const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
		repository: { url: string };
	};
	const { url } = manifest.repository;
	const git = ['remote', 'get-url', 'origin'];
	const { status, stdout } = spawnSync('git', git, { cwd: root, encoding: 'utf8' });
	if (status !== 0) return [`git has no remote "origin", so nothing proves that ${url} is ours`];
	if (placeOf(stdout) === placeOf(url)) return [];
	const remote = placeOf(stdout);
	return [`package.json names the repository ${url}, but git's remote "origin" is ${remote}`];
}

/**
 * @param root the project's folder
 * @returns what whoever publishes has to fill in, in sentences. The ending ".invalid" is reserved: no address has it.
 */
export function placeholderProblems(root: string): string[] {
	const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
		author: { name: string; email: string };
	};
	const { name, email } = manifest.author;
	if (!email.endsWith('.invalid')) return [];
	return [`package.json names the author ${name} <${email}>: put in who publishes`];
}

if (require.main === module) {
	const root = join(__dirname, '..');
	const problems = [...placeholderProblems(root), ...repositoryProblems(root)];
	for (const problem of problems) console.error(`✖ ${problem}`);
	if (problems.length > 0) process.exitCode = 1;
}
