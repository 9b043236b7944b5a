import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { INodeParameters } from 'n8n-workflow';

import { useBinaryMode, type BinaryMode } from '../support/engine';
import { said } from '../support/errors';
import { pictures } from '../support/pictures';
import { DISCORD_TOKEN, locator, scenario } from '../support/scenario';

const test_ = scenario();
const { run, requests } = test_;

const PICSI = '/v1/faceswap/picsi';

const part = (path: string, name: string) =>
	requests(path)
		.at(-1)
		?.parts.find((sent) => sent.name === name);

/** The text of a part of the last request to a path. */
const textOf = (path: string, name: string) => {
	const found = part(path, name);
	return found && 'value' in found ? found.value : undefined;
};

/** The file name of a part of the last request to a path. */
const fileOf = (path: string, name: string) => {
	const found = part(path, name);
	return found && 'filename' in found ? found.filename : undefined;
};

const withoutCalls = () => expect(test_.simulator.journal).toHaveLength(0);

describe.each<BinaryMode>(['default', 'filesystem'])('a picture, with files in mode %s', (mode) => {
	beforeAll(async () => await useBinaryMode(mode));

	test.each(['', ' ', undefined])('comes from its usual field where it is %j', async (value) => {
		const given = value === undefined ? {} : { sourceImage: locator(value, 'binary') };
		await run('picsi/swap', given);
		expect(fileOf(PICSI, 'source_image')).toBe('me.png');
		expect(fileOf(PICSI, 'target_image_gif_or_video')).toBe('scene.jpg');
	});

	test('comes from the field that it names', async () => {
		await run('picsi/swap', { sourceImage: locator('target', 'binary') });
		expect(fileOf(PICSI, 'source_image')).toBe('scene.jpg');
	});

	test('is named by a plain text', async () => {
		await run('picsi/swap', { sourceImage: 'target' });
		expect(fileOf(PICSI, 'source_image')).toBe('scene.jpg');
	});

	test.each([
		['its value', locator("={{ $('Input').first().binary.data }}", 'binary')],
		['an expression in place of the locator', "={{ $('Input').first().binary.data }}"],
	])('is a file of another item, given as %s', async (_as, sourceImage) => {
		const { binary: own } = await test_.item();
		const face = { data: { content: await pictures.webp(), fileName: 'one-face.webp' } };
		const items = [{ binary: { ...own, ...face } }, { binary: own }, { binary: own }];
		const { error } = await run('picsi/swap', { sourceImage } as INodeParameters, { items });
		expect(error).toBeUndefined();
		const sent = requests(PICSI).map(({ parts }) =>
			parts.find((one) => one.name === 'source_image'),
		);
		expect(sent).toHaveLength(3);
		for (const one of sent) expect(one).toMatchObject({ filename: 'one-face.webp' });
	});
});

