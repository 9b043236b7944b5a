/** The demo: the API's simulator, a real n8n with the package installed, and example workflows. */
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mkdir } from 'node:fs/promises';
import { realApi, simulatedApi, type Api } from './api';
import {
	clearOutput,
	listen,
	listens,
	loadExamples,
	runExample,
	type Listener,
	type Outcome,
} from './examples';
import { UserError } from '../tooling/n8n/failure';
import { demoFolder, galleryFile, outputFolder, picturesFolder, userFolder } from './folders';
import { prepareGallery, writeGalleryFile } from './gallery';
import { N8nClient, type Execution, type Owner, type Workflow } from '../tooling/n8n/client';
import { ensureN8n } from '../tooling/n8n/install';
import { freePort } from '../tooling/n8n/ports';
import { startN8n, type RunningN8n } from '../tooling/n8n/process';
import { claimUserFolder } from './only-one';
import { ensurePackage } from '../tooling/n8n/package';
import { passwordOf } from '../tooling/n8n/password';
import { elapsed, say, step } from '../tooling/n8n/progress';
import { inspectResult } from './results';

export interface DemoOptions {
	/** End after the run instead of keeping the editor open. */
	once: boolean;
	/** Use the real API instead of the simulator. */
	live: boolean;
}

/** The account of an n8n that only this machine reaches. */
const ownerOf = async (folder: string): Promise<Owner> => ({
	email: 'demo@example.com',
	password: await passwordOf(folder),
	firstName: 'Demo',
	lastName: 'Owner',
});

const editorPort = 5678;
const exampleLimitMs = { simulated: 120_000, live: 600_000 };

/** What to end at the end, the last started first. */
const cleanups: Array<() => Promise<void>> = [];

async function cleanUp(): Promise<void> {
	for (const end of cleanups.splice(0).reverse()) await end();
}

async function startApi(live: boolean): Promise<Api> {
	const api = live ? realApi() : await step('Start the simulator', simulatedApi);
	cleanups.push(async () => await api.close());
	return api;
}

async function startEditor(): Promise<RunningN8n> {
	return await step('Start n8n', async () => {
		const running = await startN8n({
			userFolder,
			port: await freePort(editorPort),
			workingFolder: demoFolder,
			env: { N8N_RESTRICT_FILE_ACCESS_TO: `${picturesFolder};${outputFolder}` },
		});
		cleanups.push(async () => await running.stop());
		return running;
	});
}

/** Owner, credential and workflows, as a user would enter them. */
async function setUp(client: N8nClient, api: Api, live: boolean): Promise<Workflow[]> {
	const owner = await ownerOf(userFolder);
	await client.signIn(owner).catch((error: unknown) => {
		throw new UserError(
			`Could not sign in to the demo's n8n as ${owner.email}. If you changed its account, or an earlier version made it, delete ${userFolder} and run the demo again. (${reasonOf(error)})`,
		);
	});
	const credential = { name: api.credentialName, type: 'useApiNetApi' };
	const id = await client.saveCredential({
		...credential,
		data: { apiToken: api.token, baseUrl: api.url },
	});
	return await loadExamples({ ...credential, id }, live);
}

const shown = (file: string) => relative(process.cwd(), file);

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function sayFailure({ error, status, id }: Execution): void {
	const node = error?.node ? ` in the node "${error.node.name}"` : '';
	say(`      Execution ${id} ended with status ${status}${node}`);
	if (error) say(`      ${error.message}`);
	if (error?.description) say(`      ${error.description}`);
}

/** Says what a file shows; gives whether it is a result. */
async function sayResult(file: string): Promise<boolean> {
	try {
		say(`      ${shown(file)} (${await inspectResult(file)})`);
		return true;
	} catch (error) {
		say(`      ${shown(file)} is no result: ${reasonOf(error)}`);
		return false;
	}
}

const writes = ({ nodes }: Workflow) =>
	nodes.some(({ parameters }) => parameters.operation === 'write');

