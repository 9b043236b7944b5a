/** Builds this package and installs it into an n8n as n8n itself installs a community package. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command';
import { UserError, explainNpm } from './failure';
import { cacheFolder, projectFolder } from './folders';

export const packageName = 'n8n-nodes-insightfaceswap';

const commandLimitMs = 5 * 60_000;
const sources = ['nodes', 'credentials', 'icons'];
const sourceFiles = ['package.json', 'tsconfig.json', 'gulpfile.js', 'index.js', 'README.md'];

/** The manifest's fields that matter here. */
interface Manifest {
	version: string;
	dependencies?: Record<string, string>;
	devDependencies?: unknown;
	peerDependencies?: unknown;
	optionalDependencies?: unknown;
}

async function filesBelow(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { withFileTypes: true });
	const nested = entries.map(async (entry) => {
		const path = join(folder, entry.name);
		return entry.isDirectory() ? await filesBelow(path) : [path];
	});
	return (await Promise.all(nested)).flat().sort();
}

/** A hash of everything the tarball is made of. */
export async function sourceHash(): Promise<string> {
	const nested = await Promise.all(sources.map((name) => filesBelow(join(projectFolder, name))));
	const single = sourceFiles
		.map((name) => join(projectFolder, name))
		.filter((path) => existsSync(path));
	const hash = createHash('sha256');
	for (const path of [...nested.flat(), ...single]) {
		hash.update(path.slice(projectFolder.length)).update(await readFile(path));
	}
	return hash.digest('hex');
}

async function npm(args: readonly string[], cwd: string): Promise<string> {
	const env = {
		...process.env,
		npm_config_cache: join(cacheFolder, 'npm'),
		XDG_CACHE_HOME: cacheFolder,
	};
	const { code, stdout, output } = await run('npm', args, { cwd, env, limitMs: commandLimitMs });
	if (code !== 0) throw new UserError(explainNpm(`npm ${args.join(' ')}`, output));
	return stdout;
}

/** `npm run build`. Throws UserError with the compiler's words. */
export async function buildPackage(): Promise<void> {
	await npm(['run', 'build'], projectFolder);
}

/** Packs the built package into the folder and gives the tarball's path. */
export async function packPackage(folder: string): Promise<string> {
	await mkdir(folder, { recursive: true });
	const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
	const [packed] = JSON.parse(await npm(args, projectFolder)) as Array<{ filename: string }>;
	if (!packed) throw new UserError('"npm pack" made no tarball.');
	return join(folder, packed.filename);
}

async function extract(tarball: string, folder: string): Promise<void> {
	await rm(folder, { recursive: true, force: true });
	await mkdir(folder, { recursive: true });
	const { code, output } = await run(
		'tar',
		['-xzf', tarball, '-C', folder, '--strip-components=1'],
		{
			cwd: folder,
			limitMs: commandLimitMs,
		},
	);
	if (code !== 0) throw new UserError(`Could not unpack ${tarball}: ${output}`);
}

/** As n8n does: only `dependencies` are left for npm to install. */
async function installDependencies(folder: string): Promise<Manifest> {
	const path = join(folder, 'package.json');
	const manifest = JSON.parse(await readFile(path, 'utf8')) as Manifest;
	const { devDependencies, peerDependencies, optionalDependencies, ...kept } = manifest;
	await writeFile(path, JSON.stringify(kept, null, 2));
	if (Object.keys(kept.dependencies ?? {}).length > 0) {
		const flags = ['--bin-links=false', '--install-strategy=shallow', '--ignore-scripts=true'];
		await npm(
			['install', '--audit=false', '--fund=false', '--package-lock=false', ...flags],
			folder,
		);
	}
	return manifest;
}

interface InstalledNodes {
	name: string;
	private: boolean;
	dependencies?: Record<string, string>;
}

/** n8n keeps a list of its community packages beside them. */
async function enlist(nodesFolder: string, version: string): Promise<void> {
	const path = join(nodesFolder, 'package.json');
	const list: InstalledNodes = existsSync(path)
		? (JSON.parse(await readFile(path, 'utf8')) as InstalledNodes)
		: { name: 'installed-nodes', private: true };
	const dependencies = { ...list.dependencies, [packageName]: version };
	await writeFile(path, JSON.stringify({ ...list, dependencies }, null, 2));
}

/**
 * Installs a packed tarball of this package into the n8n whose user folder is given, as n8n's own
 * community package service does: unpack, drop development and peer dependencies, install the rest
 * without scripts, add it to the list. n8n loads it at its next start.
 */
export async function installTarball(tarball: string, userFolder: string): Promise<void> {
	const nodesFolder = join(userFolder, '.n8n', 'nodes');
	const target = join(nodesFolder, 'node_modules', packageName);
	const unpacked = join(nodesFolder, `${packageName}.new`);
	await extract(tarball, unpacked);
	const { version } = await installDependencies(unpacked);
	await rm(target, { recursive: true, force: true });
	await mkdir(join(nodesFolder, 'node_modules'), { recursive: true });
	await rename(unpacked, target);
	await enlist(nodesFolder, version);
}

/**
 * Makes sure that the n8n whose user folder is given has the package as the sources are now; builds
 * and packs only when they changed. Gives whether it had to. Throws UserError.
 */
export async function ensurePackage(userFolder: string): Promise<boolean> {
	const stampFile = join(userFolder, 'package-sources.sha256');
	const manifest = join(userFolder, '.n8n', 'nodes', 'node_modules', packageName, 'package.json');
	const hash = await sourceHash();
	const known = existsSync(stampFile) ? await readFile(stampFile, 'utf8') : '';
	if (hash === known && existsSync(manifest)) return false;
	await buildPackage();
	const tarball = await packPackage(join(userFolder, 'package'));
	await installTarball(tarball, userFolder);
	await writeFile(stampFile, hash);
	return true;
}
