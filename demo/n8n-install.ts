/** The demo's own n8n: installed into demo/node_modules, run by a Node that it supports. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command';
import { DemoFailure, explainNpm, isNetworkTrouble } from './failure';
import { cacheFolder, demoFolder } from './folders';
import { step } from './progress';

/** The oldest major version of Node that n8n 2 runs on. */
const oldestNode = 24;
const installLimitMs = 30 * 60_000;
const modules = join(demoFolder, 'node_modules');
const stampFile = join(modules, '.demo-installed');
const sqliteBinary = join(modules, 'sqlite3', 'build', 'Release', 'node_sqlite3.node');

/** n8n's command line, to be run with `nodeForN8n()`. */
export const n8nProgram = join(modules, 'n8n', 'bin', 'n8n');

/**
 * The Node that n8n is run with: this one if it is new enough, else the one that comes with the
 * demo's dependencies on Linux. Call it after `ensureN8n`. Throws DemoFailure where there is none.
 */
export function nodeForN8n(): string {
	if (Number(process.versions.node.split('.')[0]) >= oldestNode) return process.execPath;
	const bundled = join(modules, `node-${process.platform}-${process.arch}`, 'bin', 'node');
	if (existsSync(bundled)) return bundled;
	throw new DemoFailure(
		`n8n 2 needs Node.js ${oldestNode} or newer, this is ${process.version}, and the demo brings its own only for Linux on x64 and arm64. Install Node.js ${oldestNode}, e.g. with "nvm install ${oldestNode}", and run the demo again.`,
	);
}

async function lockHash(): Promise<string> {
	const hash = createHash('sha256');
	for (const file of ['package.json', 'package-lock.json']) {
		hash.update(await readFile(join(demoFolder, file)));
	}
	return hash.digest('hex');
}

async function isReady(wanted: string): Promise<boolean> {
	if (!existsSync(n8nProgram) || !existsSync(sqliteBinary) || !existsSync(stampFile)) return false;
	return (await readFile(stampFile, 'utf8')) === wanted;
}

/** npm in the demo's folder, with its downloads kept inside the project. */
async function npm(args: readonly string[]) {
	return await run('npm', [...args, '--no-audit', '--no-fund', '--no-progress'], {
		cwd: demoFolder,
		env: {
			...process.env,
			npm_config_cache: join(cacheFolder, 'npm'),
			npm_config_devdir: join(cacheFolder, 'node-gyp'),
		},
		limitMs: installLimitMs,
	});
}

/** Asks the registry one question without trying again: `npm ci` would try for many minutes. */
async function checkRegistry(): Promise<void> {
	const asked = await npm(['view', 'n8n', 'name', '--fetch-retries=0', '--fetch-timeout=20000']);
	if (asked.code !== 0 && isNetworkTrouble(asked.output)) {
		throw new DemoFailure(explainNpm('npm view n8n', asked.output));
	}
}

/** `npm ci`, or where npm calls the lock file out of sync, an install that leaves it untouched. */
async function installModules(): Promise<void> {
	await checkRegistry();
	// Without --legacy-peer-deps npm spends over ten minutes on n8n's peer dependencies.
	const flags = ['--legacy-peer-deps', '--ignore-scripts'];
	const clean = await npm(['ci', ...flags]);
	if (clean.code === 0) return;
	if (!/in sync|EUSAGE/.test(clean.output)) {
		throw new DemoFailure(explainNpm('npm ci', clean.output));
	}
	const loose = await npm(['install', '--no-save', ...flags]);
	if (loose.code !== 0) throw new DemoFailure(explainNpm('npm install', loose.output));
}

/** n8n's database driver is the one dependency whose install script must run. */
async function buildDatabaseDriver(): Promise<void> {
	const rebuilt = await npm(['rebuild', 'sqlite3', '--ignore-scripts=false']);
	if (rebuilt.code === 0 && existsSync(sqliteBinary)) return;
	throw new DemoFailure(
		`${explainNpm('npm rebuild sqlite3', rebuilt.output)}\nWhere no prebuilt driver fits, it is compiled: that takes Python 3, make and a C++ compiler.`,
	);
}

/** Installs the demo's n8n unless it is there as the lock file says. Throws DemoFailure. */
export async function ensureN8n(): Promise<void> {
	const wanted = await lockHash();
	if (await isReady(wanted)) return;
	await step('Install n8n (once, a few minutes, 2 GB)', installModules);
	await step("Build n8n's database driver (once)", buildDatabaseDriver);
	await writeFile(stampFile, wanted);
}
