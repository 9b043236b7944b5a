import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { INodeExecutionData } from 'n8n-workflow';

import { bytesOf, useBinaryMode, type BinaryMode } from '../support/engine';
import { said } from '../support/errors';
import { pictures } from '../support/pictures';
import { DISCORD_TOKEN, locator, scenario } from '../support/scenario';

const test_ = scenario();
const { run, requests } = test_;

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
/** The result as the API serves it. */
const resultOf = async (item?: INodeExecutionData) =>
	Buffer.from(await (await fetch(String(item?.json.resultUrl))).arrayBuffer());
const name = (value: string) => locator(value, 'name');
const partsOf = (path: string) => requests(path)[0]?.parts ?? [];
const textOf = (path: string, part: string) => {
	const found = partsOf(path).find((one) => one.name === part);
	return found && 'value' in found ? found.value : undefined;
};

describe.each<BinaryMode>(['default', 'filesystem'])('with binary data in mode %s', (mode) => {
	beforeAll(async () => await useBinaryMode(mode));

	test('picsi/swap sends both pictures as they are and puts out the result', async () => {
		const { items, error } = await run('picsi/swap');
		expect(error).toBeUndefined();
		expect(partsOf('/v1/faceswap/picsi').slice(0, 2)).toEqual([
			expect.objectContaining({
				name: 'source_image',
				filename: 'me.png',
				contentType: 'image/png',
				sha256: sha256(await pictures.source()),
			}),
			expect.objectContaining({
				name: 'target_image_gif_or_video',
				filename: 'scene.jpg',
				contentType: 'image/jpeg',
				sha256: sha256(await pictures.target()),
			}),
		]);
		expect(items[0]?.json).toMatchObject({ status: 'completed', operation: 'picsi.swap' });
		expect(items[0]?.binary?.data).toMatchObject({ mimeType: 'image/png', fileType: 'image' });
		expect(await bytesOf(items[0])).toEqual(await resultOf(items[0]));
	});

	test('changeBackground/create waits for the picture', async () => {
		const { items } = await run('changeBackground/create', { prompt: 'sunny beach' });
		expect(textOf('/v1/faceswap/changebg', 'a_background_photo_of')).toBe('sunny beach');
		expect(items[0]?.json).toMatchObject({
			status: 'completed',
			operation: 'changeBackground.create',
			creditsRemaining: 796,
		});
		expect(await bytesOf(items[0])).toEqual(await resultOf(items[0]));
	});

	test('identity/save uploads the face', async () => {
		const { items } = await run('identity/save', { idName: name('me') });
		expect(items[0]?.json).toMatchObject({ status: 'completed', message: 'idname me created' });
		expect(items[0]?.binary).toBeUndefined();
	});

	test('picsi/swapIdentity swaps a saved face into a picture', async () => {
		await run('identity/save', { idName: name('me') });
		const { items } = await run('picsi/swapIdentity', { idName: name('me') });
		expect(items[0]?.json).toMatchObject({ status: 'completed', operation: 'picsi.swapIdentity' });
		expect(await bytesOf(items[0])).toEqual(await resultOf(items[0]));
	});

	test('picsi/swapImages still works, though deprecated', async () => {
		const { items } = await run('picsi/swapImages');
		expect(items[0]?.json).toMatchObject({ status: 'completed', operation: 'picsi.swapImages' });
	});

	test('picsi/swapImages saves the source face, and swaps in saved ones', async () => {
		const { items } = await run('picsi/swapImages', { saveIdName: 'me', swapIdName: 'me, _' });
		expect(items[0]?.json.status).toBe('completed');
		expect(test_.simulator.jobs[0]).toMatchObject({ saveid_idname: 'me', swapid_idname: 'me,_' });
	});

	test.each(['headshot/create', 'picsi/swap'])(
		'%s puts out every picture of a job',
		async (name_) => {
			test_.simulator.settings.resultCount = 3;
			const { items } = await run(name_, { prompt: 'a chef' });
			expect(Object.keys(items[0]?.binary ?? {})).toEqual(['data', 'data_1', 'data_2']);
			expect(items[0]?.json.resultUrls).toHaveLength(3);
		},
	);

	test('the link of a single picture stands alone', async () => {
		const { items } = await run('picsi/swap');
		expect(items[0]?.json).not.toHaveProperty('resultUrls');
	});
});

