/** What n8n runs again, in both versions of n8n: each job is paid once, and each item gets its result. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';

import { picturesFolder } from '../../demo/folders';
import type { Simulator } from '../../simulator';
import { itemsOf, type Execution, type ExecutionItem } from '../../tooling/n8n/client';
import type { N8nInstance } from '../../tooling/n8n/instance';
import { until } from '../../tooling/n8n/until';
import { versions } from '../../tooling/n8n/versions';
import { resultOf, sha256, startApi } from './support/api';
import { emptyFolder, startInstance } from './support/instance';
import { action, chain, manualStart, readFiles, type Credentials } from './support/workflows';

const LIMIT_MS = 120_000;
const ITEMS = 5;
const type = 'useApiNetApi';
const NODE = 'InsightFaceSwap';
const threeTries = { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 };

const nameOf = (index: number) => `item-${index}.png`;

describe.each(versions)('Running again in $title', (version) => {
	let api: Simulator;
	let n8n: N8nInstance;
	let work: string;
	let credentials: Credentials;

	beforeAll(async () => {
		api = await startApi({ channels: 1, blockingMs: 50, submitMs: 10, asyncMs: 3_600_000 });
		work = await emptyFolder('repeat-work');
		for (let index = 0; index < ITEMS; index++) {
			await copyFile(join(picturesFolder, 'portrait-a.png'), join(work, nameOf(index)));
		}
		const env = { N8N_RESTRICT_FILE_ACCESS_TO: work };
		n8n = await startInstance({ name: 'repeat', version, workingFolder: work, env });
		const data = { apiToken: api.token, baseUrl: api.url };
		const id = await n8n.client.saveCredential({ name: type, type, data });
		credentials = { [type]: { id, name: type } };
	});

	beforeEach(() => api.reset());

	afterAll(async () => {
		await n8n?.stop();
		await api?.close();
	});

	/** Swaps a face in the first pictures. */
	const swap = (files: string, settings = {}) => ({
		read: readFiles(files),
		node: {
			...action('picsi/swap', credentials, {
				targetImageBinaryPropertyName: 'data',
				additionalFields: { replyRef: '={{ $json.fileName }}' },
			}),
			...settings,
		},
	});

	const save = async (id: string, { read, node }: ReturnType<typeof swap>) =>
		await n8n.client.saveWorkflow(chain(id, manualStart, read, node));

	/** Runs a workflow as Execute Workflow does. */
	const execute = async (id: string): Promise<Execution> => {
		const execution = await n8n.client.startWorkflow(id, manualStart.name);
		return await n8n.client.executionEnd(execution, LIMIT_MS);
	};

	const paid = () => api.jobs.filter(({ status }) => status === 'completed').length;

	const moderate = (index: number, times = 1) =>
		api.script({
			match: { replyRef: nameOf(index) },
			outcome: 'moderated',
			content: 'Not allowed',
			times,
		});

	/** The link has expired, and so has the fresh one. */
	const breakDownload = () =>
		api.script({ match: { path: /^\/attachments/ }, respond: { status: 404 }, times: 2 });

	const expectTheResults = async (items: ExecutionItem[]) => {
		for (const item of items) {
			const job = api.jobs.find(({ jobid }) => jobid === item.json.jobId);
			expect(job?.replyRef).toBe(item.json.replyRef);
			expect(sha256(await n8n.client.bytesOf(item))).toBe(job && (await resultOf(job)));
		}
	};

	/** A workflow that n8n starts in production, by a webhook. */
	const publish = async (id: string, { read, node }: ReturnType<typeof swap>) => {
		const webhook = {
			name: 'Webhook',
			type: 'n8n-nodes-base.webhook',
			parameters: { path: id, options: {} },
			webhookId: id,
		};
		await n8n.client.saveWorkflow(chain(id, webhook, read, node));
		await n8n.client.activate(id);
	};

	/** Starts it, and waits for the end of its execution number `count`. */
	const callWebhook = async (id: string, count: number): Promise<Execution> => {
		await until('the webhook', async () => {
			// A connection that is kept open may be one to the n8n before its restart.
			const headers = { connection: 'close' };
			const answer = await fetch(`${n8n.url}/webhook/${id}`, { headers }).catch(() => undefined);
			return answer?.ok;
		});
		const [newest] = await n8n.client.endOfAll(id, count, LIMIT_MS);
		return await n8n.client.executionEnd(newest?.id ?? '', LIMIT_MS);
	};

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
		expect(error?.description).toContain('4 paid jobs wait for the next run');
		const again = itemsOf(await execute('batch'), NODE);
		expect(again.map(({ json }) => json.resumed ?? false)).toEqual([true, true, true, true, false]);
		expect(paid()).toBe(5);
		await expectTheResults(again);
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
