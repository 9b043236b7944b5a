/** An n8n that knows nothing but this package, in a folder below .cache/e2e. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../../tooling/n8n/folders';
import { N8nInstance, type InstanceOptions } from '../../../tooling/n8n/instance';

export interface EmptyInstanceOptions extends Omit<InstanceOptions, 'userFolder'> {
	/** Of its folder; one instance at a time may have it. */
	name: string;
	/** npm's settings where n8n runs it for community packages. */
	npmrc?: string;
}

/** A folder below .cache/e2e with nothing in it. */
export async function emptyFolder(name: string): Promise<string> {
	const folder = join(cacheFolder, 'e2e', name);
	await rm(folder, { recursive: true, force: true });
	await mkdir(folder, { recursive: true });
	return folder;
}

async function writeNpmrc(userFolder: string, settings: string): Promise<void> {
	const folder = join(userFolder, '.n8n', 'nodes');
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, '.npmrc'), settings);
}

export async function startInstance(options: EmptyInstanceOptions): Promise<N8nInstance> {
	const { name, npmrc, ...rest } = options;
	const userFolder = await emptyFolder(name);
	if (npmrc) await writeNpmrc(userFolder, npmrc);
	return await N8nInstance.start({ ...rest, userFolder });
}
