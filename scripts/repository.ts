/** Whether package.json, the one place that names the repository, names the one that git knows. */
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
