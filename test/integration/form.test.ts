import { createHash } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Container } from '@n8n/di';
import FormData from 'form-data';
import { BinaryDataService } from 'n8n-core';

import { runNode, useBinaryMode, type BinaryMode } from '../support/engine';
import { pictures } from '../support/pictures';
import { locator, scenario } from '../support/scenario';

const test_ = scenario();

interface Received {
	contentLength: number;
	/** The body, with the boundary replaced by a fixed one. */
	body: string;
}

/** A server that keeps the forms that it receives, to the byte. */
async function recorder() {
	const received: Received[] = [];
	const server = createServer((incoming, response) => {
		void keep(incoming, received).then(() =>
			response
				.writeHead(200, { 'content-type': 'application/json' })
				.end('{"jobid":"1","status":"completed"}'),
		);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return { received, server, url: urlOf(server) };
}

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function keep(incoming: IncomingMessage, received: Received[]): Promise<void> {
	const chunks: Buffer[] = [];
	for await (const chunk of incoming) chunks.push(chunk as Buffer);
	if (incoming.method !== 'POST') return;
	const boundary = /boundary=(.*)/.exec(incoming.headers['content-type'] ?? '')?.[1] ?? '';
	const body = Buffer.concat(chunks).toString('latin1');
	received.push({
		contentLength: Number(incoming.headers['content-length']) - body.length,
		body: body.split(boundary).join('BOUNDARY'),
	});
}

async function sendReference(url: string, form: FormData): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		const outgoing = httpRequest(url, {
			method: 'POST',
			headers: { ...form.getHeaders(), 'content-length': form.getLengthSync() },
		});
		outgoing.on('response', (response) => response.resume().on('end', resolve));
		outgoing.on('error', reject);
		form.pipe(outgoing);
	});
}

describe('the multipart body', () => {
	test('is, byte for byte, what form-data makes of the same parts', async () => {
		const { received, server, url } = await recorder();
		await runNode({
			parameters: {
				resource: 'picsi',
				operation: 'swap',
				channel: locator('112227748182245616'),
				downloadResults: false,
				picsiOptions: { keepMouth: true },
				additionalFields: { replyRef: 'mine', replyUrl: 'https://example.com/hook' },
			},
			items: [await test_.item()],
			credentials: { useApiNetApi: { apiToken: 'user:1-x', baseUrl: url } },
		});

		const form = new FormData();
		const source = { filename: 'me.png', contentType: 'image/png' };
		const target = { filename: 'scene.jpg', contentType: 'image/jpeg' };
		form.append('source_image', await pictures.source(), source);
		form.append('target_image_gif_or_video', await pictures.target(), target);
		form.append('options', '-m');
		form.append('replyUrl', 'https://example.com/hook');
		form.append('replyRef', 'mine');
		form.append('channel', '112227748182245616');
		await sendReference(url, form);
		server.close();

		const [ours, reference] = received;
		expect(ours?.body).toBe(reference?.body);
		expect(ours?.contentLength).toBe(0);
	});

	test('carries a Content-Length, so the API takes it', async () => {
		await test_.run('picsi/swap');
		const [entry] = test_.requests('/v1/faceswap/picsi');
		expect(Number(entry?.headers['content-length'])).toBeGreaterThan(1000);
	});
});

