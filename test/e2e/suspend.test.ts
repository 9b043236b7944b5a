import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { picturesFolder } from '../../demo/folders';
import { cacheFolder } from '../../tooling/n8n/folders';
import { itemsOf, N8nClient, type Workflow, type WorkflowNode } from '../../tooling/n8n/client';
import { ensureN8n } from '../../tooling/n8n/install';
import { startN8n, type RunningN8n } from '../../tooling/n8n/process';
import { ensurePackage, packageName } from '../../tooling/n8n/packageInstall';
import { freePort } from '../../tooling/n8n/ports';
import { startSimulator, type Simulator } from '../../simulator';
import { until } from '../../tooling/n8n/until';

const EXECUTIONS = 20;
const userFolder = join(cacheFolder, 'e2e', 'suspend');
const owner = {
	email: 'suspend@example.com',
	password: 'Suspend-n8n-1',
	firstName: 'Suspend',
	lastName: 'Test',
};

let simulator: Simulator;
let n8n: RunningN8n;
let client: N8nClient;
let port: number;
let credential: { id: string; name: string };

async function startInstance(): Promise<void> {
	n8n = await startN8n({
		userFolder,
		port,
		env: { N8N_RESTRICT_FILE_ACCESS_TO: picturesFolder },
	});
	client = new N8nClient(n8n.url);
	await client.signIn(owner);
}

/** Ends n8n as a crash does. */
async function kill(): Promise<void> {
	process.kill(n8n.pid, 'SIGKILL');
	await n8n.stop();
}

const node = (name: string, type: string, parameters = {}, typeVersion = 1) => ({
	id: name,
	name,
	type,
	typeVersion,
	position: [0, 0] as [number, number],
	parameters,
});

const changeBackground = (waitMode: string, credential: { id: string; name: string }) => ({
	...node('Change', `${packageName}.insightFaceSwap`, {
		resource: 'changeBackground',
		operation: 'create',
		prompt: 'sunny beach',
		waitMode,
	}),
	credentials: { useApiNetApi: credential },
});

const read = (files: string) =>
	node('Read', 'n8n-nodes-base.readWriteFile', { fileSelector: join(picturesFolder, files) }, 1.1);

const to = (name: string) => [{ node: name, type: 'main', index: 0 }];

const start = node('Start', 'n8n-nodes-base.manualTrigger');
const after = node('After', 'n8n-nodes-base.noOp');

/** Changes the background of one picture. */
const single = (id: string, change: WorkflowNode): Workflow => ({
	id,
	name: id,
	nodes: [start, read('portrait-a.png'), change, after],
	connections: {
		Start: { main: [to('Read')] },
		Read: { main: [to('Change')] },
		Change: { main: [to('After')] },
	},
	settings: { executionOrder: 'v1' },
});

/** Changes the backgrounds of all portraits, one after the other. */
const loop = (id: string, change: WorkflowNode): Workflow => ({
	id,
	name: id,
	nodes: [
		start,
		read('portrait-*.png'),
		node('Loop', 'n8n-nodes-base.splitInBatches', { options: {} }, 3),
		change,
		after,
	],
	connections: {
		Start: { main: [to('Read')] },
		Read: { main: [to('Loop')] },
		Loop: { main: [to('After'), to('Change')] },
		Change: { main: [to('Loop')] },
	},
	settings: { executionOrder: 'v1' },
});

const statusOf = async (id: string) => (await client.execution(id)).status;

beforeAll(async () => {
	simulator = await startSimulator({ asyncMs: 3_600_000, submitMs: 0 });
	await rm(userFolder, { recursive: true, force: true });
	await mkdir(userFolder, { recursive: true });
	await ensureN8n();
	await ensurePackage(userFolder);
	port = await freePort();
	await startInstance();
	const name = 'useapi.net';
	const data = { apiToken: simulator.token, baseUrl: simulator.url };
	credential = { id: await client.saveCredential({ name, type: 'useApiNetApi', data }), name };
}, 600_000);

beforeEach(() => simulator.reset());

afterAll(async () => {
	await n8n?.stop();
	await simulator?.close();
});

test(`${EXECUTIONS} suspended executions finish, though n8n is killed and started again`, async () => {
	await client.saveWorkflow(single('suspendTest00001', changeBackground('suspend', credential)));
	const ids: string[] = [];
	for (let run = 0; run < EXECUTIONS; run++) {
		const execution = await client.startWorkflow('suspendTest00001', 'Start');
		ids.push(execution);
		await until('the execution to wait', async () => (await statusOf(execution)) === 'waiting');
	}

	await kill();
	await startInstance();
	const running = simulator.jobs.map(({ jobid }) => jobid);
	expect(running).toHaveLength(EXECUTIONS);
	await until('the jobs to end', async () => {
		simulator.skipTime();
		return simulator.jobs.every((job) => job.status === 'completed');
	});

	for (const execution of ids) {
		const { status, ...ended } = await client.executionEnd(execution, 60_000);
		const [item] = itemsOf({ status, ...ended }, 'After');
		expect(status).toBe('success');
		expect(item?.json).toMatchObject({ status: 'completed', verified: true });
		expect(item?.binary?.data).toMatchObject({ mimeType: 'image/png' });
	}
	expect(simulator.jobs).toHaveLength(EXECUTIONS);
}, 600_000);

test.each(['suspend', 'none'])(
	'in a loop each item is submitted once (wait for result: %s)',
	async (waitMode) => {
		await client.saveWorkflow(loop('loopTest00000001', changeBackground(waitMode, credential)));
		const id = await client.startWorkflow('loopTest00000001', 'Start');
		await until('the execution to end', async () => {
			simulator.skipTime();
			return !['new', 'running', 'waiting'].includes(await statusOf(id));
		});
		const execution = await client.execution(id);
		expect(execution.error).toBeUndefined();
		const jobs = itemsOf(execution, 'After').map(({ json }) => json.jobId);
		expect(jobs.length).toBeGreaterThan(1);
		expect(jobs).toEqual(simulator.jobs.map(({ jobid }) => jobid));
	},
	120_000,
);
