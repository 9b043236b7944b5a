/** Packed builds of this package, made from the sources as they are now. */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../tooling/n8n/command';
import { cacheFolder, projectFolder } from '../../../tooling/n8n/folders';
import { buildPackage, packageName, sourceHash } from '../../../tooling/n8n/packageInstall';

export { packageName };

/** n8n's names of the nodes. */
export const nodeTypes = {
	action: `${packageName}.insightFaceSwap`,
	trigger: `${packageName}.insightFaceSwapTrigger`,
};

interface Manifest {
	version: string;
	n8n: { nodes: string[] };
}

const builds = join(cacheFolder, 'e2e', 'package');
const shipped = ['dist', 'README.md', 'LICENSE', 'index.js'];
const commandLimitMs = 5 * 60_000;

const manifestOf = async (folder: string) =>
	JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;

/** A folder with what ships, built once for each state of the sources. */
async function built(): Promise<string> {
	const folder = join(builds, (await sourceHash()).slice(0, 16));
	if (existsSync(folder)) return folder;
	await buildPackage();
	const unfinished = `${folder}.${process.pid}`;
	await mkdir(unfinished, { recursive: true });
	for (const name of [...shipped, 'package.json'])
		await cp(join(projectFolder, name), join(unfinished, name), { recursive: true });
	await rename(unfinished, folder);
	return folder;
}

/**
 * A folder with the package as it was in an older version: without the trigger.
 * @param version e.g. `0.0.9`
 */
async function older(version: string): Promise<string> {
	const current = await built();
	const folder = `${current}-${version}`;
	const manifest = await manifestOf(current);
	const nodes = manifest.n8n.nodes.filter((file) => !file.includes('Trigger'));
	await rm(folder, { recursive: true, force: true });
	await cp(current, folder, { recursive: true });
	const changed = { ...manifest, version, n8n: { ...manifest.n8n, nodes } };
	await writeFile(join(folder, 'package.json'), JSON.stringify(changed, null, 2));
	return folder;
}

async function packed(folder: string): Promise<string> {
	const { version } = await manifestOf(folder);
	const tarball = join(folder, `${packageName}-${version}.tgz`);
	if (existsSync(tarball)) return tarball;
	const { code, output } = await run('npm', ['pack', '--ignore-scripts'], {
		cwd: folder,
		env: { ...process.env, npm_config_cache: join(cacheFolder, 'npm') },
		limitMs: commandLimitMs,
	});
	if (code !== 0) throw new Error(`npm pack failed:\n${output}`);
	return tarball;
}

/** The version that the sources are of. */
export const currentVersion = async () => (await manifestOf(projectFolder)).version;

/** The package as npm would publish it. */
export const currentTarball = async () => await packed(await built());

/** An earlier release of it, which had no trigger. */
export const olderTarball = async (version: string) => await packed(await older(version));
