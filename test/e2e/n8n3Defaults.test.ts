/**
 * What n8n 3 does by default, in n8n 2: n8n 3 itself is not in the npm registry. Where files are kept is also
 * the default of n8n 2. `startQueue` has workers run what is started by hand. The rest are `settings`.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { picturesFolder } from '../../demo/folders';
import type { Simulator } from '../../simulator';
import { itemsOf, type Execution, type N8nClient, type Workflow } from '../../tooling/n8n/client';
import { projectFolder } from '../../tooling/n8n/folders';
import type { N8nInstance } from '../../tooling/n8n/instance';
import { startQueue, type Queue } from '../../tooling/n8n/queue';
import { resultOf, sha256, startApi, uploadsTo } from './support/api';
import { saveModel, startChatModel, type ChatModel } from './support/chatModel';
import { emptyFolder, startInstance } from './support/instance';
import {
	action,
	agentWith,
	chain,
	manualStart,
	readFiles,
	type Credentials,
} from './support/workflows';

const LIMIT_MS = 120_000;
const type = 'useApiNetApi';
const portrait = join(picturesFolder, 'portrait-a.png');

const settings = {
	// Or n8n 3 would not load a package that n8n has not verified.
	N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
	// n8n 3 gives a task of a task runner 60 seconds. With one second, a test need not wait so long.
	N8N_RUNNERS_TASK_TIMEOUT: '1',
	N8N_RESTRICT_FILE_ACCESS_TO: picturesFolder,
};

let api: Simulator;

beforeAll(async () => {
	api = await startApi({ channels: 1 });
});

afterAll(async () => {
	await api?.close();
});

async function saveCredential(client: N8nClient): Promise<Credentials> {
	const data = { apiToken: api.token, baseUrl: api.url };
	return { [type]: { id: await client.saveCredential({ name: type, type, data }), name: type } };
}

async function run(client: N8nClient, workflow: Workflow): Promise<Execution> {
	await client.saveWorkflow(workflow);
	const id = await client.startWorkflow(workflow.id, manualStart.name);
	return await client.executionEnd(id, LIMIT_MS);
}

/** Swaps a face in a picture that n8n has read before. */
async function swap(client: N8nClient): Promise<Execution> {
	const parameters = { targetImage: { __rl: true, mode: 'binary', value: 'data' } };
	const node = action('picsi/swap', await saveCredential(client), parameters);
	return await run(client, chain('swap', manualStart, readFiles(portrait), node));
}

/** Where n8n keeps what the nodes of that execution put out. */
const placesOf = (execution: Execution) =>
	['Read Files', 'InsightFaceSwap'].map((node) =>
		String(itemsOf(execution, node)[0]?.binary?.data?.id),
	);

async function expectWholePictures(client: N8nClient, execution: Execution): Promise<void> {
	const [item] = itemsOf(execution, 'InsightFaceSwap');
	const job = api.jobs.find(({ jobid }) => jobid === item?.json.jobId);
	const sent = sha256(await readFile(portrait));
	const [upload] = uploadsTo(api, '/v1/faceswap/picsi').slice(-1);
	expect(upload).toEqual({ source_image: sent, target_image_gif_or_video: sent });
	expect(sha256(await client.bytesOf(item))).toBe(job && (await resultOf(job)));
}

/** What n8n says about its next version. */
interface Report {
	report: { workflowResults: Array<{ ruleId: string; nbAffectedWorkflows: number }> };
}

async function examples(): Promise<Workflow[]> {
	const folder = join(projectFolder, 'examples');
	const files = (await readdir(folder)).filter((name) => name.endsWith('.json'));
	const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
	const workflows = texts.map((text) => JSON.parse(text) as Workflow);
	// Theirs are placeholders, which n8n does not know.
	for (const { nodes } of workflows) for (const node of nodes) delete node.credentials;
	return workflows;
}

describe('in queue mode', () => {
	let queue: Queue;
	let execution: Execution;

	beforeAll(async () => {
		const folder = await emptyFolder('n8n-3-queue');
		queue = await startQueue({ folder, workers: 1, webhookProcesses: 0, env: settings });
		execution = await swap(queue.client);
	});

	afterAll(async () => {
		await queue?.stop();
	});

	it('a swap that is started by hand runs on a worker', async () => {
		const log = await readFile(queue.workers[0]?.logFile ?? '', 'utf8');
		expect(log).toContain(`Worker finished execution ${execution.id}`);
		expect(execution.status).toBe('success');
	});

	it('the picture comes from the database, and the result goes there', async () => {
		expect(placesOf(execution)).toEqual([
			expect.stringMatching(/^database:/),
			expect.stringMatching(/^database:/),
		]);
		await expectWholePictures(queue.client, execution);
	});
});

describe('in one process', () => {
	let instance: N8nInstance;
	let model: ChatModel;

	beforeAll(async () => {
		model = await startChatModel();
		instance = await startInstance({ name: 'n8n-3', env: settings });
	});

	afterAll(async () => {
		await instance?.stop();
		await model?.close();
	});

	it('the picture comes from the storage folder, and the result goes there', async () => {
		const execution = await swap(instance.client);
		await expectWholePictures(instance.client, execution);
		for (const place of placesOf(execution)) {
			const file = join(
				instance.userFolder,
				'.n8n',
				'storage',
				place.replace(/^filesystem.*:/, ''),
			);
			expect(await readFile(file)).not.toHaveLength(0);
		}
	});

	it('the time limit of task runners does not end a job that takes longer', async () => {
		api.settings.blockingMs = 3000;
		const { status } = await swap(instance.client);
		api.settings.blockingMs = 0;
		expect(status).toBe('success');
	});

	it('an AI agent of the newest version gets the channels from its tool', async () => {
		const { client } = instance;
		const tool = action('account/getAll', await saveCredential(client));
		const agent = agentWith('agent', tool, await saveModel(client, model), 3.1);
		const execution = await run(client, agent);
		expect(execution.status).toBe('success');
		expect(model.toolAnswers.at(-1)).toContain(api.channels[0]);
	});

	it('n8n sees no node in the examples that n8n 3 changes', async () => {
		const { client } = instance;
		for (const workflow of await examples()) await client.saveWorkflow(workflow);
		// Agents of version 1 are gone in n8n 3: a report without this one would say nothing.
		await client.saveWorkflow(agentWith('old-agent', action('account/getAll', {}), {}, 1));
		const { report } = await client.request<Report>('GET', '/breaking-changes/report?version=v3');
		expect(report.workflowResults).toEqual([
			expect.objectContaining({ ruleId: 'agent-removed-modes-v3', nbAffectedWorkflows: 1 }),
		]);
	});
});
