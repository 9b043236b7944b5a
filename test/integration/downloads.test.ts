import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import {
	createServer,
	request as sendOn,
	type RequestListener,
	type Server,
	type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { INodeParameters } from 'n8n-workflow';

import type { ScriptedResponse } from '../../simulator';
import { bytesOf, useBinaryMode, type NodeRun } from '../support/engine';
import { pictures } from '../support/pictures';
import { DISCORD_TOKEN, scenario } from '../support/scenario';

const MB = 1024 * 1024;

const test_ = scenario({ blockingMs: 3, submitMs: 3 });
const attachments = /^\/attachments\//;

let server: Server;
let url: string;
/** What the server does next, and how many bytes it wrote in all. */
let answer: RequestListener;
let written: number;
let asked: string[];

beforeAll(async () => {
	server = createServer((request, response) => {
		asked.push(String(request.url));
		answer(request, response);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(() => {
	written = 0;
	asked = [];
});

afterAll(async () => {
	await useBinaryMode('default');
	server.close();
	server.closeAllConnections();
});

/** Writes the same chunk until the reader goes away, or `bytes` are reached. */
function pour(response: ServerResponse, bytes = Infinity): void {
	const chunk = Buffer.alloc(64 * 1024, 'n');
	const write = () => {
		while (written < bytes && !response.destroyed) {
			written += chunk.length;
			if (!response.write(chunk)) return void response.once('drain', write);
		}
		if (written >= bytes) response.end();
	};
	write();
}

const stored = (): string[] =>
	readdirSync(String(process.env.N8N_BINARY_DATA_STORAGE_PATH), {
		recursive: true,
		withFileTypes: true,
	})
		.filter((entry) => entry.isFile())
		.map(({ name }) => name);

const fromUrl = async (path: string, options: Partial<NodeRun> = {}) =>
	await test_.run(
		'changeBackground/create',
		{ imageSource: 'url', imageUrl: path.startsWith('/') ? url + path : path, prompt: 'x' },
		{ items: [{}], ...options },
	);

const swap = async (respond: ScriptedResponse, parameters: INodeParameters = {}) => {
	test_.simulator.script({ match: { path: attachments }, respond, times: Infinity });
	return await test_.run('picsi/swap', parameters);
};

const elsewhere = { status: 302, headers: { location: '' } };
/** A result that the server of this file gives. */
const fromHere = async (path = '/result.png') =>
	await swap({ ...elsewhere, headers: { location: url + path } });

describe('a result', () => {
	beforeEach(() => {
		test_.simulator.settings.resultSize = 300_000;
	});

	test('without any bytes is an error, as the job announces some', async () => {
		const { items, error } = await swap({ status: 200, headers: { 'content-type': 'image/png' } });
		expect(items).toEqual([]);
		expect(error?.message).toContain('the server has 0 of 300000 bytes');
		expect(error?.message).toContain(`(job ${test_.simulator.jobs[0]?.jobid})`);
	});

	test('without an end is read no further than announced, and nothing of it is kept', async () => {
		await useBinaryMode('filesystem');
		answer = (_request, response) => pour(response);
		const before = stored().length;
		const { error } = await fromHere();
		expect(error?.message).toContain('more than 300000 bytes arrived');
		expect(written).toBeLessThan(10 * MB);
		// The two pictures of the input, each with a file that describes it.
		expect(stored().length - before).toBe(4);
		await useBinaryMode('default');
	});

	test('that unpacks to more than announced is not read further', async () => {
		answer = (_request, response) => {
			response.writeHead(200, { 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' });
			response.end(gzipSync(Buffer.alloc(60 * MB)));
		};
		const { error } = await fromHere();
		expect(error?.message).toContain('more than 300000 bytes arrived');
	});

	test('in an unasked encoding is refused', async () => {
		answer = (_request, response) => {
			response.writeHead(200, { 'content-encoding': 'secret' });
			response.end(Buffer.alloc(300_000));
		};
		const { error } = await fromHere();
		expect(error?.message).toContain('the server sent it packed (secret)');
	});

	test('that was redirected is taken up at its last address where it broke', async () => {
		const content = Buffer.alloc(300_000, 7);
		const ranges: unknown[] = [];
		answer = ({ headers: { range } }, response) => {
			ranges.push(range);
			const from = Number(/\d+/.exec(range ?? '0')?.[0]);
			response.writeHead(range ? 206 : 200, { 'content-length': content.length - from });
			if (range) response.end(content.subarray(from));
			else response.write(content.subarray(0, 1000), () => response.destroy());
		};
		const { items, error } = await fromHere();
		expect(error).toBeUndefined();
		expect(await bytesOf(items[0])).toEqual(content);
		expect(ranges).toEqual([undefined, 'bytes=1000-']);
		expect(test_.requests('/attachments')).toHaveLength(1);
	});

	test('that is redirected in a circle is given up', async () => {
		answer = (_request, response) => response.writeHead(302, { location: '/again' }).end();
		const { error } = await fromHere();
		expect(error?.message).toContain('its link was redirected more than 5 times');
		expect(asked).toHaveLength(5);
	});

	test('comes over https only, unless the API is on this machine', async () => {
		await throughProxy(
			({ url: target = '' }) => target.replace('http://api.example', test_.simulator.url),
			async () => {
				const { error } = await test_.run(
					'picsi/swap',
					{},
					{
						credentials: {
							useApiNetApi: { apiToken: test_.simulator.token, baseUrl: 'http://api.example' },
							useApiNetDiscordApi: { discordToken: DISCORD_TOKEN },
						},
					},
				);
				expect(error?.message).toContain('its link is not an https address');
				expect(test_.requests('/attachments')).toHaveLength(0);
			},
		);
	});
});

describe('a picture from a URL', () => {
	test('that is text is refused at its first bytes, and nothing of it is kept', async () => {
		await useBinaryMode('filesystem');
		answer = (_request, response) => {
			response.writeHead(200, { 'content-type': 'text/plain' });
			pour(response);
		};
		const before = stored();
		const { error } = await fromUrl('/notes.txt');
		expect(error?.message).toBe('Image is not a picture');
		expect(error?.description).toContain('(text/plain)');
		expect(written).toBeLessThan(10 * MB);
		expect(stored()).toEqual(before);
		await useBinaryMode('default');
	});

	test('of unknown size that breaks off is taken up, not sent short', async () => {
		const content = await pictures.webp();
		answer = ({ headers: { range } }, response) => {
			if (range) return response.writeHead(206).end(content.subarray(100));
			return response.write(content.subarray(0, 100), () => response.destroy());
		};
		const { error } = await fromUrl('/cut.webp');
		expect(error).toBeUndefined();
		const sent = test_.requests('/v1/faceswap/')[0]?.parts.find(({ name }) => name === 'image');
		expect(sent).toMatchObject({ sha256: createHash('sha256').update(content).digest('hex') });
	});

	test('that is empty is refused', async () => {
		answer = (_request, response) => response.writeHead(200).end();
		const { error } = await fromUrl('/empty.png');
		expect(error?.message).toBe('Image is an empty file');
	});

	test.each([
		['announces more', { 'content-length': 51 * MB }],
		['goes on for more', {}],
	])('that %s than 50 MB is refused', async (_how, headers) => {
		const head = await pictures.source();
		answer = (_request, response) => {
			response.writeHead(200, headers);
			response.write(head);
			pour(response, 51 * MB);
		};
		const { error } = await fromUrl('/huge.png');
		expect(error?.message).toBe('Image could not be downloaded: it is larger than 50 MB');
	});

	test('has a clean name and type', async () => {
		const content = await pictures.webp();
		answer = (_request, response) =>
			response.writeHead(200, { 'content-type': 'no type' }).end(content);
		const { error } = await fromUrl(`/${'x'.repeat(3000)}.webp`);
		expect(error).toBeUndefined();
		const sent = test_.requests('/v1/faceswap/')[0]?.parts.find(({ name }) => name === 'image');
		expect(sent).toMatchObject({
			filename: `${'x'.repeat(195)}.webp`,
			contentType: 'image/webp',
		});
	});

	test('on a public host cannot lead into a private network', async () => {
		const content = await pictures.webp();
		answer = ({ url: path }, response) =>
			path === '/go'
				? response.writeHead(302, { location: `${url}/inside.webp` }).end()
				: response.writeHead(200).end(content);
		await throughProxy(
			({ url: target = '' }) => target.replace('http://pictures.example', url),
			async () => {
				const { error } = await fromUrl('http://pictures.example/go');
				expect(error?.message).toBe(
					'Image could not be downloaded: its link leads into a private network',
				);
				expect(asked).toEqual(['/go']);
			},
		);
	});
});

/** Hosts that are not on this machine are reached through a proxy for a while, as n8n's settings say. */
async function throughProxy(
	targetOf: (request: Parameters<RequestListener>[0]) => string,
	work: () => Promise<void>,
): Promise<void> {
	const proxy = createServer((request, response) => {
		const { method, headers } = request;
		const options = { method, headers };
		const onwards = sendOn(targetOf(request), options, (answered) => {
			response.writeHead(answered.statusCode ?? 502, answered.headers);
			answered.pipe(response);
		});
		request.pipe(onwards);
	});
	await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
	process.env.HTTP_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
	process.env.NO_PROXY = '127.0.0.1';
	try {
		await work();
	} finally {
		delete process.env.HTTP_PROXY;
		delete process.env.NO_PROXY;
		proxy.close();
		proxy.closeAllConnections();
	}
}