/** Says how an example ended and what it wrote; gives whether all is as it should be. */
async function report({ workflow, execution, files }: Outcome): Promise<boolean> {
	if (execution.status !== 'success') {
		sayFailure(execution);
		return false;
	}
	if (!writes(workflow)) return true;
	if (files.length === 0) say('      It wrote no file');
	const good = await Promise.all(files.map(sayResult));
	return files.length > 0 && good.every(Boolean);
}

/** Publishes the workflows that jobs start, so that they are there when the first job ends. */
async function startListeners(client: N8nClient, workflows: Workflow[]): Promise<Listener[]> {
	const listeners: Listener[] = [];
	for (const workflow of workflows.filter(listens)) {
		const publish = async () => await listen(client, workflow);
		const listener = await step(`Publish "${workflow.name}"`, publish);
		cleanups.push(async () => await listener.stop());
		listeners.push(listener);
	}
	return listeners;
}

async function reported(what: string, run: () => Promise<Outcome>): Promise<boolean> {
	const succeeded = ({ execution }: Outcome) => execution.status === 'success';
	return await report(await step(what, run, succeeded));
}

/** One after the other: at once they might meet on one channel, which runs one job at a time. */
async function runExamples(client: N8nClient, workflows: Workflow[], live: boolean) {
	const limitMs = live ? exampleLimitMs.live : exampleLimitMs.simulated;
	const listeners = await startListeners(client, workflows);
	let allGood = true;
	for (const workflow of workflows.filter((one) => !listens(one))) {
		const run = async () => await runExample(client, workflow, limitMs);
		if (!(await reported(`Run "${workflow.name}"`, run))) allGood = false;
	}
	for (const { workflow, outcome } of listeners) {
		const wait = async () => await outcome(limitMs);
		if (!(await reported(`See a job start "${workflow.name}"`, wait))) allGood = false;
	}
	return allGood;
}

/** Installs, starts and runs everything; gives the address of the editor and how the run went. */
async function demonstrate(live: boolean): Promise<{ n8n: RunningN8n; good: boolean }> {
	await ensureN8n();
	await mkdir(userFolder, { recursive: true });
	cleanups.push(await claimUserFolder(userFolder));
	await clearOutput();
	await prepareGallery();
	await step('Build and install the package', async () => await ensurePackage(userFolder));
	const [api, n8n] = await Promise.all([startApi(live), startEditor()]);
	const client = new N8nClient(n8n.url);
	const workflows = await setUp(client, api, live);
	const good = await runExamples(client, workflows, live);
	if (good && !live) await step('Put the gallery into one file', writeGalleryFile);
	return { n8n, good };
}

function sayEnd(good: boolean, live: boolean): void {
	say(good ? `Done in ${elapsed()}: results in ${shown(outputFolder)}/` : 'The demo failed.');
	if (good && !live) say(`The gallery, to open in a browser: ${pathToFileURL(galleryFile).href}`);
}

/** Settles when the user presses Ctrl-C, the terminal closes, or n8n ends by itself. */
async function untilStopped({ url, ended }: RunningN8n, stopped: Promise<void>): Promise<void> {
	say(`\nThe editor: ${url}`);
	const { email, password } = await ownerOf(userFolder);
	say(`Sign in as ${email} with the password ${password}`);
	say('Ctrl-C ends the demo.');
	await Promise.race([
		stopped,
		ended.then((code) => {
			throw new UserError(`n8n ended by itself (code ${code}). Its log: ${userFolder}/n8n.log`);
		}),
	]);
}

/** Settles at the first signal to end. */
function firstSignal(): Promise<void> {
	return new Promise((settle) => {
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
			process.on(signal, () => settle());
	});
}

/** Runs the demo. Sets the exit code; throws UserError for what a user can act on. */
export async function main({ once, live }: DemoOptions): Promise<void> {
	if (live) realApi();
	const stopped = firstSignal();
	const interrupted = stopped.then(() => undefined);
	try {
		const result = await Promise.race([demonstrate(live), interrupted]);
		if (!result) {
			process.exitCode = 130;
			return;
		}
		sayEnd(result.good, live);
		if (!result.good) process.exitCode = 1;
		if (!once) await untilStopped(result.n8n, stopped);
	} finally {
		if (cleanups.length > 0) say('Ending n8n and the simulator');
		await cleanUp();
	}
}
