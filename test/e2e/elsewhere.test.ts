/**
 * The package in an n8n that runs elsewhere, e.g. in a container: at N8N_URL, without any account yet, with the
 * package installed, and where 127.0.0.1 is this machine. Without N8N_URL it is a process of its own.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { picturesFolder } from '../../demo/folders';
import type { Simulator } from '../../simulator';
import { itemsOf, N8nClient, type ExecutionItem } from '../../tooling/n8n/client';
import { owner } from '../../tooling/n8n/instance';
import { packageName } from '../../tooling/n8n/package';
import { isReady } from '../../tooling/n8n/process';
import { until } from '../../tooling/n8n/until';
import { registered, resultOf, sha256, startApi, uploadsTo } from './support/api';
import { startInstance } from './support/instance';
import { nodeTypes } from './support/package';
import { action, chain, doNothing, jobTrigger, manualStart } from './support/workflows';

const LIMIT_MS = 120_000;
const type = 'useApiNetApi';

let api: Simulator;
let client: N8nClient;
let stop: (() => Promise<void>) | undefined;
let portrait: Buffer;
let pictures: Server;
let credential: { id: string; name: string };

/** The client of an n8n that knows the owner, and what ends it. */
async function connect(): Promise<{ client: N8nClient; stop?: () => Promise<void> }> {
	const url = process.env.N8N_URL;
	if (!url) {
		const instance = await startInstance({ name: 'elsewhere', withEditor: true });
		return { client: instance.client, stop: async () => await instance.stop() };
	}
	const elsewhere = new N8nClient(url.replace(/\/$/, ''));
	await until(`an n8n at ${url}`, async () => await isReady(elsewhere.url));
	await elsewhere.signIn(owner);
	return { client: elsewhere };
}

/** A server whose only file is the picture. */
async function serve(picture: Buffer): Promise<Server> {
	const server = createServer((_request, response) => {
		response.writeHead(200, { 'content-type': 'image/png' }).end(picture);
	});
	await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
	return server;
}

beforeAll(async () => {
	api = await startApi();
	portrait = await readFile(join(picturesFolder, 'portrait-a.png'));
	pictures = await serve(portrait);
	({ client, stop } = await connect());
	const data = { apiToken: api.token, baseUrl: api.url };
	credential = { id: await client.saveCredential({ name: type, type, data }), name: type };
});

afterAll(async () => {
	await stop?.();
	pictures?.close();
	await api?.close();
});

const download = () => ({
	name: 'Download',
	type: 'n8n-nodes-base.httpRequest',
	typeVersion: 4.2,
	parameters: {
		url: `http://127.0.0.1:${(pictures.address() as AddressInfo).port}/portrait.png`,
		options: { response: { response: { responseFormat: 'file' } } },
	},
});

const changeBackground = (waitMode: string) => {
	const parameters = { prompt: 'sunny beach', waitMode };
	const node = action('changeBackground/create', { [type]: credential }, parameters);
	return chain(`elsewhere-${waitMode}`, manualStart, download(), node);
};

const jobOf = (item?: ExecutionItem) => {
	const job = api.jobs.find(({ jobid }) => jobid === item?.json.jobId);
	if (!job) throw new Error('The item names no job of the API');
	return job;
};

test('offers both nodes', async () => {
	const types = await client.nodeTypes(packageName);
	expect(types).toEqual(expect.arrayContaining(Object.values(nodeTypes)));
});

test('tests the credential', async () => {
	const data = { apiToken: api.token, baseUrl: api.url };
	expect(await client.testCredential({ ...credential, type, data })).toMatchObject({
		status: 'OK',
	});
});

test.each(['poll', 'suspend'])('the picture and its result arrive whole (%s)', async (waitMode) => {
	const [item] = await client.runToItems(changeBackground(waitMode));
	expect(item?.json).toMatchObject({ status: 'completed' });
	expect(sha256(await client.bytesOf(item))).toBe(await resultOf(jobOf(item)));
	expect(uploadsTo(api, '/v1/faceswap/changebg').at(-1)).toEqual({ image: sha256(portrait) });
});

test('a job that has ended starts a workflow', async () => {
	await client.saveWorkflow(chain('listener', jobTrigger({ [type]: credential }), doNothing));
	await client.activate('listener');
	await registered(api);
	const [submitted] = await client.runToItems(changeBackground('none'));
	const [started] = await client.endOfAll('listener', 1, LIMIT_MS);
	await client.deactivate('listener');
	const [told] = itemsOf(await client.execution(started?.id ?? ''), 'End');
	expect(told?.json).toMatchObject({ jobId: submitted?.json.jobId, status: 'completed' });
	expect(sha256(await client.bytesOf(told))).toBe(await resultOf(jobOf(submitted)));
});
