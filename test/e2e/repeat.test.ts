/** What n8n runs again, in both versions of n8n: each job is paid once, and each item gets its result. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';

import { picturesFolder } from '../../demo/folders';
import type { Simulator } from '../../simulator';
import {
	itemsOf,
	type Execution,
	type ExecutionItem,
	type N8nClient,
} from '../../tooling/n8n/client';
import type { N8nInstance } from '../../tooling/n8n/instance';
import { startQueue, type Queue } from '../../tooling/n8n/queue';
import { until } from '../../tooling/n8n/until';
import { n8n1, n8n2, versions } from '../../tooling/n8n/versions';
import { registered, resultOf, sha256, startApi } from './support/api';
import { holds } from './support/leaks';
import { emptyFolder, startInstance } from './support/instance';
import {
	action,
	chain,
	doNothing,
	jobTrigger,
	manualStart,
	readFiles,
	type Credentials,
} from './support/workflows';

const LIMIT_MS = 120_000;
const ITEMS = 5;
const type = 'useApiNetApi';
const NODE = 'InsightFaceSwap';
const threeTries = { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 };

const nameOf = (index: number) => `item-${index}.png`;

/** A folder with the pictures of the items. */
const folderWithPictures = async (name: string): Promise<string> => {
	const work = await emptyFolder(name);
	for (let index = 0; index < ITEMS; index++) {
		await copyFile(join(picturesFolder, 'portrait-a.png'), join(work, nameOf(index)));
	}
	return work;
};

const saveCredential = async (client: N8nClient, api: Simulator): Promise<Credentials> => {
	const data = { apiToken: api.token, baseUrl: api.url };
	const id = await client.saveCredential({ name: type, type, data });
	return { [type]: { id, name: type } };
};

/** Swaps a face in the pictures. */
const swapOf = (credentials: Credentials, files: string, settings = {}) => ({
	read: readFiles(files),
	node: {
		...action('picsi/swap', credentials, {
			targetImage: { __rl: true, mode: 'binary', value: 'data' },
			additionalFields: { replyRef: '={{ $json.fileName }}' },
		}),
		...settings,
	},
});

type Swap = ReturnType<typeof swapOf>;

/** A workflow that n8n starts in production, by a webhook. */
const publishIn = async (client: N8nClient, id: string, { read, node }: Swap) => {
	const webhook = {
		name: 'Webhook',
		type: 'n8n-nodes-base.webhook',
		parameters: { path: id, options: {} },
		webhookId: id,
	};
	await client.saveWorkflow(chain(id, webhook, read, node));
	await client.activate(id);
};

/** Starts it, and waits for the end of its execution number `count`. */
const callWebhookAt = async (
	{ client, url }: { client: N8nClient; url: string },
	id: string,
	count: number,
): Promise<Execution> => {
	await until('the webhook', async () => {
		// A connection that is kept open may be one to the n8n before its restart.
		const headers = { connection: 'close' };
		const answer = await fetch(`${url}/webhook/${id}`, { headers }).catch(() => undefined);
		return answer?.ok;
	});
	const [newest] = await client.endOfAll(id, count, LIMIT_MS);
	return await client.executionEnd(newest?.id ?? '', LIMIT_MS);
};

/** The next job of a picture is rejected. */
const moderateAt = (api: Simulator, index: number, times = 1) =>
	api.script({
		match: { replyRef: nameOf(index) },
		outcome: 'moderated',
		content: 'Not allowed',
		times,
	});

const paidAt = ({ jobs }: Simulator) => jobs.filter(({ status }) => status === 'completed').length;

const resumedOf = (items: ExecutionItem[]) => items.map(({ json }) => json.resumed ?? false);

/** Each item has the result of the job that it names, and the reference that the user has given. */
const expectResultsOf = async (client: N8nClient, api: Simulator, items: ExecutionItem[]) => {
	for (const item of items) {
		const job = api.jobs.find(({ jobid }) => jobid === item.json.jobId);
		expect(job?.replyRef).toBe(item.json.replyRef ?? job?.replyRef);
		expect(sha256(await client.bytesOf(item))).toBe(job && (await resultOf(job)));
	}
};

