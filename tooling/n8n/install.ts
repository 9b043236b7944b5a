/** An n8n of one's own: installed into a folder of the project, run by a Node that it supports. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from './command';
import { UserError, explainNpm, isNetworkTrouble } from './failure';
import { cacheFolder } from './folders';
import { step } from './progress';
import { n8n2, versions, type N8nVersion } from './versions';

const installLimitMs = 30 * 60_000;

const modulesOf = ({ folder }: N8nVersion) => join(folder, 'node_modules');
const stampOf = (version: N8nVersion) => join(modulesOf(version), '.demo-installed');
const driverOf = (version: N8nVersion) =>
	join(modulesOf(version), 'sqlite3', 'build', 'Release', 'node_sqlite3.node');

/** n8n's command line, to be run with `nodeForN8n()`. */
export const n8nProgram = (version: N8nVersion = n8n2) =>
	join(modulesOf(version), 'n8n', 'bin', 'n8n');

/**
 * The Node that n8n is run with: this one if n8n supports it, else the one that comes with the
 * package on Linux. Call it after `ensureN8n`. Throws UserError where there is none.
 */
export function nodeForN8n(version: N8nVersion = n8n2): string {
	const { title, oldestNode, newestNode } = version;
	const major = Number(process.versions.node.split('.')[0]);
	if (major >= oldestNode && major <= newestNode) return process.execPath;
	const bundled = join(
		modulesOf(version),
		`node-${process.platform}-${process.arch}`,
		'bin',
		'node',
	);
	if (existsSync(bundled)) return bundled;
	const wanted = newestNode < Infinity ? `${oldestNode}` : `${oldestNode} or newer`;
	throw new UserError(
		`${title} needs Node.js ${wanted}, this is ${process.version}, and a Node of its own comes with it only for Linux on x64 and arm64. Install Node.js ${oldestNode}, e.g. with "nvm install ${oldestNode}", and run this again.`,
	);
}

async function lockHash({ folder }: N8nVersion): Promise<string> {
	const hash = createHash('sha256');
	for (const file of ['package.json', 'package-lock.json']) {
		hash.update(await readFile(join(folder, file)));
	}
	return hash.digest('hex');
}

async function isReady(version: N8nVersion, wanted: string): Promise<boolean> {
	const parts = [n8nProgram(version), driverOf(version), stampOf(version)];
	return parts.every(existsSync) && (await readFile(stampOf(version), 'utf8')) === wanted;
}

/** What npm says is read where it fails, also under `npm run -s`. */
const npmFlags = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];

/** npm in the package's folder, with its downloads kept inside the project. */
async function npm({ folder }: N8nVersion, args: readonly string[]) {
	return await run('npm', [...args, ...npmFlags], {
		cwd: folder,
		env: {
			npm_config_cache: join(cacheFolder, 'npm'),
			npm_config_devdir: join(cacheFolder, 'node-gyp'),
		},
		limitMs: installLimitMs,
	});
}

/** Asks the registry one question without trying again: `npm ci` would try for many minutes. */
async function checkRegistry(version: N8nVersion): Promise<void> {
	const question = ['view', 'n8n', 'name', '--fetch-retries=0', '--fetch-timeout=20000'];
	const asked = await npm(version, question);
	if (asked.hasFailed && isNetworkTrouble(asked.output)) {
		throw new UserError(explainNpm('npm view n8n', asked.output));
	}
}

/** `npm ci`, or where npm calls the lock file out of sync, an install that leaves it untouched. */
async function installModules(version: N8nVersion): Promise<void> {
	await checkRegistry(version);
	// Without --legacy-peer-deps npm spends over ten minutes on n8n's peer dependencies. The one without
	// which a node cannot be loaded, date-fns, is a dependency of each n8n's folder.
	const flags = ['--legacy-peer-deps', '--ignore-scripts'];
	const clean = await npm(version, ['ci', ...flags]);
	if (!clean.hasFailed) return;
	if (!/in sync|EUSAGE/.test(clean.output)) {
		throw new UserError(explainNpm('npm ci', clean.output));
	}
	const loose = await npm(version, ['install', '--no-save', ...flags]);
	if (loose.hasFailed) throw new UserError(explainNpm('npm install', loose.output));
}

/** The version of the database driver's package, if it is installed. */
async function driverVersion(version: N8nVersion): Promise<string | undefined> {
	const manifest = join(modulesOf(version), 'sqlite3', 'package.json');
	if (!existsSync(manifest)) return undefined;
	return (JSON.parse(await readFile(manifest, 'utf8')) as { version: string }).version;
}

/**
 * Takes the driver that is built for another n8n, which saves minutes. It uses Node-API, so one build
 * serves every version of Node. Gives whether there is one.
 */
async function copyDatabaseDriver(version: N8nVersion): Promise<boolean> {
	const wanted = await driverVersion(version);
	for (const other of versions) {
		const isBuilt = existsSync(stampOf(other)) && existsSync(driverOf(other));
		if (other === version || !isBuilt || (await driverVersion(other)) !== wanted) continue;
		await mkdir(dirname(driverOf(version)), { recursive: true });
		await copyFile(driverOf(other), driverOf(version));
		return true;
	}
	return false;
}

/** n8n's database driver is the one dependency whose install script must run. */
async function buildDatabaseDriver(version: N8nVersion): Promise<void> {
	if (await copyDatabaseDriver(version)) return;
	const rebuilt = await npm(version, ['rebuild', 'sqlite3', '--ignore-scripts=false']);
	if (!rebuilt.hasFailed && existsSync(driverOf(version))) return;
	throw new UserError(
		`${explainNpm('npm rebuild sqlite3', rebuilt.output)}\nWhere no prebuilt driver fits, it is compiled: that takes Python 3, make and a C++ compiler.`,
	);
}

/** Installs an n8n unless it is there as its lock file says. Throws UserError. */
export async function ensureN8n(version: N8nVersion = n8n2): Promise<void> {
	const wanted = await lockHash(version);
	if (await isReady(version, wanted)) return;
	const { title } = version;
	await step(
		`Install ${title} (once, a few minutes, 2 GB)`,
		async () => await installModules(version),
	);
	await step(
		`Build ${title}'s database driver (once)`,
		async () => await buildDatabaseDriver(version),
	);
	await writeFile(stampOf(version), wanted);
}
