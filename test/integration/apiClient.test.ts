/** The client of the API in each of n8n's contexts: how long a call takes at most, and how much of an answer is read. */
import { additionalData } from '../support/engine';

import { getEventListeners } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import {
	ExecuteContext,
	HookContext,
	LoadOptionsContext,
	TriggerContext,
	WebhookContext,
} from 'n8n-core';
import { createRunExecutionData, Workflow, type INode } from 'n8n-workflow';

import {
	createClient,
	outsideExecution,
	type ApiClient,
	type ApiContext,
} from '../../nodes/InsightFaceSwap/api/client';
import { InsightFaceSwap } from '../../nodes/InsightFaceSwap/InsightFaceSwap.node';
import { FilePart, MultipartForm } from '../../nodes/InsightFaceSwap/n8nCompat/multipartForm';
import { requestInTime } from '../../nodes/InsightFaceSwap/n8nCompat/requests';
import { until } from '../../tooling/n8n/until';

const MB = 1024 * 1024;

/** Long enough for a busy machine to make a call within. */
const SHORT_MS = 400;

let server: Server;
let answer: RequestListener;
let baseUrl: string;

beforeAll(async () => {
	server = createServer((request, response) => answer(request, response));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => jest.restoreAllMocks());

afterAll(() => {
	server.close();
	server.closeAllConnections();
});

const connections = async () =>
	await new Promise<number>((resolve) => {
		server.getConnections((_error, count) => resolve(count));
	});

const nodeType = new InsightFaceSwap();

const node = {
	id: '1',
	name: 'InsightFaceSwap',
	type: 'insightFaceSwap',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
	credentials: { useApiNetApi: { id: '1', name: 'useapi.net' } },
} as INode;

/** A context of n8n of each kind that the package makes calls in. */
function contextOf(kind: string, stop = new AbortController().signal): ApiContext {
	const credential = { apiToken: 'user:1-secret-token', baseUrl };
	const data = additionalData({ credentials: { useApiNetApi: credential } });
	const nodeTypes = {
		getByName: () => nodeType,
		getByNameAndVersion: () => nodeType,
		getKnownTypes: () => ({}),
	} as never;
	const workflow = new Workflow({
		id: 'w',
		active: true,
		nodes: [node],
		connections: {},
		nodeTypes,
		settings: {},
	});
	const run = createRunExecutionData({});
	const executeData = { node, data: { main: [[]] }, source: null };
	switch (kind) {
		case 'an execution':
			return new ExecuteContext(
				workflow,
				node,
				data,
				'manual',
				run,
				0,
				[],
				{ main: [[]] },
				executeData,
				[],
				stop,
			);
		case 'a webhook':
			return new WebhookContext(workflow, node, data, 'webhook', {} as never, [], null);
		case 'an activation':
			return new HookContext(workflow, node, data, 'trigger', 'activate', {} as never);
		case 'a trigger':
			return new TriggerContext(workflow, node, data, 'trigger', 'activate');
		default:
			return new LoadOptionsContext(workflow, node, data, '');
	}
}

const KINDS = ['an execution', 'a webhook', 'an activation', 'a trigger', 'a dropdown'];

const list = { method: 'GET', path: '/v1/faceswap/jobs' } as const;

/** Sends the headers, then the body byte by byte. */
const drip = (response: ServerResponse, status = 200) => {
	response.writeHead(status, { 'content-type': 'application/json' });
	const timer = setInterval(() => response.write(' '), 20);
	response.on('close', () => clearInterval(timer));
};

const json = (response: ServerResponse, body: unknown, status = 200) =>
	response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

describe.each(KINDS)('in %s', (kind) => {
	const clients: Array<[string, () => Promise<ApiClient>]> = [
		['a call', async () => await createClient(contextOf(kind))],
		['a call after Stop', async () => outsideExecution(await createClient(contextOf(kind)))],
	];

	test.each(clients)('%s is answered with the credential', async (_name, client) => {
		let authorization: string | undefined;
		answer = ({ headers }, response) => {
			({ authorization } = headers);
			json(response, { jobid: '1' });
		};
		expect(await (await client())(list)).toEqual({ kind: 'answered', body: { jobid: '1' } });
		expect(authorization).toBe('Bearer user:1-secret-token');
	});

	test.each(clients)('%s ends in time though bytes keep coming', async (_name, client) => {
		answer = (_request, response) => drip(response);
		const began = performance.now();
		const outcome = await (await client())({ ...list, timeoutMs: SHORT_MS });
		expect(performance.now() - began).toBeLessThan(SHORT_MS + 2000);
		expect(outcome).toMatchObject({
			kind: 'unknown',
			problem: { message: 'useapi.net did not answer in time' },
		});
		await until('a closed connection', async () => (await connections()) === 0, 5000);
	});

	test.each(clients)('%s keeps the meaning of a refusal', async (_name, client) => {
		answer = (_request, response) => json(response, { error: 'Unauthorized' }, 401);
		expect(await (await client())(list)).toMatchObject({
			kind: 'refused',
			problem: { httpCode: '401', cause: 'noAccess' },
		});
	});
});

test("a call of n8n's own address ends in time though bytes keep coming", async () => {
	answer = (_request, response) => drip(response);
	const request = { url: baseUrl, json: true, timeout: SHORT_MS };
	const began = performance.now();
	const { helpers } = contextOf('an execution') as ExecuteContext;
	await expect(requestInTime({ helpers }, request)).rejects.toThrow(/abort|cancel/);
	expect(performance.now() - began).toBeLessThan(SHORT_MS + 2000);
	await until('a closed connection', async () => (await connections()) === 0, 5000);
});

describe('a call', () => {
	const client = async (stop?: AbortSignal) => await createClient(contextOf('an execution', stop));

	test('ends in time though no answer comes', async () => {
		answer = () => {};
		const outcome = await (await client())({ ...list, timeoutMs: SHORT_MS });
		expect(outcome.kind).toBe('unknown');
		await until('a closed connection', async () => (await connections()) === 0, 5000);
	});

	test.each([
		['while no answer comes', () => {}],
		['while bytes keep coming', (response: ServerResponse) => drip(response)],
	])('ends at once on Stop %s', async (_when, respond) => {
		const stop = new AbortController();
		answer = (_request, response) => {
			respond(response);
			setTimeout(() => stop.abort(), 100);
		};
		const began = performance.now();
		const outcome = await (await client(stop.signal))(list);
		expect(outcome.kind).toBe('unknown');
		expect(performance.now() - began).toBeLessThan(5000);
	});

	test('that is made after Stop is not sent', async () => {
		const asked = jest.fn();
		answer = (_request, response) => {
			asked();
			json(response, {});
		};
		await (
			await client(AbortSignal.abort())
		)(list);
		expect(asked).not.toHaveBeenCalled();
	});

	test('leaves nothing that waits once it has ended', async () => {
		answer = (_request, response) => json(response, { jobid: '1' });
		const timeout = jest.spyOn(AbortSignal, 'timeout');
		const stop = new AbortController();
		await (
			await client(stop.signal)
		)(list);
		const timers = timeout.mock.results.map(({ value }) => value as AbortSignal);
		expect(timers.map((timer) => getEventListeners(timer, 'abort'))).toEqual([[]]);
		expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
	});

	test('may take what a slow line needs for its files in addition', async () => {
		const timeout = jest.spyOn(AbortSignal, 'timeout');
		answer = (_request, response) => json(response, {});
		const body = new MultipartForm();
		const bytes = Buffer.alloc(MB);
		body.append(
			'image',
			new FilePart('a.png', 'image/png', MB, async function* () {
				yield bytes;
			}),
		);
		await (
			await client()
		)({ ...list, method: 'POST', body, timeoutMs: 1000 });
		expect(timeout).toHaveBeenCalledWith(1000 + Math.ceil(MB / 50));
	});

	test.each([
		['GET', 20_000],
		['POST', 300_000],
	] as const)('%s takes %i milliseconds at most by default', async (method, ms) => {
		const timeout = jest.spyOn(AbortSignal, 'timeout');
		answer = (_request, response) => json(response, {});
		await (
			await client()
		)({ ...list, method });
		expect(timeout).toHaveBeenCalledWith(ms);
	});
});

describe('an answer', () => {
	const call = async () => await (await createClient(contextOf('an execution')))(list);

	test('of 43 MB is read to 16 MB, whatever its packed size', async () => {
		const packed = gzipSync(`{"a":"${'x'.repeat(43 * MB)}"}`);
		answer = (_request, response) =>
			response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
		const before = process.memoryUsage().arrayBuffers;
		const outcome = await call();
		expect(outcome).toMatchObject({
			kind: 'unknown',
			problem: { message: expect.stringContaining('16 MB') },
		});
		expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30 * MB);
		await until('a closed connection', async () => (await connections()) === 0, 5000);
	});

	test('of 15 MB is read', async () => {
		answer = (_request, response) => json(response, { a: 'x'.repeat(15 * MB) });
		expect((await call()).kind).toBe('answered');
	});

	test('that begins with a byte order mark is read', async () => {
		answer = (_request, response) => response.writeHead(200).end('\uFEFF{"jobid":"1"}');
		expect(await call()).toEqual({ kind: 'answered', body: { jobid: '1' } });
	});

	test.each([
		['a packed one', true],
		['a plain one', false],
	])('in pieces within a character is read: %s', async (_how, isPacked) => {
		answer = (_request, response) => {
			const text = Buffer.from('{"content":"Zoë 😀"}');
			response.writeHead(200, isPacked ? { 'content-encoding': 'gzip' } : {});
			const bytes = isPacked ? gzipSync(text) : text;
			for (const byte of bytes) response.write(Buffer.from([byte]));
			response.end();
		};
		expect(await call()).toEqual({ kind: 'answered', body: { content: 'Zoë 😀' } });
	});

	test('that breaks off leaves the outcome open', async () => {
		answer = (_request, response) => {
			response.writeHead(200, { 'content-length': 100 });
			response.write('{"jobid":', () => response.destroy());
		};
		expect((await call()).kind).toBe('unknown');
	});

	test.each([401, 404, 429])('%i that breaks off keeps its status', async (status) => {
		answer = (_request, response) => {
			response.writeHead(status, { 'content-length': 100 });
			response.write('{"error":', () => response.destroy());
		};
		const outcome = await call();
		expect(outcome.kind).toBe(status === 429 ? 'busy' : 'refused');
		expect(outcome).toMatchObject({ problem: { httpCode: String(status) } });
	});

	test('without a body of 204 is an answer', async () => {
		answer = (_request, response) => response.writeHead(204).end();
		expect(await call()).toEqual({ kind: 'answered', body: {} });
	});

	test('of text is quoted', async () => {
		answer = (_request, response) => response.writeHead(502).end('bad gateway');
		expect(await call()).toMatchObject({
			problem: { message: expect.stringContaining('bad gateway') },
		});
	});
});

test('a host that does not exist is told as such', async () => {
	const client = await createClient(contextOf('an execution'), {
		apiToken: 'user:1-x',
		baseUrl: 'http://nowhere.invalid',
	});
	expect(await client(list)).toMatchObject({
		kind: 'unreachable',
		problem: { message: expect.stringMatching(/host name (is unknown|could not be looked up)/) },
	});
});