describe('pictures from a URL', () => {
	let server: Server;
	let url: string;

	beforeAll(async () => {
		const content = await pictures.webp();
		server = createServer((request, response) => {
			if (request.url?.startsWith('/missing')) return response.writeHead(404).end();
			return response.writeHead(200, { 'content-type': 'image/webp' }).end(content);
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	});

	afterAll(() => server.close());

	test.each([
		['picsi/swap', {}, 'source_image'],
		['changeBackground/create', { prompt: 'forest' }, 'image'],
		['identity/save', { idName: name('me') }, 'image'],
		['picsi/swapImages', {}, 'saveid_image'],
	])('%s takes it', async (operation, parameters, part) => {
		const address = locator(`${url}/portrait.webp`, 'url');
		const urls = { image: address, sourceImage: address, targetImage: address };
		const { items, error } = await run(operation, { ...parameters, ...urls }, { items: [{}] });
		expect(error).toBeUndefined();
		expect(items[0]?.json.status).toBe('completed');
		const sent = requests('/v1/faceswap/').find(({ method }) => method === 'POST');
		expect(sent?.parts.find((one) => one.name === part)).toMatchObject({
			filename: 'portrait.webp',
			contentType: 'image/webp',
			sha256: sha256(await pictures.webp()),
		});
	});

	test('one that cannot be downloaded is refused before anything is sent', async () => {
		const parameters = { image: locator(`${url}/missing.png`, 'url'), prompt: 'x' };
		const { error } = await run('changeBackground/create', parameters);
		expect(error?.message).toBe(
			'missing.png (item 0) could not be downloaded: the server answered HTTP 404',
		);
		expect(test_.simulator.journal).toHaveLength(0);
	});

	test.each(['={{ "" }}', 'ftp://example.com/a.png', 'portrait.png'])(
		'%s is refused',
		async (address) => {
			const { error } = await run('changeBackground/create', {
				image: locator(address, 'url'),
				prompt: 'x',
			});
			expect(said(error)).toMatch(/^Picture .*web address$/);
		},
	);
});

describe('identities', () => {
	test('getAll puts out one item for each', async () => {
		await run('identity/save', { idName: name('me') });
		await run('identity/save', { idName: name('you') });
		await run('identity/setDefault', { idName: name('you') });
		const { items } = await run('identity/getAll');
		expect(items.map(({ json }) => json)).toEqual(
			expect.arrayContaining([
				{ idName: 'me', isDefault: false },
				{ idName: 'you', isDefault: true },
			]),
		);
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 0 }]);
	});

	test('getAll without Simplify puts out the job', async () => {
		const { items } = await run('identity/getAll', { simplify: false });
		expect(items).toHaveLength(1);
		expect(items[0]?.json).toMatchObject({ verb: 'faceswap-listid', status: 'completed' });
	});

	test('delete and deleteAll say what the bot says', async () => {
		await run('identity/save', { idName: name('me') });
		const deleted = await run('identity/delete', { idName: name('me') });
		expect(deleted.items[0]?.json).toMatchObject({
			message: 'idname me deleted',
			deleted: true,
		});
		expect((await run('identity/deleteAll')).items[0]?.json).toMatchObject({ deleted: true });
		expect((await run('identity/getAll')).items).toEqual([]);
	});
});

describe('headshots and messages', () => {
	test('headshot/create waits for the picture', async () => {
		await run('identity/save', { idName: name('me') });
		const { items } = await run('headshot/create', { prompt: 'me, a smiling chef' });
		expect(textOf('/v1/faceswap/headshot', 'prompt')).toBe('me, a smiling chef');
		expect(items[0]?.json).toMatchObject({ status: 'completed', operation: 'headshot.create' });
		expect(items[0]?.binary?.data).toBeDefined();
	});

	test('picsi/swapMessage swaps into the picture of a message', async () => {
		await run('identity/save', { idName: name('me') });
		const posted = await run('picsi/swap', { simplify: false });
		const { items } = await run('picsi/swapMessage', {
			messageId: String(posted.items[0]?.json.messageId),
		});
		expect(items[0]?.json).toMatchObject({ status: 'completed', operation: 'picsi.swapMessage' });
	});
});

