/** Many executions at once, each of one item: they share the channels of the account. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

import type { Simulator } from '../../simulator';
import { itemsOf } from '../../tooling/n8n/client';
import { cacheFolder } from '../../tooling/n8n/folders';
import type { N8nInstance } from '../../tooling/n8n/instance';
import { until } from '../../tooling/n8n/until';
import { versions } from '../../tooling/n8n/versions';
import { resultOf, sha256, startApi } from './support/api';
import { startInstance } from './support/instance';
import { action, chain, doNothing, readFiles, type Credentials } from './support/workflows';

const LIMIT_MS = 120_000;
const CALLS = 50;
const SUSPENDED = 10;
const type = 'useApiNetApi';
const picturesFolder = join(cacheFolder, 'e2e', 'concurrency-pictures');

const names = Array.from({ length: CALLS }, (_, index) => `${String(index).padStart(2, '0')}.png`);

/** A small picture whose colours no other one has. */
async function drawPicture(name: string, index: number): Promise<void> {
	const background = { r: index, g: 255 - index, b: (index * 7) % 256 };
	const picture = sharp({ create: { width: 96, height: 120, channels: 3, background } });
	await writeFile(join(picturesFolder, name), await picture.png().toBuffer());
}

describe.each(versions)('Webhook calls at once, in $title', (version) => {
	let api: Simulator;
	let instance: N8nInstance;

	const webhook = (path: string, parameters: Record<string, unknown>) => ({
		name: 'Webhook',
		type: 'n8n-nodes-base.webhook',
		parameters: { path, options: {}, ...parameters },
		webhookId: path,
	});
	const query = (name: string) => `={{ $('Webhook').first().json.query.${name} }}`;
	const read = readFiles(`=${picturesFolder}/{{ $json.query.file }}`);

	const saveWorkflows = async () => {
		const { client } = instance;
		const id = await client.saveCredential({
			name: type,
			type,
			data: { apiToken: api.token, baseUrl: api.url },
		});
		const credentials: Credentials = { [type]: { id, name: type } };
		const swap = action('picsi/swap', credentials, {
			targetImage: { __rl: true, mode: 'binary', value: 'data' },
			downloadResults: true,
			additionalFields: { replyRef: query('file') },
		});
		const change = action('changeBackground/create', credentials, {
			prompt: 'forest',
			waitMode: 'suspend',
		});
		const answer = { responseMode: 'lastNode', responseData: 'firstEntryBinary' };
		await client.saveWorkflow(chain('swap', webhook('swap', answer), read, swap));
		await client.saveWorkflow(chain('change', webhook('change', {}), read, change, doNothing));
		for (const workflow of ['swap', 'change']) {
			await client.activate(workflow);
			// Without a picture nothing is sent. 404 while the workflow is being activated.
			await until(
				`the webhook of ${workflow}`,
				async () => (await call(workflow, 'no')).status !== 404,
			);
		}
	};

	const call = async (path: string, file: string) =>
		await fetch(`${instance.url}/webhook/${path}?${new URLSearchParams({ file })}`);

	beforeAll(async () => {
		await mkdir(picturesFolder, { recursive: true });
		await Promise.all(names.map(drawPicture));
		api = await startApi({ channels: 3, blockingMs: 300, asyncMs: 15_000 });
		instance = await startInstance({
			name: 'concurrency',
			version,
			env: {
				N8N_RESTRICT_FILE_ACCESS_TO: picturesFolder,
				// With pictures in memory, n8n 1 answers a webhook with a list of numbers.
				N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
			},
		});
		await saveWorkflows();
	});

	afterAll(async () => {
		await instance?.stop();
		await api?.close();
	});

	it('are answered with a picture each, one job a channel at a time and no call refused', async () => {
		const changes = names.slice(0, SUSPENDED).map(async (name) => await call('change', name));
		const pictures = await Promise.all(
			names.map(async (name) => {
				const answer = await call('swap', name);
				return [name, sha256(new Uint8Array(await answer.arrayBuffer()))] as const;
			}),
		);
		await Promise.all(changes);
		const swaps = api.jobs.filter(({ verb }) => verb === 'faceswap-picsi');
		const results = await Promise.all(
			swaps.map(async (job) => [job.replyRef, await resultOf(job)] as const),
		);
		expect(pictures).toEqual(results.sort(([one = ''], [other = '']) => one.localeCompare(other)));

		const submissions = api.journal.filter(({ method }) => method === 'POST');
		expect(submissions.map(({ status }) => status)).toEqual(Array(CALLS + SUSPENDED).fill(200));
		expect(Object.values(api.maxConcurrentPerChannel)).toEqual([1, 1, 1]);
	});

	it('resume the executions among them that were suspended', async () => {
		const runs = await instance.client.endOfAll('change', SUSPENDED, LIMIT_MS);
		const succeeded = runs.filter(({ status }) => status === 'success');
		const items = await Promise.all(
			succeeded.map(async ({ id }) => itemsOf(await instance.client.execution(id), 'End')),
		);
		expect(items.flat().map(({ json }) => json.status)).toEqual(Array(SUSPENDED).fill('completed'));
	});
});