describe('a picture in the form', () => {
	test('without a name and a type gets both from its content', async () => {
		const items = [
			{
				binary: {
					data: { content: await pictures.webp() },
					target: { content: await pictures.gif() },
				},
			},
		];
		await test_.run('picsi/swap', {}, { items });
		const [source, target] = test_.requests('/v1/faceswap/picsi')[0]?.parts ?? [];
		expect(source).toMatchObject({ filename: 'sourceImage.webp', contentType: 'image/webp' });
		expect(target).toMatchObject({ filename: 'targetImage.gif', contentType: 'image/gif' });
	});

	test('may lie in a field that an expression names', async () => {
		const content = await pictures.source();
		const items = [{ json: { field: 'photo' }, binary: { photo: { content } } }];
		const parameters = { prompt: 'x', image: locator('={{ $json.field }}', 'binary') };
		const { items: output } = await test_.run('changeBackground/create', parameters, { items });
		expect(output[0]?.json.status).toBe('completed');
	});

	test.each([
		['file_7', 'target', 'file_7.jpg'],
		['IMG_0001.HEIC', 'target', 'IMG_0001.jpg'],
		['C:\\Users\\me\\pic', 'source', 'pic.png'],
		['download', 'source', 'download.png'],
		['me.PNG', 'source', 'me.PNG'],
	] as const)('called %s ends in what it is', async (fileName, picture, sent) => {
		const items = [{ binary: { data: { content: await pictures[picture](), fileName } } }];
		await test_.run('identity/save', { idName: locator('me', 'name') }, { items });
		const parts = test_.requests('/v1/faceswap/saveid')[0]?.parts ?? [];
		expect(parts.find(({ name }) => name === 'image')).toMatchObject({ filename: sent });
	});

	test.each(['file-that-is-gone', 'filesystem-v2:workflows/w/executions/1/binary_data/none'])(
		'that is no longer in n8n’s store is an error that says why, and nothing is sent: %s',
		async (id) => {
			await useBinaryMode('filesystem');
			const binary = `={{ ({ id: "filesystem-v2:${id}", data: "filesystem-v2", mimeType: "image/png", fileName: "me.png" }) }}`;
			const parameters = { prompt: 'x', image: locator(binary, 'binary') };
			const { error } = await test_.run('changeBackground/create', parameters);
			await useBinaryMode('default');
			expect(error?.message).toMatch(/^me.png \(item 0\) could not be read from n8n's store: /);
			expect(error?.description).toMatch(/pruned.*workers.*Nothing was sent/);
			expect(test_.simulator.journal).toHaveLength(0);
		},
	);

	test('in base64 with line breaks, as MIME has it, arrives whole', async () => {
		const content = await pictures.source();
		const data = content.toString('base64').replace(/.{76}/g, '$&\r\n');
		const binary = `={{ ({ data: ${JSON.stringify(data)}, mimeType: "image/png" }) }}`;
		const parameters = { prompt: 'x', image: locator(binary, 'binary') };
		const { items } = await test_.run('changeBackground/create', parameters);
		expect(items[0]?.json.status).toBe('completed');
		const sent = test_
			.requests('/v1/faceswap/changebg')[0]
			?.parts.find(({ name }) => name === 'image');
		expect(sent).toMatchObject({ sha256: sha256(content) });
	});

	test('keeps a name with quotes and umlauts', async () => {
		const content = await pictures.source();
		const items = [
			{ binary: { data: { content, fileName: 'Zoë "1".png', mimeType: 'image/png' } } },
		];
		await test_.run('identity/save', { idName: locator('zoe', 'name') }, { items });
		const image = test_
			.requests('/v1/faceswap/saveid')[0]
			?.parts.find((part) => part.name === 'image');
		expect(image).toMatchObject({ filename: 'Zoë %221%22.png', sha256: sha256(content) });
	});
});

describe.each<BinaryMode>(['default', 'filesystem'])(
	'a picture in n8n’s store in mode %s',
	(mode) => {
		beforeAll(async () => await useBinaryMode(mode));

		const save = async (content: Buffer) => {
			const items = [{ binary: { data: { content, fileName: 'me.png', mimeType: 'image/png' } } }];
			await test_.run('identity/save', { idName: locator('me', 'name') }, { items });
			return test_
				.requests('/v1/faceswap/saveid')
				.flatMap(({ parts = [] }) =>
					parts.flatMap((part) => ('sha256' in part ? part.sha256 : [])),
				);
		};
		const ofBytes = async (bytes: number) => {
			const picture = await pictures.source();
			return Buffer.concat([picture, Buffer.alloc(bytes - picture.length, 7)]);
		};

		test.each([131_071, 131_072, 131_073, 1_000_000])(
			'arrives whole with %d bytes',
			async (bytes) => {
				const content = await ofBytes(bytes);
				expect(await save(content)).toEqual([sha256(content)]);
			},
		);

		test.each([50_000, 1_000_000])(
			'arrives whole with %d bytes when it is sent again after a 429',
			async (bytes) => {
				const content = await ofBytes(bytes);
				test_.simulator.script({ match: { verb: 'saveid' }, respond: { status: 429 } });
				expect(await save(content)).toEqual([sha256(content), sha256(content)]);
			},
		);
	},
);

test('a small picture is read from n8n’s store once', async () => {
	await useBinaryMode('filesystem');
	const reading = jest.spyOn(Container.get(BinaryDataService), 'getAsStream');
	await test_.run('identity/save', { idName: locator('me', 'name') });
	expect(reading).toHaveBeenCalledTimes(1);
});

test.each([
	['more', 10, 1_000],
	['more', 10, 400_000],
	['less', -10, 1_000],
	['less', -10, 400_000],
])(
	'a picture with %s bytes announced than stored is damaged, and nothing was taken: %d of %d',
	async (_how, difference, bytes) => {
		await useBinaryMode('filesystem');
		const service = Container.get(BinaryDataService);
		const metadataOf = service.getMetadata.bind(service);
		jest.spyOn(service, 'getMetadata').mockImplementation(async (id) => {
			const metadata = await metadataOf(id);
			return { ...metadata, fileSize: metadata.fileSize + difference };
		});
		const content = Buffer.concat([await pictures.source(), Buffer.alloc(bytes, 7)]);
		const file = { content, fileName: 'me.png', mimeType: 'image/png' };
		const items = [{ binary: { data: file, target: file } }];
		const { error } = await test_.run('picsi/swap', {}, { items });
		expect(error?.message).toMatch(/^me\.png \(item 0\) does not have the \d+ bytes/);
		expect(error?.description).toMatch(/Nothing was sent\.$/);
		expect(test_.simulator.jobs).toEqual([]);
	},
);

test('a picture that n8n loses between its check and its upload was not sent', async () => {
	await useBinaryMode('filesystem');
	const service = Container.get(BinaryDataService);
	const streamOf = service.getAsStream.bind(service);
	const reading = jest.spyOn(service, 'getAsStream');
	// The check reads it once.
	reading.mockImplementationOnce(streamOf).mockRejectedValue(new Error('no such file'));
	const content = Buffer.concat([await pictures.source(), Buffer.alloc(400_000, 7)]);
	const file = { content, fileName: 'me.png', mimeType: 'image/png' };
	const items = [{ binary: { data: file } }];
	const { error } = await test_.run('changeBackground/create', { prompt: 'x' }, { items });
	expect(error?.message).toMatch(/^me\.png \(item 0\) could not be read from n8n's store/);
	expect(error?.description).toMatch(/Nothing was sent\.$/);
	expect(test_.simulator.jobs).toEqual([]);
});
