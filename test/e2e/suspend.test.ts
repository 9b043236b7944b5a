import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { cacheFolder, picturesFolder } from '../../demo/folders';
import { itemsOf, N8nClient, type Workflow } from '../../demo/n8n-client';
import { ensureN8n } from '../../demo/n8n-install';
import { startN8n, type RunningN8n } from '../../demo/n8n-process';
import { ensurePackage, packageName } from '../../demo/package-install';
import { freePort } from '../../demo/ports';
import { startSimulator, type Simulator } from '../../simulator';

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

async function start(): Promise<void> {
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

function workflow(id: string, credential: { id: string; name: string }): Workflow {
	const node = (name: string, type: string, parameters = {}, typeVersion = 1) => ({
		id: name,
		name,
		type,
		typeVersion,
		position: [0, 0] as [number, number],
		parameters,
	});
	const to = (name: string) => ({ main: [[{ node: name, type: 'main', index: 0 }]] });
	return {
		id,
		name: id,
		nodes: [
			node('Start', 'n8n-nodes-base.manualTrigger'),
			node(
				'Read',
				'n8n-nodes-base.readWriteFile',
				{ fileSelector: join(picturesFolder, 'portrait-a.png') },
				1.1,
			),
			{
				...node('Change', `${packageName}.insightFaceSwap`, {
					resource: 'changeBackground',
					operation: 'create',
					prompt: 'sunny beach',
					waitMode: 'suspend',
				}),
				credentials: { useApiNetApi: credential },
			},
			node('After', 'n8n-nodes-base.noOp'),
		],
		connections: { Start: to('Read'), Read: to('Change'), Change: to('After') },
		settings: { executionOrder: 'v1' },
	};
}

async function until(happened: () => Promise<boolean>, limitMs = 60_000): Promise<void> {
	for (const end = Date.now() + limitMs; Date.now() < end;) {
		if (await happened()) return;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	throw new Error('It did not happen in time');
}

const statusOf = async (id: string) => (await client.execution(id)).status;

beforeAll(async () => {
	simulator = await startSimulator({ asyncMs: 3_600_000, submitMs: 0 });
	await rm(userFolder, { recursive: true, force: true });
	await mkdir(userFolder, { recursive: true });
	await ensureN8n();
	await ensurePackage(userFolder);
	port = await freePort();
	await start();
}, 600_000);

afterAll(async () => {
	await n8n?.stop();
	await simulator?.close();
});

test(`${EXECUTIONS} suspended executions finish, though n8n is killed and started again`, async () => {
	const name = 'useapi.net';
	const id = await client.saveCredential({
		name,
		type: 'useApiNetApi',
		data: { apiToken: simulator.token, baseUrl: simulator.url },
	});
	await client.saveWorkflow(workflow('suspendTest00001', { id, name }));
	const ids: string[] = [];
	for (let run = 0; run < EXECUTIONS; run++) {
		const execution = await client.startWorkflow('suspendTest00001', 'Start');
		ids.push(execution);
		await until(async () => (await statusOf(execution)) === 'waiting');
	}

	await kill();
	await start();
	const running = simulator.jobs.map(({ jobid }) => jobid);
	expect(running).toHaveLength(EXECUTIONS);
	await until(async () => {
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