describe.each(versions)('Running again in $title', (version) => {
	let api: Simulator;
	let n8n: N8nInstance;
	let work: string;
	let credentials: Credentials;

	beforeAll(async () => {
		api = await startApi({ channels: 1, blockingMs: 50, submitMs: 10, asyncMs: 3_600_000 });
		work = await folderWithPictures('repeat-work');
		const env = { N8N_RESTRICT_FILE_ACCESS_TO: work };
		n8n = await startInstance({ name: 'repeat', version, workingFolder: work, env });
		credentials = await saveCredential(n8n.client, api);
	});

	beforeEach(() => api.reset());

	afterAll(async () => {
		await n8n?.stop();
		await api?.close();
	});

	const swap = (files: string, settings = {}) => swapOf(credentials, files, settings);

	const save = async (id: string, { read, node }: Swap) =>
		await n8n.client.saveWorkflow(chain(id, manualStart, read, node));

	/** Runs a workflow as Execute Workflow does. */
	const execute = async (id: string): Promise<Execution> => {
		const execution = await n8n.client.startWorkflow(id, manualStart.name);
		return await n8n.client.executionEnd(execution, LIMIT_MS);
	};

	const paid = () => paidAt(api);

	const moderate = (index: number, times = 1) => moderateAt(api, index, times);

	/** The link has expired, and so has the fresh one. */
	const breakDownload = () =>
		api.script({ match: { path: /^\/attachments/ }, respond: { status: 404 }, times: 2 });

	const expectTheResults = async (items: ExecutionItem[]) =>
		await expectResultsOf(n8n.client, api, items);

	const publish = async (id: string, published: Swap) => await publishIn(n8n.client, id, published);

	const callWebhook = async (id: string, count: number) => await callWebhookAt(n8n, id, count);

	it('pays 4 jobs for 5 items, one of them moderated, in 3 tries', async () => {
		await save('moderated', swap('item-*.png', threeTries));
		moderate(4, Infinity);
		expect((await execute('moderated')).error?.message).toContain('rejected by moderation');
		expect(paid()).toBe(4);
	});

	it('pays 1 job for an item whose connection broke, in 3 tries', async () => {
		await save('broken', swap(nameOf(0), threeTries));
		api.script({ match: { verb: 'picsi' }, acceptThen: 'reset', times: Infinity });
		expect((await execute('broken')).error?.message).toContain('Outcome unknown');
		expect(api.jobs).toHaveLength(1);
	});

	it('pays 5 jobs for 5 items that stop at the moderated one and run again', async () => {
		await save('batch', swap('item-*.png'));
		moderate(4);
		const { error } = await execute('batch');
		expect(error?.description).toContain('4 paid jobs are kept for the next run');
		const again = itemsOf(await execute('batch'), NODE);
		expect(resumedOf(again)).toEqual([true, true, true, true, false]);
		expect(paid()).toBe(5);
		await expectTheResults(again);
	});

	it('continues a job whose connection broke, once a trigger has received it', async () => {
		await n8n.client.saveWorkflow(chain('listener', jobTrigger(credentials), doNothing));
		await n8n.client.activate('listener');
		await registered(api);
		await save('heard', swap(nameOf(0)));
		api.script({ match: { verb: 'picsi' }, acceptThen: 'reset', callback: 'missing' });
		expect((await execute('heard')).error?.message).toContain('Outcome unknown');
		const [job] = api.jobs;
		await fetch(String(job?.replyUrl), {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(job),
		});
		const items = itemsOf(await execute('heard'), NODE);
		expect(resumedOf(items)).toEqual([true]);
		expect(api.jobs).toHaveLength(1);
		await expectTheResults(items);
		await n8n.client.deactivate('listener');
	});

	it('downloads in the next run what could not be downloaded', async () => {
		await save('download', swap(nameOf(0)));
		breakDownload();
		expect((await execute('download')).error?.message).toContain('could not be downloaded');
		const items = itemsOf(await execute('download'), NODE);
		expect(items[0]?.json.resumed).toBe(true);
		expect(api.jobs).toHaveLength(1);
		await expectTheResults(items);
	});

	it('submits anew what has succeeded', async () => {
		await save('succeeded', swap(nameOf(0)));
		await execute('succeeded');
		const [item] = itemsOf(await execute('succeeded'), NODE);
		expect(item?.json).not.toHaveProperty('resumed');
		expect(api.jobs).toHaveLength(2);
	});

	it('continues after Stop', async () => {
		const node = action('changeBackground/create', credentials, { prompt: 'sunny beach' });
		await save('stopped', { read: readFiles(nameOf(0)), node });
		const execution = await n8n.client.startWorkflow('stopped', manualStart.name);
		await until('the job', async () => api.jobs.length > 0);
		await until('the answer', async () =>
			api.journal.some(({ path, status }) => path.endsWith('/changebg') && status),
		);
		await n8n.client.request('POST', `/executions/${execution}/stop`);
		await n8n.client.executionEnd(execution, LIMIT_MS);
		const again = execute('stopped');
		await until('the job to end', async () => {
			api.skipTime();
			return api.jobs.every(({ status }) => status === 'completed');
		});
		const items = itemsOf(await again, NODE);
		expect(items[0]?.json).toMatchObject({ status: 'completed', resumed: true });
		expect(api.jobs).toHaveLength(1);
		await expectTheResults(items);
	});

	it('continues in production, though n8n was restarted in between', async () => {
		await publish('restarted', swap('item-*.png'));
		moderate(4);
		expect((await callWebhook('restarted', 1)).error?.message).toContain('moderation');
		await n8n.restart();
		const items = itemsOf(await callWebhook('restarted', 2), NODE);
		expect(items.filter(({ json }) => json.resumed)).toHaveLength(4);
		expect(paid()).toBe(5);
		await expectTheResults(items);
		const next = itemsOf(await callWebhook('restarted', 3), NODE);
		expect(next.filter(({ json }) => json.resumed)).toEqual([]);
		expect(paid()).toBe(10);
		await n8n.client.deactivate('restarted');
	});

	it("continues with n8n's Retry of the saved workflow, though n8n was killed in between", async () => {
		await publish('retried', swap(nameOf(0)));
		breakDownload();
		const failed = await callWebhook('retried', 1);
		expect(failed.error?.message).toContain('could not be downloaded');
		await n8n.kill();
		await n8n.restart();
		await n8n.client.request('POST', `/executions/${failed.id}/retry`, { loadWorkflow: true });
		const [newest] = await n8n.client.endOfAll('retried', 2, LIMIT_MS);
		const items = itemsOf(await n8n.client.executionEnd(newest?.id ?? '', LIMIT_MS), NODE);
		expect(items[0]?.json.resumed).toBe(true);
		expect(api.jobs).toHaveLength(1);
		await expectTheResults(items);
		await n8n.client.deactivate('retried');
	});
});

