/**
 * The development loop: the simulator and a real n8n with this package, which is built, installed and
 * loaded anew whenever a source changes. Executions, workflows and the simulator's jobs stay.
 */
import { existsSync, watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { simulatedApi, type Api } from '../demo/api';
import { loadExamples } from '../demo/examples';
import { demoFolder, outputFolder, picturesFolder } from '../demo/folders';
import { cacheFolder, projectFolder } from '../tooling/n8n/folders';
import { N8nClient, type Owner } from '../tooling/n8n/client';
import { ensureN8n } from '../tooling/n8n/install';
import { freePort } from '../tooling/n8n/ports';
import { startN8n, type RunningN8n } from '../tooling/n8n/process';
import { ensurePackage } from '../tooling/n8n/package';
import { passwordOf } from '../tooling/n8n/password';
import { say, step } from '../tooling/n8n/progress';

const userFolder = join(cacheFolder, 'dev');
const watched = ['nodes', 'credentials', 'icons'];
const editorPort = 5678;
/** Editors write a file in several steps, and save several files at once. */
const settleMs = 300;

const ownerOf = async (folder: string): Promise<Owner> => ({
	email: 'dev@example.com',
	password: await passwordOf(folder),
	firstName: 'Dev',
	lastName: 'Owner',
});

async function start(port: number): Promise<RunningN8n> {
	return await step('Start n8n', async () => {
		return await startN8n({
			userFolder,
			port,
			workingFolder: demoFolder,
			env: {
				N8N_RESTRICT_FILE_ACCESS_TO: `${picturesFolder};${outputFolder}`,
				N8N_LOG_LEVEL: 'debug',
			},
		});
	});
}

/** The credential for the simulator, and in a new n8n the demo's workflows to play with. */
async function setUp(client: N8nClient, api: Api, isNew: boolean): Promise<void> {
	await client.signIn(await ownerOf(userFolder));
	const credential = { name: api.credentialName, type: 'useApiNetApi' };
	const data = { apiToken: api.token, baseUrl: api.url };
	const id = await client.saveCredential({ ...credential, data });
	if (!isNew) return;
	for (const workflow of await loadExamples({ ...credential, id }, false)) {
		await client.saveWorkflow(workflow);
	}
}

/** Calls `changed` after each change of a source, once it has settled. */
function watchSources(changed: () => void): void {
	let timer: NodeJS.Timeout | undefined;
	for (const folder of watched) {
		watch(join(projectFolder, folder), { recursive: true }, () => {
			clearTimeout(timer);
			timer = setTimeout(changed, settleMs);
		});
	}
}

/** Builds and installs what has changed; gives whether n8n has something new to load. */
async function install(): Promise<boolean> {
	try {
		return await step('Build and install the package', async () => await ensurePackage(userFolder));
	} catch (error) {
		say(error instanceof Error ? error.message : String(error));
		say('n8n goes on with the last build. Waiting for the next change …');
		return false;
	}
}

function firstSignal(): Promise<void> {
	return new Promise((settle) => {
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
			process.once(signal, () => settle());
	});
}

/** Runs until Ctrl-C. Throws UserError for what a user can act on. */
export async function develop(): Promise<void> {
	const stopped = firstSignal();
	const isNew = !existsSync(join(userFolder, '.n8n', 'database.sqlite'));
	await ensureN8n();
	await Promise.all([userFolder, outputFolder].map((path) => mkdir(path, { recursive: true })));
	await ensurePackage(userFolder);
	const api = await simulatedApi();
	let n8n = await start(await freePort(editorPort));
	await setUp(new N8nClient(n8n.url), api, isNew);
	const { email, password } = await ownerOf(userFolder);
	say(`\nThe editor: ${n8n.url} (${email}, ${password})`);
	say(`The simulator: ${api.url} (token ${api.token})`);
	say(`n8n's log: ${n8n.logFile}`);
	say(`Watching ${watched.join(', ')}. Ctrl-C ends everything.\n`);

	// One reload after the other; a change during one is picked up by the next.
	let reloading = Promise.resolve();
	const reload = async () => {
		if (!(await install())) return;
		const port = Number(new URL(n8n.url).port);
		await n8n.stop();
		n8n = await start(port);
		say('Reload the editor in the browser.');
	};
	watchSources(() => {
		reloading = reloading.then(reload).catch((error: unknown) => say(String(error)));
	});
	await stopped;
	say('\nEnding n8n and the simulator');
	await n8n.stop();
	await api.close();
}