describe('accounts', () => {
	const channel = '112227748182245616';

	test('getAll puts out one item for each, with its credits', async () => {
		const { items } = await run('account/getAll');
		expect(items).toHaveLength(1);
		expect(items[0]?.json).toMatchObject({
			channel: test_.simulator.channels[0],
			creditsRemaining: 800,
			creditsTotal: 800,
		});
	});

	test('upsert hands over the token of the second credential', async () => {
		const parameters = { channel: locator(channel), serverId: '112222647716114454' };
		const { items, error } = await run('account/upsert', parameters);
		expect(error).toBeUndefined();
		expect(items[0]?.json).toEqual({ channel, server: '112222647716114454', saved: true });
		expect(requests(`/v1/faceswap/account/${channel}`)[0]?.body).toEqual({
			channel,
			server: '112222647716114454',
			discord: { sha256: sha256(Buffer.from(DISCORD_TOKEN)) },
		});
	});

	test('upsert hands over to each account the token of its own item', async () => {
		const channels = ['112227748182245616', '112227748182245617'];
		const tokens = channels.map((id) => `${DISCORD_TOKEN}-${id}`);
		const { token: apiToken, url: baseUrl } = test_.simulator;
		await run(
			'account/upsert',
			{ channel: locator('={{ $json.id }}'), serverId: '112222647716114454' },
			{
				items: channels.map((id, index) => ({ json: { id, token: tokens[index] } })),
				credentials: {
					useApiNetApi: { apiToken, baseUrl },
					useApiNetDiscordApi: { discordToken: '={{ $json.token }}' },
				},
			},
		);
		const sent = channels.map((id) => requests(`/v1/faceswap/account/${id}`)[0]?.body);
		expect(sent).toMatchObject(
			tokens.map((token) => ({ discord: { sha256: sha256(Buffer.from(token)) } })),
		);
	});

	test('what is no account in a list is left out', async () => {
		const body = { [channel]: null, error: 'Missing Access', code: 200 };
		test_.simulator.script({
			match: { path: '/v1/faceswap/account' },
			respond: { status: 200, body },
			times: 2,
		});
		expect((await run('account/getAll')).items).toEqual([]);
		expect((await test_.search('searchChannels', {})).results).toEqual([]);
	});

	test('a page instead of an empty list is an error', async () => {
		test_.simulator.script({
			match: { path: '/v1/faceswap/account' },
			respond: { status: 404, body: '<html>Not Found</html>' },
			times: 2,
		});
		expect((await run('account/getAll')).error?.message).toMatch(/^A proxy .* HTTP 404/);
		await expect(test_.search('searchChannels', {})).rejects.toThrow(/^A proxy .* HTTP 404/);
	});

	test('one that is not there cannot be deleted', async () => {
		const { error } = await run('account/delete', { channel: locator(channel) });
		expect(said(error)).toBe('useapi.net has no such account');
	});

	test('get reads one', async () => {
		const own = test_.simulator.channels[0] ?? '';
		const { items } = await run('account/get', { channel: locator(own) });
		expect(items[0]?.json).toMatchObject({ channel: own });
	});

	test('delete removes one, and the last list is empty', async () => {
		const own = test_.simulator.channels[0] ?? '';
		const { items } = await run('account/delete', { channel: locator(own) });
		expect(items[0]?.json).toEqual({ deleted: true });
		expect((await run('account/getAll')).items).toEqual([]);
	});

	test('a Discord token leaves the node masked, also when the API did not mask it', async () => {
		test_.simulator.settings.maskDiscord = false;
		const raw = { simplify: false };
		const runs = [await run('account/getAll', raw), await run('picsi/swap', raw)];
		const text = JSON.stringify(runs.map(({ run: stored }) => stored.data));
		expect(text).toContain('SIM…secured…001');
		expect(text).not.toContain('SIMULATED-discord-token-0001');
	});

	test('neither token stands in what n8n stores', async () => {
		const parameters = { channel: locator(channel), serverId: '112222647716114454' };
		test_.simulator.script({
			respond: { status: 400, body: { error: `same discord value ${DISCORD_TOKEN}` } },
		});
		const { run: stored, error } = await run('account/upsert', parameters);
		const text = JSON.stringify(stored.data) + String(error?.stack) + JSON.stringify(error);
		expect(error?.message).toContain('same discord value …secured…');
		expect(text).not.toContain(DISCORD_TOKEN);
		expect(text).not.toContain(test_.simulator.token);
	});
});

describe('a token in an error of the API', () => {
	// An error text is cut after 300 characters.
	test.each([231, 260, 290, 299])(
		'is masked also where the text is cut, after %i',
		async (before) => {
			const { token } = test_.simulator;
			const words = 'x'.repeat(before);
			test_.simulator.script({ respond: { status: 400, body: { error: `${words}${token}` } } });
			const { run: stored, error } = await run('account/getAll');
			const text = JSON.stringify(stored.data) + String(error?.stack) + JSON.stringify(error);
			expect(text).toContain(words);
			expect(text).not.toContain(`x${token[0]}`);
		},
	);

	test('is masked where it is plain text', async () => {
		const body = `No such user: ${encodeURIComponent(test_.simulator.token)}`;
		test_.simulator.script({ respond: { status: 400, body } });
		const { error } = await run('account/getAll');
		expect(error?.message).toContain('No such user: …secured…');
	});
});

