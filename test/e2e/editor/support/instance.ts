/** An n8n with the package installed, fresh, signed in, and beside it a simulated API. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, demoFolder, picturesFolder } from '../../../../demo/folders';
import { N8nClient, type Owner } from '../../../../demo/n8n-client';
import { demoN8n, ensureN8n, type N8nPackage } from '../../../../demo/n8n-install';
import { startN8n } from '../../../../demo/n8n-process';
import { ensurePackage } from '../../../../demo/package-install';
import { startSimulator, type Settings, type Simulator } from '../../../../simulator';

export const owner: Owner = {
	email: 'editor@example.com',
	password: 'Editor-n8n-1',
	firstName: 'Edith',
	lastName: 'Owner',
};

export interface Instance {
	/** Address of the editor, without a slash at the end. */
	url: string;
	client: N8nClient;
	simulator: Simulator;
	/** The credential for the simulator, as nodes name it. */
	credential: { id: string; name: string };
	stop(): Promise<void>;
}

export interface InstanceOptions {
	/** Folder below .cache/e2e in which this n8n lives; it may belong to one instance at a time. */
	name: string;
	n8n?: N8nPackage;
	env?: Record<string, string>;
	api?: Partial<Settings>;
}

/** What was entered or run before; the installed package and n8n's caches stay. */
async function forget(userFolder: string): Promise<void> {
	const home = join(userFolder, '.n8n');
	const entered = ['database.sqlite', 'database.sqlite-shm', 'database.sqlite-wal', 'binaryData'];
	for (const name of entered) await rm(join(home, name), { recursive: true, force: true });
}

/** Starts both; n8n reads the demo's pictures as `pictures/….png`. */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
	const { name, n8n: n8nPackage = demoN8n, env, api } = options;
	const userFolder = join(cacheFolder, 'e2e', name);
	await mkdir(userFolder, { recursive: true });
	await ensureN8n(n8nPackage);
	await ensurePackage(userFolder);
	await forget(userFolder);
	const n8n = await startN8n({
		userFolder,
		n8n: n8nPackage,
		workingFolder: demoFolder,
		env: { N8N_RESTRICT_FILE_ACCESS_TO: picturesFolder, ...env },
	});
	const simulator = await startSimulator(api);
	const stop = async () => {
		await n8n.stop();
		await simulator.close();
	};
	try {
		const client = new N8nClient(n8n.url);
		await client.signIn(owner);
		const credential = await enterCredential(client, simulator);
		return { url: n8n.url, client, simulator, credential, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

async function enterCredential(client: N8nClient, { token, url }: Simulator) {
	const name = 'useapi.net';
	const data = { apiToken: token, baseUrl: url };
	return { name, id: await client.saveCredential({ name, type: 'useApiNetApi', data }) };
}