describe('a picture at a web address', () => {
	let server: Server;
	let url: string;

	beforeAll(async () => {
		const content = await pictures.webp();
		server = createServer((_request, response) =>
			response.writeHead(200, { 'content-type': 'image/webp' }).end(content),
		);
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/portrait.webp`;
	});

	afterAll(() => server.close());

	test.each([
		['in mode URL', () => locator(url, 'url')],
		['in mode Binary Field', () => locator(url, 'binary')],
		['as a plain text, as AI agents give it', () => url],
		['by an expression, with blanks around it', () => locator(`={{ " ${url} " }}`, 'binary')],
	])('is downloaded: %s', async (_how, given) => {
		const { error } = await run('picsi/swap', { sourceImage: given() });
		expect(error).toBeUndefined();
		expect(fileOf(PICSI, 'source_image')).toBe('portrait.webp');
	});

	test('is refused in mode URL where it is a field', async () => {
		const { error } = await run('picsi/swap', { sourceImage: locator('data', 'url') });
		expect(said(error)).toBe('Face "data" is not a web address');
		expect(error?.description).toMatch(/choose Binary Field/);
		withoutCalls();
	});
});

describe('a picture that an expression gives', () => {
	const base64 = 'iVBORw0KGgo'.repeat(20);

	test.each([
		['{{ ["src"] }}', 'Face is a list instead of the name of a binary field', /expression/],
		[
			`{{ "data:image/png;base64,${base64}" }}`,
			'Face is a data URL instead of the name of a binary field',
			/Convert to File/,
		],
		[
			`{{ "${base64}" }}`,
			'Face is base64 text instead of the name of a binary field',
			/Convert to File/,
		],
		[
			"{{ $('Input').first().binary }}",
			'Face is an object instead of the name of a binary field',
			/item\.binary\.data/,
		],
		['{{ true }}', 'Face is true instead of the name of a binary field', /expression/],
	])('is refused as what it is: %#', async (expression, message, description) => {
		const { error } = await run('picsi/swap', { sourceImage: locator(`=${expression}`, 'binary') });
		expect(said(error)).toBe(message);
		expect(error?.description).toMatch(description);
		withoutCalls();
	});

	test('is named in short where no field has that name', async () => {
		const name = 'x'.repeat(80);
		const { error } = await run('picsi/swap', { sourceImage: locator(name, 'binary') });
		expect(error?.message).toBe(`Face (item 0): there is no binary field "${'x'.repeat(60)}…"`);
	});
});

test.each(['picsi/swapIdentity', 'picsi/swapImages'])(
	'%s takes no GIF over 10 MB',
	async (name) => {
		const gif = Buffer.concat([await pictures.gif(), Buffer.alloc(10 * 1024 * 1024)]);
		const { binary = {} } = await test_.item();
		const file = { content: gif, fileName: 'big.gif' };
		const items = [{ binary: { ...binary, target: file, big: file } }];
		const parameters = { idName: locator('me', 'name'), image: locator('big', 'binary') };
		const { error } = await run(name, parameters, { items });
		expect(error?.message).toMatch(/^big\.gif \(item 0\) is a GIF of 10 MB/);
		withoutCalls();
	},
);

describe('several faces', () => {
	const rows = (...faces: object[]) => ({ severalFaces: { faces } }) as unknown as INodeParameters;
	const use = (name: string) => ({ use: 'face', idName: locator(name, 'name') });
	const alone = { use: 'leaveAlone' };

	test.each(['picsi/swapIdentity', 'identity/setDefault'])(
		'are sent from left to right by %s, in place of the saved face',
		async (name) => {
			const parameters = {
				idName: locator('other', 'name'),
				...rows(use('me'), alone, use('a + b')),
			};
			await run(name, parameters);
			const path = name === 'picsi/swapIdentity' ? 'swapid' : 'setid';
			expect(textOf(`/v1/faceswap/${path}`, 'idname')).toBe('me,_,a+b');
		},
	);

	test.each([
		['that all stay as they are', rows(alone, alone), 'Several Faces leaves every face alone'],
		['without a name', rows(alone, use(' ')), 'Several Faces, face 2, is empty'],
		['none at all', {}, 'Saved Face is empty'],
	])('%s are refused', async (_which, parameters, message) => {
		const { error } = await run('picsi/swapIdentity', parameters);
		expect(said(error)).toBe(message);
		withoutCalls();
	});
});

describe('the lasting options of Set Default', () => {
	const set = async (setOptions: INodeParameters, more: INodeParameters = {}) =>
		await run('identity/setDefault', { setOptions, ...more });

	test.each([
		[{ faceTexturizer: true, sharpen: true, greedy: true }, '-f -s --greedy'],
		[{ greedy: false }, '--nogreedy'],
	])('%j are sent as %s, which the bot takes', async (setOptions, sent) => {
		const { items } = await set(setOptions);
		expect(items[0]?.json.status).toBe('completed');
		expect(textOf('/v1/faceswap/setid', 'idname')).toBe(sent);
	});

	test.each([
		['me', { greedy: true }],
		['me --greedy', {}],
		['me,_ -s --oldify 300', {}],
	])('go without a face, as the bot takes one or the other: "%s", %j', async (face, options) => {
		const { error } = await set(options, { idName: locator(face, 'name') });
		expect(said(error)).toBe('A saved face and options are both set');
		withoutCalls();
	});

	test('are needed where no face is chosen', async () => {
		expect(said((await set({})).error)).toBe('Saved Face is empty');
		withoutCalls();
	});
});

describe("a headshot's prompt", () => {
	const PATH = '/v1/faceswap/headshot';

	test.each([
		[{ idName: locator('me', 'name') }, 'me, a chef'],
		[{}, 'a chef'],
		[{ square: true }, 'a chef --square'],
		[{ square: '={{ "false" }}' }, 'a chef'],
		[{ noWords: 'hat, sun glasses,' }, 'a chef --no hat --no sun glasses'],
		[
			{ idName: locator('me', 'name'), noWords: 'hat', square: true },
			'me, a chef --no hat --square',
		],
	])('with %j is %s', async (parameters, sent) => {
		await run('headshot/create', { prompt: ' a chef ', ...parameters });
		expect(textOf(PATH, 'prompt')).toBe(sent);
	});

	test('has no face that is none', async () => {
		const parameters = { idName: locator('me,you', 'name'), prompt: 'a chef' };
		const { error } = await run('headshot/create', parameters);
		expect(said(error)).toBe('Saved Face "me,you" is not a valid name');
		withoutCalls();
	});
});

test.each([
	['headshot/create', 'headshot'],
	['changeBackground/create', 'changebg'],
])('%s sends options of the bot as they are', async (name, path) => {
	const additionalFields = { botOptions: ' --new 5 ' };
	await run(name, { prompt: 'a chef', additionalFields });
	expect(textOf(`/v1/faceswap/${path}`, 'options')).toBe('--new 5');
	await run(name, { prompt: 'a chef' });
	expect(textOf(`/v1/faceswap/${path}`, 'options')).toBeUndefined();
});

describe('Return All and Limit', () => {
	const count = async (name: string, parameters: INodeParameters) =>
		(await run(name, parameters)).items.length;

	const expectLimits = async (name: string, all: number) => {
		expect(await count(name, {})).toBe(all);
		expect(await count(name, { limit: 1 })).toBe(1);
		expect(await count(name, { limit: '={{ "2" }}' })).toBe(2);
		expect(await count(name, { returnAll: true })).toBe(all);
	};

	test('of saved faces', async () => {
		for (const name of ['me', 'you', 'anna']) {
			await run('identity/save', { idName: locator(name, 'name') });
		}
		await expectLimits('identity/getAll', 3);
	});

	test('of jobs', async () => {
		test_.simulator.settings.asyncMs = 60_000;
		for (const prompt of ['beach', 'forest', 'city']) {
			await run('changeBackground/create', { prompt, waitMode: 'none' });
		}
		await expectLimits('job/getAll', 3);
	});

	test('of accounts', async () => {
		for (const [index, channel] of ['112227748182245616', '112227748182245617'].entries()) {
			const parameters = { channel: locator(channel), serverId: `11222264771611445${index}` };
			const { token: apiToken, url: baseUrl } = test_.simulator;
			const credentials = {
				useApiNetApi: { apiToken, baseUrl },
				useApiNetDiscordApi: { discordToken: `${DISCORD_TOKEN}${index}` },
			};
			await run('account/upsert', parameters, { credentials });
		}
		await expectLimits('account/getAll', 3);
	});

	test('say what a limit must be', async () => {
		const { error } = await run('job/getAll', { limit: '={{ "some" }}' });
		expect(said(error)).toBe('Limit "some" is not a number from 1 on');
	});
});

describe('an account', () => {
	test.each(['account/get', 'account/getAll'])('%s shows credits and no token', async (name) => {
		const [channel = ''] = test_.simulator.channels;
		const { items } = await run(name, { channel: locator(channel) });
		expect(items[0]?.json).toEqual({
			channel,
			server: expect.stringMatching(/^\d+$/) as string,
			creditsRemaining: 800,
			creditsTotal: 800,
		});
	});

	test('is as the API has it without Simplify', async () => {
		const { items } = await run('account/getAll', { simplify: false });
		expect(items[0]?.json).toMatchObject({ credits: { total: 800, used: 0 } });
	});

	test('needs the credential with the Discord token', async () => {
		const { token: apiToken, url: baseUrl } = test_.simulator;
		const credentials = { useApiNetApi: { apiToken, baseUrl } };
		const channel = locator('112227748182245616');
		const parameters = { channel, serverId: '112222647716114454' };
		const { error } = await run('account/upsert', parameters, { credentials });
		expect(said(error)).toBe('No credential with the Discord Token is chosen');
		withoutCalls();
	});
});

describe('Set Reply URL', () => {
	const address = 'https://example.com/hook?secret=abc';
	const set = async (replyUrl: string) => await run('subscription/setReplyUrl', { replyUrl });
	const read = async () => (await run('subscription/get')).items[0]?.json.replyUrl;
	const path = '/v2/account';

	test('sets it and shows no secret, and clears it', async () => {
		const shown = 'https://example.com/hook?secret=…secured…';
		expect((await set(address)).items[0]?.json).toEqual({ replyUrl: shown, saved: true });
		expect(await read()).toBe(shown);
		expect((await set('')).items[0]?.json).toEqual({ replyUrl: '', saved: true });
		expect(await read()).toBeUndefined();
	});

	test.each([
		['a text', { status: 200, body: 'OK' }],
		['no body', { status: 201 }],
	])('takes %s for a success', async (_what, answer) => {
		test_.simulator.script({ match: { method: 'POST', path }, acceptThen: answer });
		expect((await set('https://example.com/hook')).items[0]?.json.saved).toBe(true);
		expect(requests(path).filter(({ method }) => method === 'POST')).toHaveLength(1);
	});

	test('says so where the API has not stored it', async () => {
		test_.simulator.script({ match: { method: 'POST', path }, respond: { status: 200, body: {} } });
		const { error } = await set('https://example.com/hook');
		expect(said(error)).toBe('useapi.net has not stored the reply URL');
	});

	test('is not sent where it is no address', async () => {
		const { error } = await set('mailto:me');
		expect(said(error)).toBe('Reply URL is not a web address');
		withoutCalls();
	});

	test('adds the secret of a trigger of this n8n', async () => {
		await set('http://127.0.0.1:5678/webhook/some-uuid/insightfaceswap');
		expect(await read()).toBe(
			'http://127.0.0.1:5678/webhook/some-uuid/insightfaceswap?secret=…secured…',
		);
	});
});

test('a job that is only started is not downloaded, whatever it has', async () => {
	const { items } = await run('picsi/swap', { waitMode: 'none' });
	expect(items[0]?.json.resultUrl).toBeDefined();
	expect(items[0]?.binary).toBeUndefined();
});

test('the output shows only a reference of the user', async () => {
	const own = { additionalFields: { replyRef: 'order-1' } };
	expect((await run('picsi/swap')).items[0]?.json).not.toHaveProperty('replyRef');
	expect((await run('picsi/swap', own)).items[0]?.json.replyRef).toBe('order-1');
});

describe('Keep Input Pictures', () => {
	test('returns the face and the picture beside the result', async () => {
		const { items } = await run('picsi/swap', { additionalFields: { keepInputPictures: true } });
		expect(Object.keys(items[0]?.binary ?? {}).sort()).toEqual(['data', 'face', 'picture']);
		expect(items[0]?.binary).toMatchObject({
			data: { fileName: 'scene-swapped.png' },
			face: { fileName: 'me.png' },
			picture: { fileName: 'scene.jpg' },
		});
	});

	test('is off unless it is chosen', async () => {
		const { items } = await run('picsi/swap');
		expect(Object.keys(items[0]?.binary ?? {})).toEqual(['data']);
	});
});

test('the same file as Face and Picture is warned of', async () => {
	const parameters = { targetImage: locator('data', 'binary') };
	const { run: execution } = await run('picsi/swap', parameters);
	const [data] = execution.data.resultData.runData.InsightFaceSwap ?? [];
	expect(data?.hints).toContainEqual(
		expect.objectContaining({
			type: 'warning',
			message: expect.stringContaining('are the same file (item 0)'),
		}),
	);
});
