/** Builds this package, packs it, and installs it into an n8n as n8n itself installs a community package. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from './command';
import { UserError, explainNpm } from './failure';
import { cacheFolder, projectFolder } from './folders';
import { n8n2, type N8nVersion } from './versions';

export const packageName = 'n8n-nodes-insightfaceswap';

const commandLimitMs = 5 * 60_000;
const builds = join(cacheFolder, 'package');
const sources = ['nodes', 'credentials', 'icons'];
const sourceFiles = ['package.json', 'tsconfig.json', 'gulpfile.js', 'index.js', 'README.md'];

async function filesBelow(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { withFileTypes: true, recursive: true });
	return entries
		.filter((entry) => entry.isFile())
		.map(({ parentPath, name }) => join(parentPath, name));
}

/** A hash of everything the tarball is made of. */
async function sourceHash(): Promise<string> {
	const nested = await Promise.all(sources.map((name) => filesBelow(join(projectFolder, name))));
	const single = sourceFiles.map((name) => join(projectFolder, name));
	const hash = createHash('sha256');
	for (const path of [...nested.flat(), ...single].sort()) {
		hash.update(path.slice(projectFolder.length)).update(await readFile(path));
	}
	return hash.digest('hex');
}

async function npm(args: readonly string[], cwd: string): Promise<string> {
	const env = { npm_config_cache: join(cacheFolder, 'npm'), XDG_CACHE_HOME: cacheFolder };
	const { hasFailed, stdout, output } = await run('npm', args, {
		cwd,
		env,
		limitMs: commandLimitMs,
	});
	if (hasFailed) throw new UserError(explainNpm(`npm ${args.join(' ')}`, output));
	return stdout;
}

/** Packs the built package in the folder into `destination`. Gives the path of the tarball. */
export async function pack(folder: string, destination: string): Promise<string> {
	await mkdir(destination, { recursive: true });
	const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination];
	const [packed] = JSON.parse(await npm(args, folder)) as Array<{ filename: string }>;
	if (!packed) throw new UserError('"npm pack" made no tarball.');
	return join(destination, packed.filename);
}

/** The package as npm would publish it, built once for each state of the sources. Throws UserError. */
export async function currentTarball(): Promise<string> {
	const folder = join(builds, (await sourceHash()).slice(0, 16));
	const [known] = existsSync(folder) ? await readdir(folder) : [];
	if (known) return join(folder, known);
	await npm(['run', 'build'], projectFolder);
	const unfinished = `${folder}.${process.pid}`;
	const tarball = await pack(projectFolder, unfinished);
	await rename(unfinished, folder);
	return join(folder, basename(tarball));
}

/** Unpacks a tarball into a folder that holds nothing else. */
export async function extract(tarball: string, folder: string): Promise<void> {
	await rm(folder, { recursive: true, force: true });
	await mkdir(folder, { recursive: true });
	const { hasFailed, output } = await run(
		'tar',
		['-xzf', tarball, '-C', folder, '--strip-components=1'],
		{
			cwd: folder,
			limitMs: commandLimitMs,
		},
	);
	if (hasFailed) throw new UserError(`Could not unpack ${tarball}: ${output}`);
}

/**
 * Installs a tarball of this package into the n8n whose user folder is given. n8n would run npm for
 * its dependencies, of which it has none. n8n loads it at its next start.
 */
async function installTarball(tarball: string, userFolder: string): Promise<void> {
	const nodesFolder = join(userFolder, '.n8n', 'nodes');
	const target = join(nodesFolder, 'node_modules', packageName);
	await extract(tarball, target);
	const { version } = JSON.parse(await readFile(join(target, 'package.json'), 'utf8')) as {
		version: string;
	};
	// n8n keeps a list of its community packages beside them.
	const list = { name: 'installed-nodes', private: true, dependencies: { [packageName]: version } };
	await writeFile(join(nodesFolder, 'package.json'), JSON.stringify(list, null, 2));
}

/**
 * Has the package get n8n's own n8n-workflow, as everywhere else. In a folder of this project, Node would find
 * the project's copy first, whose classes n8n does not know.
 */
async function lendWorkflow(userFolder: string, version: N8nVersion): Promise<void> {
	const lent = join(userFolder, '.n8n', 'nodes', 'node_modules', 'n8n-workflow');
	await rm(lent, { force: true });
	await symlink(join(version.folder, 'node_modules', 'n8n-workflow'), lent);
}

/**
 * Makes sure that the n8n whose user folder is given has the package as the sources are now; builds
 * and packs only when they changed. Gives whether it had to. Throws UserError.
 */
export async function ensurePackage(userFolder: string, version = n8n2): Promise<boolean> {
	const stampFile = join(userFolder, 'package-sources.sha256');
	const manifest = join(userFolder, '.n8n', 'nodes', 'node_modules', packageName, 'package.json');
	const hash = await sourceHash();
	const known = existsSync(stampFile) ? await readFile(stampFile, 'utf8') : '';
	if (hash === known && existsSync(manifest)) return false;
	await installTarball(await currentTarball(), userFolder);
	await lendWorkflow(userFolder, version);
	await writeFile(stampFile, hash);
	return true;
}
