import { join } from 'node:path';

import { picturesFolder } from '../../demo/folders';
import { startSimulator, type Simulator } from '../../simulator';
import { itemsOf, type Workflow, type WorkflowNode } from '../../tooling/n8n/client';
import type { N8nInstance } from '../../tooling/n8n/instance';
import { packageName } from '../../tooling/n8n/package';
import { until } from '../../tooling/n8n/until';
import { versions } from '../../tooling/n8n/versions';
import { startInstance } from './support/instance';

const EXECUTIONS = 20;

const node = (name: string, type: string, parameters = {}, typeVersion = 1) => ({
	id: name,
	name,
	type,
	typeVersion,
	position: [0, 0] as [number, number],
	parameters,
});

const changeBackground = (
	waitMode: string,
	credential: { id: string; name: string },
	additionalFields = {},
) => ({
	...node('Change', `${packageName}.insightFaceSwap`, {
		resource: 'changeBackground',
		operation: 'create',
		prompt: 'sunny beach',
		waitMode,
		additionalFields,
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

describe.each(versions)('Suspended executions of $title', (version) => {
	let simulator: Simulator;
	let n8n: N8nInstance;
	let credential: { id: string; name: string };

	const statusOf = async (id: string) => (await n8n.client.execution(id)).status;

	beforeAll(async () => {
		simulator = await startSimulator({ asyncMs: 3_600_000, submitMs: 0 });
		const env = { N8N_RESTRICT_FILE_ACCESS_TO: picturesFolder };
		n8n = await startInstance({ name: 'suspend', version, env });
		const name = 'useapi.net';
		const data = { apiToken: simulator.token, baseUrl: simulator.url };
		const id = await n8n.client.saveCredential({ name, type: 'useApiNetApi', data });
		credential = { id, name };
	});

	beforeEach(() => simulator.reset());

	afterAll(async () => {
		await n8n?.stop();
		await simulator?.close();
	});

	it(`finish, ${EXECUTIONS} of them, though n8n is killed and started again`, async () => {
		const { client } = n8n;
		await client.saveWorkflow(single('suspendTest00001', changeBackground('suspend', credential)));
		const ids: string[] = [];
		for (let run = 0; run < EXECUTIONS; run++) {
			const execution = await client.startWorkflow('suspendTest00001', 'Start');
			ids.push(execution);
			await until('the execution to wait', async () => (await statusOf(execution)) === 'waiting');
		}

		await n8n.kill();
		await n8n.restart();
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
	});

	it('go on without a callback, each with its own job, though all have one reference', async () => {
		const { client } = n8n;
		const change = changeBackground('suspend', credential, { replyRef: 'order-1' });
		await client.saveWorkflow(single('lostTest00000001', change));
		simulator.script({ match: { verb: 'changebg' }, callback: 'missing', times: 2 });
		const ids: string[] = [];
		for (let run = 0; run < 2; run++) {
			ids.push(await client.startWorkflow('lostTest00000001', 'Start'));
			await until('the execution to wait', async () => (await statusOf(ids[run]!)) === 'waiting');
		}
		const [own, other] = simulator.jobs;
		const foreign = await fetch(String(own?.replyUrl), {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ ...other, status: 'completed' }),
		});
		expect(foreign.status).toBe(401);
		expect(await statusOf(ids[0]!)).toBe('waiting');
		await until('the jobs to end', async () => {
			simulator.skipTime();
			return simulator.jobs.every((job) => job.status === 'completed');
		});
		const ended = await Promise.all(ids.map(async (id) => await client.executionEnd(id, 60_000)));
		const jobs = ended.map((execution) => itemsOf(execution, 'After')[0]?.json.jobId);
		expect(jobs).toEqual([own?.jobid, other?.jobid]);
		expect(simulator.callbacks).toEqual([]);
	});

	it.each(['suspend', 'none'])(
		'submit each item of a loop once (wait for result: %s)',
		async (waitMode) => {
			const { client } = n8n;
			await client.saveWorkflow(loop('loopTest00000001', changeBackground(waitMode, credential)));
			const id = await client.startWorkflow('loopTest00000001', 'Start');
			await until('the execution to end', async () => {
				simulator.skipTime();
				return !['new', 'running', 'waiting'].includes(await statusOf(id));
			});
			const execution = await client.executionEnd(id, 60_000);
			expect(execution.error).toBeUndefined();
			const jobs = itemsOf(execution, 'After').map(({ json }) => json.jobId);
			expect(jobs).toHaveLength(2);
			expect(jobs).toEqual(simulator.jobs.map(({ jobid }) => jobid));
		},
	);
});