describe('jobs', () => {
	const startOne = async () => {
		const { items } = await run('changeBackground/create', { prompt: 'x', waitMode: 'none' });
		return String(items[0]?.json.jobId);
	};

	test("a submission that doesn't wait puts out the started job", async () => {
		const { items } = await run('changeBackground/create', { prompt: 'x', waitMode: 'none' });
		expect(items[0]?.json.status).toBe('started');
		expect(items[0]?.binary).toBeUndefined();
	});

	test('get reads a job as it is', async () => {
		test_.simulator.settings.asyncMs = 60_000;
		const { items } = await run('job/get', { jobId: await startOne() });
		expect(items[0]?.json.status).toBe('started');
	});

	test('getAll lists the running ones, in whatever shape the API has', async () => {
		test_.simulator.settings.asyncMs = 60_000;
		const ids = [await startOne(), await startOne()].sort();
		for (const shape of ['array', 'object', 'objectWithoutIds', 'wrapped'] as const) {
			test_.simulator.settings.jobsShape = shape;
			const { items } = await run('job/getAll');
			expect(items.map(({ json }) => json.jobId).sort()).toEqual(ids);
		}
	});

	test('wait puts out the result', async () => {
		const { items } = await run('job/wait', { jobId: await startOne() });
		expect(items[0]?.json.status).toBe('completed');
		expect(items[0]?.binary?.data).toBeDefined();
	});

	test('wait ends with an error that names the job when the time runs out', async () => {
		test_.simulator.settings.asyncMs = 60_000;
		const jobId = await startOne();
		const parameters = { jobId, additionalFields: { maximumWait: 0.05 } };
		const { error } = await run('job/wait', parameters);
		expect(said(error)).toBe(`The job has not ended within 0.05 seconds (job ${jobId})`);
	});

	test('cancel stops a job', async () => {
		test_.simulator.settings.asyncMs = 60_000;
		const { items } = await run('job/cancel', { jobId: await startOne() });
		expect(items[0]?.json.status).toBe('cancelled');
	});

	test('a job that failed is data to get and an error to wait', async () => {
		test_.simulator.script({
			match: { verb: 'changebg' },
			outcome: 'failed',
			content: 'No face found',
		});
		const jobId = await startOne();
		const waited = await run('job/wait', { jobId });
		expect(said(waited.error)).toBe(`The job failed: No face found (job ${jobId})`);
		expect((await run('job/get', { jobId })).items[0]?.json.status).toBe('failed');
	});
});

describe('subscription/get', () => {
	test('reads the account at useapi.net', async () => {
		const { items } = await run('subscription/get');
		expect(items[0]?.json).toMatchObject({ subscriptionIsActive: true });
	});
});

describe('dropdowns', () => {
	test('channels show nothing that changes, and can be searched', async () => {
		const [own = ''] = test_.simulator.channels;
		const all = await test_.search('searchChannels', {});
		expect(all.results).toEqual([{ name: own, value: own }]);
		expect((await test_.search('searchChannels', {}, 'nothing')).results).toEqual([]);
	});

	test('identities of the chosen channel', async () => {
		await run('identity/save', { idName: name('me') });
		const channel = locator(test_.simulator.channels[0] ?? '');
		const { results } = await test_.search('searchIdentities', { channel });
		expect(results.map(({ value }) => value)).toEqual(['me']);
	});

	test('identities that the bot cannot list are an error, no empty list', async () => {
		test_.simulator.script({ match: { verb: 'listid' }, outcome: 'failed', content: 'Try later' });
		await expect(test_.search('searchIdentities', {})).rejects.toThrow(/The job failed: Try later/);
	});

	test('say what is wrong with the credential', async () => {
		test_.simulator.settings.token = 'another';
		await expect(test_.search('searchChannels', {})).rejects.toThrow(/API token/);
	});

	test('are empty while no account is configured', async () => {
		const respond = { status: 404, body: { error: 'No accounts configured' } };
		test_.simulator.script({ match: { path: '/v1/faceswap/account' }, respond });
		expect((await test_.search('searchChannels', {})).results).toEqual([]);
	});
});