const queues = [
	{
		version: n8n1,
		worker: 'another worker',
		isStored: true,
		changeWorker: async (queue: Queue) => {
			await queue.addWorker();
			await queue.workers[0]?.stop();
		},
	},
	// n8n 2.41.1 gives its workers no static data, and would save theirs in place of all that there is.
	{ version: n8n2, worker: 'the same worker', isStored: false, changeWorker: async () => {} },
];

describe.each(queues)('Queue mode of $version.title', (queueCase) => {
	const { version, worker, isStored, changeWorker } = queueCase;
	let api: Simulator;
	let queue: Queue;
	let credentials: Credentials;

	beforeAll(async () => {
		api = await startApi({ channels: 1, blockingMs: 50, submitMs: 10 });
		const work = await folderWithPictures('repeat-queue-work');
		const env = {
			N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
			N8N_RESTRICT_FILE_ACCESS_TO: work,
		};
		const folder = await emptyFolder('repeat-queue');
		queue = await startQueue({ folder, version, workers: 1, env });
		credentials = await saveCredential(queue.client, api);
		await publishIn(queue.client, 'batch', swapOf(credentials, join(work, 'item-*.png')));
	});

	afterAll(async () => {
		await queue?.stop();
		await api?.close();
	});

	it(`continues on ${worker} the jobs that a batch has left`, async () => {
		const place = { client: queue.client, url: String(queue.webhookUrls[0]) };
		moderateAt(api, 4);
		expect((await callWebhookAt(place, 'batch', 1)).error?.message).toContain('moderation');
		expect(holds(await queue.database.dump(), 'node:InsightFaceSwap')).toBe(isStored);
		await changeWorker(queue);

		const items = itemsOf(await callWebhookAt(place, 'batch', 2), NODE);
		expect(resumedOf(items)).toEqual([true, true, true, true, false]);
		expect(paidAt(api)).toBe(5);
		await expectResultsOf(queue.client, api, items);

		const next = itemsOf(await callWebhookAt(place, 'batch', 3), NODE);
		expect(resumedOf(next)).toEqual([false, false, false, false, false]);
		expect(paidAt(api)).toBe(10);
	});
});
