/** An n8n of one's own: installed into a folder of the project, run by a Node that it supports. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command';
import { DemoFailure, explainNpm, isNetworkTrouble } from './failure';
import { cacheFolder, demoFolder } from './folders';
import { step } from './progress';

const installLimitMs = 30 * 60_000;

/** A package of the project that depends on an n8n, and on a Node for Linux that runs it. */
export interface N8nPackage {
	/** Holds its package.json and package-lock.json. */
	folder: string;
	/** E.g. `n8n 2`. */
	title: string;
	/** Major versions of Node that may run it. */
	oldestNode: number;
	newestNode: number;
}

/** The demo's n8n. */
export const demoN8n: N8nPackage = {
	folder: demoFolder,
	title: 'n8n 2',
	oldestNode: 24,
	newestNode: Infinity,
};

const modulesOf = ({ folder }: N8nPackage) => join(folder, 'node_modules');
const stampOf = (n8n: N8nPackage) => join(modulesOf(n8n), '.demo-installed');
const driverOf = (n8n: N8nPackage) =>
	join(modulesOf(n8n), 'sqlite3', 'build', 'Release', 'node_sqlite3.node');

/** n8n's command line, to be run with `nodeForN8n()`. */
export const n8nProgram = (n8n: N8nPackage = demoN8n) => join(modulesOf(n8n), 'n8n', 'bin', 'n8n');

/**
 * The Node that n8n is run with: this one if n8n supports it, else the one that comes with the
 * package on Linux. Call it after `ensureN8n`. Throws DemoFailure where there is none.
 */
export function nodeForN8n(n8n: N8nPackage = demoN8n): string {
	const { title, oldestNode, newestNode } = n8n;
	const major = Number(process.versions.node.split('.')[0]);
	if (major >= oldestNode && major <= newestNode) return process.execPath;
	const bundled = join(modulesOf(n8n), `node-${process.platform}-${process.arch}`, 'bin', 'node');
	if (existsSync(bundled)) return bundled;
	const wanted = newestNode < Infinity ? `${oldestNode}` : `${oldestNode} or newer`;
	throw new DemoFailure(
		`${title} needs Node.js ${wanted}, this is ${process.version}, and a Node of its own comes with it only for Linux on x64 and arm64. Install Node.js ${oldestNode}, e.g. with "nvm install ${oldestNode}", and run this again.`,
	);
}

async function lockHash({ folder }: N8nPackage): Promise<string> {
	const hash = createHash('sha256');
	for (const file of ['package.json', 'package-lock.json']) {
		hash.update(await readFile(join(folder, file)));
	}
	return hash.digest('hex');
}

async function isReady(n8n: N8nPackage, wanted: string): Promise<boolean> {
	const parts = [n8nProgram(n8n), driverOf(n8n), stampOf(n8n)];
	return parts.every(existsSync) && (await readFile(stampOf(n8n), 'utf8')) === wanted;
}

/** What npm says is read where it fails, also under `npm run -s`. */
const npmFlags = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];

/** npm in the package's folder, with its downloads kept inside the project. */
async function npm({ folder }: N8nPackage, args: readonly string[]) {
	return await run('npm', [...args, ...npmFlags], {
		cwd: folder,
		env: {
			...process.env,
			npm_config_cache: join(cacheFolder, 'npm'),
			npm_config_devdir: join(cacheFolder, 'node-gyp'),
		},
		limitMs: installLimitMs,
	});
}

/** Asks the registry one question without trying again: `npm ci` would try for many minutes. */
async function checkRegistry(n8n: N8nPackage): Promise<void> {
	const question = ['view', 'n8n', 'name', '--fetch-retries=0', '--fetch-timeout=20000'];
	const asked = await npm(n8n, question);
	if (asked.code !== 0 && isNetworkTrouble(asked.output)) {
		throw new DemoFailure(explainNpm('npm view n8n', asked.output));
	}
}

/** `npm ci`, or where npm calls the lock file out of sync, an install that leaves it untouched. */
async function installModules(n8n: N8nPackage): Promise<void> {
	await checkRegistry(n8n);
	// Without --legacy-peer-deps npm spends over ten minutes on n8n's peer dependencies. The one without
	// which a node cannot be loaded, date-fns, is a dependency of the demo's package.
	const flags = ['--legacy-peer-deps', '--ignore-scripts'];
	const clean = await npm(n8n, ['ci', ...flags]);
	if (clean.code === 0) return;
	if (!/in sync|EUSAGE/.test(clean.output)) {
		throw new DemoFailure(explainNpm('npm ci', clean.output));
	}
	const loose = await npm(n8n, ['install', '--no-save', ...flags]);
	if (loose.code !== 0) throw new DemoFailure(explainNpm('npm install', loose.output));
}

/** n8n's database driver is the one dependency whose install script must run. */
async function buildDatabaseDriver(n8n: N8nPackage): Promise<void> {
	const rebuilt = await npm(n8n, ['rebuild', 'sqlite3', '--ignore-scripts=false']);
	if (rebuilt.code === 0 && existsSync(driverOf(n8n))) return;
	throw new DemoFailure(
		`${explainNpm('npm rebuild sqlite3', rebuilt.output)}\nWhere no prebuilt driver fits, it is compiled: that takes Python 3, make and a C++ compiler.`,
	);
}

/** Installs an n8n unless it is there as its lock file says. Throws DemoFailure. */
export async function ensureN8n(n8n: N8nPackage = demoN8n): Promise<void> {
	const wanted = await lockHash(n8n);
	if (await isReady(n8n, wanted)) return;
	const { title } = n8n;
	await step(`Install ${title} (once, a few minutes, 2 GB)`, async () => await installModules(n8n));
	await step(`Build ${title}'s database driver (once)`, async () => await buildDatabaseDriver(n8n));
	await writeFile(stampOf(n8n), wanted);
}
