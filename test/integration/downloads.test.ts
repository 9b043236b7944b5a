import { createHash } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { readdirSync } from 'node:fs';
import {
	createServer,
	request as sendOn,
	type RequestListener,
	type Server,
	type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { SsrfProtectionConfig } from '@n8n/config';
import { Container } from '@n8n/di';
import type { INodeParameters } from 'n8n-workflow';

import * as deadlines from '../../nodes/InsightFaceSwap/shared/cancellation';
import type { ScriptedResponse } from '../../simulator';
import { until } from '../../tooling/n8n/until';
import { bytesOf, useBinaryMode, type NodeRun } from '../support/engine';
import { pictures } from '../support/pictures';
import { DISCORD_TOKEN, locator, scenario } from '../support/scenario';

const MB = 1024 * 1024;

const test_ = scenario({ blockingMs: 3, submitMs: 3 });
const attachments = /^\/attachments\//;
/** The call that takes a picture. */
const uploaded = () => test_.requests('/v1/faceswap/').find(({ method }) => method === 'POST');

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

afterEach(async () => await useBinaryMode('default'));

afterAll(async () => {
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
		{ image: locator(path.startsWith('/') ? url + path : path, 'url'), prompt: 'x' },
		{ items: [{}], ...options },
	);

const swap = async (respond: ScriptedResponse, parameters: INodeParameters = {}) => {
	test_.simulator.script({ match: { path: attachments }, respond, times: Infinity });
	return await test_.run('picsi/swap', parameters);
};

/** A page that a server gives instead of a file. */
const PAGE = '<!DOCTYPE html><html><body>Please sign in</body></html>';

/** A limit for the tests in milliseconds: short, but long enough for a busy machine to answer within. */
const LIMIT_MS = 400;
const shortenLimit = () => jest.spyOn(deadlines, 'downloadMs').mockReturnValue(LIMIT_MS);

/** Sends the headers and some bytes, then nothing more. The connection stays open. */
const stallAfter = (response: ServerResponse, bytes: Buffer) => {
	response.flushHeaders();
	response.write(bytes);
};

const connections = async () =>
	await new Promise<number>((resolve) => {
		server.getConnections((_error, count) => resolve(count));
	});

/** All connections are closed, by the node. */
const expectClosed = async () =>
	await until('closed connections', async () => (await connections()) === 0, 5000);

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
		expect(error?.message).toContain('the server sent it packed');
	});

	test('in an encoding without a name comes as it is', async () => {
		const content = Buffer.alloc(300_000, 7);
		answer = (_request, response) => {
			response.writeHead(200, { 'content-encoding': '' });
			response.end(content);
		};
		expect(await bytesOf((await fromHere()).items[0])).toEqual(content);
	});

	test('that breaks off is downloaded again, whole', async () => {
		const content = Buffer.alloc(300_000, 7);
		answer = (_request, response) => {
			response.writeHead(200, { 'content-length': content.length });
			if (asked.length > 2) response.end(content);
			else response.write(content.subarray(0, 200_000), () => response.destroy());
		};
		const { items, error } = await fromHere();
		expect(error).toBeUndefined();
		expect(await bytesOf(items[0])).toEqual(content);
		expect(asked).toHaveLength(3);
	});

	test('that stalls is downloaded again', async () => {
		shortenLimit();
		const content = Buffer.alloc(300_000, 7);
		answer = (_request, response) => {
			response.writeHead(200, { 'content-length': content.length });
			if (asked.length > 1) response.end(content);
			else stallAfter(response, content.subarray(0, 1000));
		};
		const { items, error } = await fromHere();
		expect(error).toBeUndefined();
		expect(await bytesOf(items[0])).toEqual(content);
	});

	test('of which a byte comes now and then is an error that names the job, and nothing of it is kept', async () => {
		shortenLimit();
		await useBinaryMode('filesystem');
		answer = (_request, response) => {
			response.writeHead(200, { 'content-length': 300_000 });
			const timer = setInterval(() => response.write('n'), 20);
			response.on('close', () => clearInterval(timer));
		};
		const before = stored().length;
		const { items, error } = await fromHere();
		expect(items).toEqual([]);
		expect(error?.message).toMatch(/the server is too slow: \d+ bytes came in time/);
		expect(error?.message).toContain(`(job ${test_.simulator.jobs[0]?.jobid})`);
		expect(asked).toHaveLength(5);
		// The two pictures of the input, each with a file that describes it.
		expect(stored().length - before).toBe(4);
		await expectClosed();
	});

	test('that never begins is downloaded four times more', async () => {
		shortenLimit();
		answer = () => {};
		const { error } = await fromHere();
		expect(error?.message).toContain('the server is too slow: 0 bytes came in time');
		expect(asked).toHaveLength(5);
		await expectClosed();
	});

	test('that comes slowly but steadily may take its time', async () => {
		jest.spyOn(deadlines, 'downloadMs').mockImplementation((bytes) => 500 + bytes / 50);
		answer = async (_request, response) => {
			response.writeHead(200, { 'content-length': 300_000 });
			for (let count = 0; count < 6; count++) {
				response.write(Buffer.alloc(50_000, 7));
				await delay(250);
			}
			response.end();
		};
		const { items, error } = await fromHere();
		expect(error).toBeUndefined();
		expect(await bytesOf(items[0])).toHaveLength(300_000);
		expect(asked).toHaveLength(1);
	});

	test('begins within a minute, and then comes with 50 kB a second', () => {
		expect(deadlines.downloadMs(0)).toBe(60_000);
		expect(deadlines.downloadMs(5_000_000)).toBe(160_000);
	});

	test('leaves nothing that waits, once it has arrived', async () => {
		const timeout = jest.spyOn(AbortSignal, 'timeout');
		const { error } = await test_.run('picsi/swap');
		expect(error).toBeUndefined();
		const timers = timeout.mock.results.map(({ value }) => value as AbortSignal);
		expect(timers.length).toBeGreaterThan(1);
		expect(timers.flatMap((timer) => getEventListeners(timer, 'abort'))).toEqual([]);
	});

	test('that stalls ends at once on Stop, and nothing of it is kept', async () => {
		await useBinaryMode('filesystem');
		answer = (_request, response) => {
			response.writeHead(200, { 'content-length': 300_000 });
			stallAfter(response, Buffer.alloc(1000, 7));
		};
		test_.simulator.script({
			match: { path: attachments },
			respond: { ...elsewhere, headers: { location: `${url}/result.png` } },
		});
		const before = stored().length;
		let stoppedAt = Infinity;
		await test_
			.run(
				'picsi/swap',
				{},
				{
					during: (execution) =>
						void until('the download', async () => asked.length === 1)
							.then(async () => await delay(100))
							.then(() => {
								stoppedAt = Date.now();
								execution.cancel();
							}),
				},
			)
			.catch(() => {});
		expect(Date.now() - stoppedAt).toBeLessThan(5000);
		await expectClosed();
		await until('an empty store', async () => stored().length - before === 4, 5000);
		expect(asked).toHaveLength(1);
	});

	test('whose refusal stalls is not waited for', async () => {
		answer = (_request, response) => {
			response.writeHead(418, { 'content-length': 1000 });
			response.flushHeaders();
		};
		const { error } = await fromHere();
		expect(error?.message).toContain('the server answered HTTP 418');
		expect(asked).toHaveLength(1);
		await expectClosed();
	});

	test.each([404, 403, 410, 418])(
		'that is refused with %i is not asked for again',
		async (status) => {
			answer = (_request, response) => response.writeHead(status).end();
			const { error } = await fromHere();
			expect(error?.message).toContain(`the server answered HTTP ${status}`);
			// An expired link may be fresh when the job is read again.
			expect(asked).toHaveLength(status === 418 ? 1 : 2);
		},
	);

	test.each([500, 503, 429, 408])('that fails with %i is asked for again', async (status) => {
		const content = Buffer.alloc(300_000, 7);
		answer = (_request, response) =>
			asked.length > 1 ? response.end(content) : response.writeHead(status).end();
		const { items } = await fromHere();
		expect(await bytesOf(items[0])).toEqual(content);
	});

	test.each([
		['an unknown host', 'http://nowhere.invalid/a.png', /its host name (is unknown|could not be)/],
		['a port where nobody listens', 'http://127.0.0.1:9/a.png', /it refuses connections/],
	])('at %s is told as such', async (_where, location, reason) => {
		const { error } = await swap({ ...elsewhere, headers: { location } });
		expect(error?.message).toMatch(reason);
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

describe('the name of a result', () => {
	const named = async (filename: string | undefined, content: Buffer) => {
		answer = (_request, response) => response.end(content);
		const { items, error } = await described({ filename, content_type: 'text/plain' });
		expect(error).toBeUndefined();
		return items[0]?.binary?.data;
	};
	const filesOf = async (operation: string, parameters: INodeParameters = {}) => {
		const { items } = await test_.run(operation, parameters);
		return Object.values(items[0]?.binary ?? {}).map(({ fileName }) => fileName);
	};

	test.each(['result.jpg', 'download', '../a\\b', undefined])(
		'of a PNG that the API calls %j is that of the operation and the job, and ends in png',
		async (given) => {
			const file = await named(given, await pictures.source());
			const fileName = `picsi-swap-${test_.simulator.jobs[0]?.jobid}.png`;
			expect(file).toMatchObject({ fileName, mimeType: 'image/png', fileExtension: 'png' });
		},
	);

	test('of a video ends in mp4', async () => {
		const file = await named('result.gif', pictures.mp4());
		expect(file).toMatchObject({
			fileName: expect.stringMatching(/\.mp4$/),
			mimeType: 'video/mp4',
		});
	});

	test.each<[string, INodeParameters, string]>([
		['picsi/swap', {}, 'scene-swapped.png'],
		['changeBackground/create', { prompt: 'beach' }, 'me-background.png'],
		['headshot/create', { prompt: 'anna, a chef' }, 'anna-headshot.png'],
	])('of %s with %j is %s', async (operation, parameters, name) => {
		expect(await filesOf(operation, parameters)).toEqual([name]);
	});

	test('has a number where there are several', async () => {
		test_.simulator.settings.resultCount = 2;
		expect(await filesOf('picsi/swap')).toEqual(['scene-swapped-1.png', 'scene-swapped-2.png']);
	});
});

/** What the node makes of a result whose attachment the job describes as given. */
const described = async (attachment: object) => {
	await test_.run('picsi/swap', { downloadResults: false });
	const [job] = test_.simulator.jobs;
	const shown = { url: `${url}/result.png`, filename: 'result.png', ...attachment };
	test_.simulator.script({
		match: { path: /jobs/ },
		respond: { status: 200, body: { ...job, attachments: [shown] } },
	});
	const parameters = { jobId: String(job?.jobid), downloadResults: true };
	return await test_.run('job/get', parameters, { items: [{}] });
};

describe('a result of unknown size', () => {
	const empty: Array<[string, RequestListener]> = [
		['of length 0', (_request, response) => response.writeHead(200, { 'content-length': 0 }).end()],
		['without a body', (_request, response) => response.writeHead(200).end()],
		[
			'of a chunked body without chunks',
			(_request, response) => response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(),
		],
	];

	test.each(
		[{}, { size: 0 }, { size: '300000' }, { size: null }].flatMap((size) =>
			empty.map(([how, respond]) => ({ size, how, respond })),
		),
	)('that is empty is an error that names the job: $size, $how', async ({ size, respond }) => {
		answer = respond;
		const { items, error } = await described({ content_type: 'image/png', ...size });
		expect(items).toEqual([]);
		expect(error?.message).toContain('result.png could not be downloaded: it is an empty file');
		expect(error?.message).toContain(`(job ${test_.simulator.jobs[0]?.jobid})`);
		expect(asked).toHaveLength(1);
	});

	test.each([
		['an HTML page', 'text/html; charset=utf-8', PAGE],
		['an HTML page behind blank lines', 'text/html', `\n\n\t \n\n\n\n\n\n\n\n\n\n${PAGE}`],
		['an HTML page that is said to be a picture', 'image/png', `\uFEFF\r\n${PAGE}`],
		['an HTML page of no type', undefined, PAGE],
		['a JSON answer', 'application/json', '{"error":"expired"}'],
		['a JSON answer of a type of its own', 'application/problem+json', '"expired link"'],
		['a JSON answer of no type', undefined, '[{"error":"expired"}]'],
		['an XML answer', 'application/xml', '<?xml version="1.0"?><Error/>'],
		['a text', 'text/plain', 'Der Link ist nicht mehr gültig.'],
		['a very short text', 'text/plain', 'no'],
	])('that is %s is an error that names the job', async (_what, type, body) => {
		await useBinaryMode('filesystem');
		answer = (_request, response) =>
			response.writeHead(200, type === undefined ? {} : { 'content-type': type }).end(body);
		const before = stored();
		const { items, error } = await described({ content_type: 'image/png' });
		expect(items).toEqual([]);
		expect(error?.message).toContain('result.png could not be downloaded: it is not a picture');
		expect(error?.message).toContain(`(job ${test_.simulator.jobs[0]?.jobid})`);
		expect(stored().filter((name) => !before.includes(name))).toHaveLength(4);
	});

	test('of announced size that is a page in chunks is an error at once', async () => {
		answer = (_request, response) =>
			response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
		const { error } = await described({ content_type: 'image/png', size: 300_000 });
		expect(error?.message).toContain('it is not a picture');
		expect(asked).toHaveLength(1);
	});

	const png = async () => await pictures.source();
	const bytes = (start: string) => async () =>
		Buffer.concat([Buffer.from(start, 'latin1'), Buffer.from('\0\x01\x02 rest', 'latin1')]);

	test.each([
		['a PNG', 'image/png', png],
		['a PNG that is said to be a page', 'text/html', png],
		['a WebP', 'image/webp', async () => await pictures.webp()],
		['a GIF that is said to be a text', 'text/plain', async () => Buffer.from('GIF89a tiny')],
		['a video', 'video/mp4', bytes('\0\0\0\x18ftypmp42')],
		['an unknown format', 'application/octet-stream', bytes('8BPS')],
		['an unknown format that is said to be a text', 'text/plain', bytes('II*')],
		['an unknown format that begins like a page', undefined, bytes('<')],
		['an unknown format of no type', undefined, bytes('something else')],
		['a single byte', undefined, async () => Buffer.from('\0')],
	])('that is %s is put out', async (_what, type, content) => {
		const whole = await content();
		answer = (_request, response) =>
			response.writeHead(200, type === undefined ? {} : { 'content-type': type }).end(whole);
		const { items, error } = await described({ content_type: 'image/png' });
		expect(error).toBeUndefined();
		expect(await bytesOf(items[0])).toEqual(whole);
	});
});

describe('a picture from a URL', () => {
	test('that breaks off within its first bytes is downloaded again, not sent short', async () => {
		const content = await pictures.webp();
		answer = (_request, response) =>
			asked.length > 1
				? response.end(content)
				: response.writeHead(200).write(content.subarray(0, 4), () => response.destroy());
		const { error } = await fromUrl('/broken.webp');
		expect(error).toBeUndefined();
		const sent = uploaded()?.parts.find(({ name }) => name === 'image');
		expect(sent).toMatchObject({ sha256: createHash('sha256').update(content).digest('hex') });
	});

	test.each([
		['its headers', 0],
		['its first bytes', 4],
		['many bytes', 1000],
	])(
		'that stalls for good after %s is an error, and nothing of it is kept',
		async (_what, count) => {
			shortenLimit();
			await useBinaryMode('filesystem');
			const content = await pictures.source();
			answer = (_request, response) =>
				stallAfter(response.writeHead(200), content.subarray(0, count));
			const before = stored();
			const { error } = await fromUrl('/stalled.png');
			expect(error?.message).toBe(
				`stalled.png (item 0) could not be downloaded: the server is too slow: ${count} bytes came in time`,
			);
			expect(asked).toHaveLength(5);
			expect(stored()).toEqual(before);
			await expectClosed();
		},
	);

	test('whose redirect stalls is not waited for', async () => {
		const content = await pictures.webp();
		answer = ({ url: path }, response) => {
			if (path === '/there.webp') return response.end(content);
			response.writeHead(302, { location: '/there.webp', 'content-length': 1000 });
			return response.flushHeaders();
		};
		const { error } = await fromUrl('/here.webp');
		expect(error).toBeUndefined();
		expect(asked).toEqual(['/here.webp', '/there.webp']);
	});

	test('that is text is refused at its first bytes, and nothing of it is kept', async () => {
		await useBinaryMode('filesystem');
		answer = (_request, response) => {
			response.writeHead(200, { 'content-type': 'text/plain' });
			pour(response);
		};
		const before = stored();
		const { error } = await fromUrl('/notes.txt');
		expect(error?.message).toBe('notes.txt (item 0) is a text, not a picture');
		expect(error?.description).toContain('"text/plain"');
		expect(written).toBeLessThan(10 * MB);
		expect(stored()).toEqual(before);
	});

	test('of unknown size that breaks off is downloaded again, not sent short', async () => {
		const content = await pictures.webp();
		answer = (_request, response) =>
			asked.length > 1
				? response.end(content)
				: response.write(content.subarray(0, 100), () => response.destroy());
		const { error } = await fromUrl('/cut.webp');
		expect(error).toBeUndefined();
		const sent = uploaded()?.parts.find(({ name }) => name === 'image');
		expect(sent).toMatchObject({ sha256: createHash('sha256').update(content).digest('hex') });
	});

	test('that is empty is refused', async () => {
		answer = (_request, response) => response.writeHead(200).end();
		const { error } = await fromUrl('/empty.png');
		expect(error?.message).toBe('empty.png (item 0) is an empty file');
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
		expect(error?.message).toBe(
			'huge.png (item 0) could not be downloaded: it is larger than 50 MB',
		);
	});

	test('has a clean name and type', async () => {
		const content = await pictures.webp();
		answer = (_request, response) =>
			response.writeHead(200, { 'content-type': 'no type' }).end(content);
		const { error } = await fromUrl(`/${'x'.repeat(3000)}.webp`);
		expect(error).toBeUndefined();
		const sent = uploaded()?.parts.find(({ name }) => name === 'image');
		expect(sent).toMatchObject({
			filename: `${'x'.repeat(190)}.webp`,
			contentType: 'image/webp',
		});
	});

	test.each([
		['/picture', 'picture.webp'],
		['/a/me.jpg?width=3', 'me.webp'],
		['/', 'image.webp'],
		['/C%3A%5Cpictures%5Cme', 'me.webp'],
	])('at %s is sent as %s', async (path, filename) => {
		const content = await pictures.webp();
		answer = (_request, response) => response.writeHead(200).end(content);
		await fromUrl(path);
		const sent = uploaded()?.parts.find(({ name }) => name === 'image');
		expect(sent).toMatchObject({ filename, contentType: 'image/webp' });
	});

	test.each([
		['404', '/none.png', /the server answered HTTP 404$/, 1],
		['a host that does not exist', 'http://nowhere.invalid/a.png', /its host name/, 0],
		['a port where nobody listens', 'http://127.0.0.1:9/a.png', /it refuses connections/, 0],
		['https where http is spoken', 'https:/there.png', /it does not speak https/, 0],
	])('with %s is told as such', async (_what, path, reason, times) => {
		answer = (_request, response) => response.writeHead(404).end();
		const address = path.replace('https:/', `${url.replace('http', 'https')}/`);
		const { error } = await fromUrl(address);
		expect(error?.message).toMatch(reason);
		expect(asked).toHaveLength(times);
	});

	test('that n8n does not call is told as such, once', async () => {
		const config = Container.get(SsrfProtectionConfig);
		config.enabled = true;
		try {
			const { error } = await fromUrl('/inside.png');
			expect(error?.message).toMatch(
				/^inside.png \(item 0\).*n8n's protection against .* \(SSRF\)/,
			);
			expect(asked).toHaveLength(0);
		} finally {
			config.enabled = false;
		}
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
					'go (item 0) could not be downloaded: its link leads into a private network',
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
