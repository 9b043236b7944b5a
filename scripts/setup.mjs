// Installs a package's dependencies when they are missing or do not match its lock file. It runs
// before any dependency is there, so it uses nothing but Node, in a syntax that old Nodes parse too.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const cache = join(root, '.cache');

/** Where tools keep what they would otherwise keep in the user's home. */
export const cachesInside = { npm_config_cache: join(cache, 'npm'), XDG_CACHE_HOME: cache };

const oldestNode = 20;
const heartbeatSeconds = 15;
const networkTrouble =
	/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT/;

/** A failure whose message says all a user needs: to be shown without a stack. */
export class SetupError extends Error {}

/** What to print of a failure: one that a user can act on (`forUser`, or a SetupError) needs no stack. */
export function messageFor(error) {
	if (!(error instanceof Error)) return String(error);
	const forUser = error instanceof SetupError || 'forUser' in error;
	return forUser ? error.message : error.stack;
}

function requireNode() {
	const major = Number(process.versions.node.split('.')[0]);
	if (major >= oldestNode) return;
	throw new SetupError(
		`Node.js ${oldestNode} or newer is needed, this is ${process.version}. ` +
			'Install a newer one, e.g. from https://nodejs.org or with "nvm install".',
	);
}

function lockedPackages(lockFile) {
	return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
}

/**
 * Whether node_modules holds what the lock file demands. npm writes node_modules/.package-lock.json
 * when an installation has ended, so an interrupted one counts as missing. Optional packages stay
 * out on other platforms and are not asked for.
 */
export function isInstalled(directory) {
	const installedLock = join(directory, 'node_modules', '.package-lock.json');
	if (!existsSync(installedLock)) return false;
	const installed = lockedPackages(installedLock);
	return Object.entries(lockedPackages(join(directory, 'package-lock.json')))
		.filter(([path, entry]) => path !== '' && !entry.optional)
		.every(
			([path, entry]) =>
				installed[path]?.version === entry.version &&
				installed[path].integrity === entry.integrity &&
				existsSync(join(directory, path)),
		);
}

function runNpmCi(directory) {
	return new Promise((settle) => {
		// On Windows npm is a script, which only a shell starts.
		// What npm says is needed where it fails, also under `npm run -s`.
		const npm = spawn('npm', ['ci', '--no-progress', '--loglevel=error'], {
			cwd: directory,
			env: { ...process.env, ...cachesInside },
			stdio: ['ignore', 'ignore', 'pipe'],
			shell: process.platform === 'win32',
		});
		const started = Date.now();
		const heartbeat = setInterval(() => {
			console.log(`  … still installing (${Math.round((Date.now() - started) / 1000)} s)`);
		}, heartbeatSeconds * 1000);
		let errors = '';
		npm.stderr.on('data', (chunk) => (errors += chunk));
		npm.on('error', (error) => (errors += error.message));
		npm.on('close', (code) => {
			clearInterval(heartbeat);
			settle({ code, errors, seconds: (Date.now() - started) / 1000 });
		});
	});
}

function explain(errors) {
	if (networkTrouble.test(errors)) {
		return 'npm could not reach the package registry. Check the network (or proxy) and try again.';
	}
	const withoutUsage = errors.split('npm error Clean install a project')[0];
	return `"npm ci" failed:\n${withoutUsage.trim().split('\n').slice(-15).join('\n')}`;
}

/**
 * Makes sure that the dependencies of the package in `directory` are installed as its lock file
 * says; does nothing when they are. Gives whether it installed. Throws SetupError.
 */
export async function ensureDependencies(directory = root) {
	requireNode();
	if (isInstalled(directory)) return false;
	console.log(`Installing the dependencies of ${directory} (npm ci)`);
	const { code, errors, seconds } = await runNpmCi(directory);
	if (code !== 0) throw new SetupError(explain(errors));
	console.log(`Installed in ${seconds.toFixed(0)} s`);
	return true;
}

async function main() {
	try {
		if (!(await ensureDependencies())) console.log('Dependencies are up to date, nothing to do');
	} catch (error) {
		if (!(error instanceof SetupError)) throw error;
		console.error(error.message);
		process.exitCode = 1;
	}
}

if (resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) await main();
