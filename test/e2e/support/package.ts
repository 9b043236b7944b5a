/** The package's names, and releases of it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFolder } from '../../../tooling/n8n/folders';
import { currentTarball, extract, pack, packageName } from '../../../tooling/n8n/package';
import { emptyFolder } from './instance';

/** n8n's names of the nodes. */
export const nodeTypes = {
	action: `${packageName}.insightFaceSwap`,
	trigger: `${packageName}.insightFaceSwapTrigger`,
};

interface Manifest {
	version: string;
	n8n: { nodes: string[] };
}

const manifestOf = async (folder: string) =>
	JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;

/** The version that the sources are of. */
export const currentVersion = async () => (await manifestOf(projectFolder)).version;

/**
 * The package as it was in an older version: without the trigger.
 * @param version e.g. `0.0.9`
 */
export async function olderTarball(version: string): Promise<string> {
	const folder = await emptyFolder('older-package');
	await extract(await currentTarball(), folder);
	const manifest = await manifestOf(folder);
	const nodes = manifest.n8n.nodes.filter((file) => !file.includes('Trigger'));
	const older = { ...manifest, version, n8n: { ...manifest.n8n, nodes } };
	await writeFile(join(folder, 'package.json'), JSON.stringify(older, null, 2));
	return await pack(folder, folder);
}
