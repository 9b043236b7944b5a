/** A real n8n in a folder of its own, signed in. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../../tooling/n8n/folders';
import type { Owner } from '../../../tooling/n8n/client';
import { ensureN8n } from '../../../tooling/n8n/install';
import { startN8n, type RunningN8n } from '../../../tooling/n8n/process';
import { installTarball } from '../../../tooling/n8n/packageInstall';
import { E2eClient } from './client';
import { currentTarball } from './package';
import { n8n2, type N8nVersion } from '../../../tooling/n8n/versions';

export const owner: Owner = {
	email: 'owner@example.com',
	password: 'Owner-of-n8n-1',
	firstName: 'Olga',
	lastName: 'Owner',
};

export interface InstanceOptions {
	/** Folder below .cache/e2e; one instance at a time may have it. */
	name: string;
	version?: N8nVersion;
	env?: Record<string, string>;
	/** Where relative paths in workflows start; the user folder if left out. */
	workingFolder?: string;
	/** npm's settings where n8n runs it for community packages. */
	npmrc?: string;
	/** Whether this package is installed in it; default true. */
	withPackage?: boolean;
}

export interface Instance {
	n8n: RunningN8n;
	client: E2eClient;
	/** Everything that n8n writes lies in here. */
	userFolder: string;
	stop(): Promise<void>;
}

const e2eFolder = join(cacheFolder, 'e2e');

/** A folder below .cache/e2e with nothing in it. */
export async function emptyFolder(name: string): Promise<string> {
	const folder = join(e2eFolder, name);
	await rm(folder, { recursive: true, force: true });
	await mkdir(folder, { recursive: true });
	return folder;
}

/** Compiled code is kept from run to run: that halves the time of a start. */
export const compileCache = ({ title }: N8nVersion) => ({
	NODE_COMPILE_CACHE: join(e2eFolder, 'compiled', title.replace(/\W/g, '')),
});

async function writeNpmrc(userFolder: string, settings: string): Promise<void> {
	const folder = join(userFolder, '.n8n', 'nodes');
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, '.npmrc'), settings);
}

/** Starts an n8n that knows nothing, but this package. */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
	const { name, version = n8n2, withPackage = true, workingFolder } = options;
	const userFolder = await emptyFolder(name);
	await ensureN8n(version);
	if (withPackage) await installTarball(await currentTarball(), userFolder);
	if (options.npmrc) await writeNpmrc(userFolder, options.npmrc);
	const env = { ...compileCache(version), ...options.env };
	const n8n = await startN8n({ userFolder, version, workingFolder, env });
	const client = new E2eClient(n8n.url);
	await client.signIn(owner);
	return { n8n, client, userFolder, stop: async () => await n8n.stop() };
}
