import { createHash } from 'node:crypto';

import type { ICredentialDataDecryptedObject, IDataObject, INodeParameters } from 'n8n-workflow';

import type { JournalEntry } from '../../simulator';
import { bytesOf, useBinaryMode, type NodeRun, type TestItem } from '../support/engine';
import { said, saidIn } from '../support/errors';
import { pictures } from '../support/pictures';
import { DISCORD_TOKEN, locator, scenario } from '../support/scenario';

const test_ = scenario();
const { run } = test_;

const name = locator('me', 'name');
const swap = async (options = {}) => await run('picsi/swap', {}, options);
const submissions = () => test_.requests('/v1/faceswap/picsi');
const sentText = (entry: JournalEntry | undefined, part: string) => {
	const found = entry?.parts.find((sent) => sent.name === part);
	return found && 'value' in found ? found.value : undefined;
};

describe('what the API refuses', () => {
	test.each([
		[400, { error: 'Required param idname is missing or empty' }, /idname is missing/, /parameter/],
		[401, { error: 'Unauthorized' }, /did not accept the API token/, /user:/],
		[402, { error: 'Account has no subscription' }, /no active subscription/, /Renew/],
		[403, { error: 'Forbidden' }, /does not allow/, /may belong to another user/],
		[
			404,
			{ error: 'Unable to locate job 1' },
			/could not find it: Unable to locate/,
			/Check the ID.*31 days/,
		],
		[410, { error: 'Job has expired' }, /expired/, /31 days. Submit it again/],
		[412, {}, /out of credits/, /Choose another channel/],
		[422, { error: 'Moderated' }, /rejected by moderation: Moderated/, /reword/],
		[
			596,
			{},
			/taken this account out of use/,
			/Sign in to Discord with it.*only if it has changed/,
		],
		[407, 'Proxy Authentication Required', /proxy/, /name and a password.*HTTPS_PROXY/],
		[403, '<h1>Blocked</h1>', /^A proxy or another server .* HTTP 403$/, /HTTPS_PROXY/],
		[404, '404 page not found', /^A proxy or another server .* HTTP 404: 404 page/, /Base URL/],
	])('%i is told apart, with what to do next', async (status, body, message, description) => {
		test_.simulator.script({ match: { verb: 'picsi' }, respond: { status, body } });
		const { error } = await swap();
		expect(said(error)).toMatch(message);
		expect(error?.description).toMatch(description);
		expect(submissions()).toHaveLength(1);
	});

	test('an error passed on from upstream shows its message', async () => {
		const body = { error: { code: 50001, message: 'Missing Access', status: 403 } };
		test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 403, body } });
		expect((await swap()).error?.message).toContain('Missing Access');
	});

	test('a redirect is not followed', async () => {
		const headers = { location: 'https://example.com/' };
		test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 307, headers } });
		const { error } = await swap();
		expect(error?.message).toMatch(/redirect, which is not followed/);
		expect(error?.description).toMatch(/Base URL/);
	});

	test('a missing channel: the error says how to choose or to add one', async () => {
		const channel = '112227748182245616';
		await run('account/upsert', { channel: locator(channel), serverId: '112222647716114454' });
		const { error } = await run('identity/save', { idName: name });
		expect(said(error)).toBe(
			'This operation needs a channel: useapi.net has several accounts, or none',
		);
		expect(error?.description).toMatch(/Choose one in "Channel".*Account → Create or Update/);
	});

	test.each(['{"message":"Invalid Form Body"}', 'Invalid Form Body'])(
		'the details of an error are told: %s',
		async (errorDetails) => {
			const body = { error: 'Discord /interactions failed with HTTP status 400', errorDetails };
			test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 400, body } });
			const { error } = await swap();
			expect(error?.description).toMatch(/Details: Invalid Form Body$/);
		},
	);

	test('a job that has completed without a picture is an error that names the job', async () => {
		test_.simulator.settings.resultCount = 0;
		const { error } = await swap();
		expect(error?.message).toMatch(/^The job has completed without a picture/);
		expect(error?.message).toContain(`(job ${test_.simulator.jobs[0]?.jobid})`);
	});

	test('a job that names its picture a moment late is read once more', async () => {
		await swap();
		const { attachments, ...body } = { attachments: undefined, ...test_.simulator.jobs[0] };
		test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 200, body } });
		const { items } = await swap();
		expect(items[0]?.json).toMatchObject({ jobId: body.jobid, status: 'completed' });
		expect(items[0]?.binary?.data).toBeDefined();
		expect(attachments).toHaveLength(1);
	});

	test.each(['failed', 'moderated', 'cancelled'] as const)(
		"a job that ends %s is an error in the bot's words",
		async (outcome) => {
			const content = 'No face could be detected';
			test_.simulator.script({ match: { verb: 'picsi' }, outcome, content });
			const { error } = await swap();
			expect(error?.message).toContain(content);
			expect(error?.message).toContain(`(job ${test_.simulator.jobs[0]?.jobid})`);
		},
	);

	test('a wrong base URL says that nothing was sent', async () => {
		await test_.simulator.goDown();
		const { error } = await swap();
		await test_.simulator.comeUp();
		expect(error?.message).toMatch(/^useapi.net could not be reached: it refuses connections/);
		expect(error?.description).toMatch(/Base URL.*Nothing was sent/);
	});
});

describe('what the user enters is checked before anything is sent', () => {
	const item = async (content: Buffer, mimeType?: string): Promise<TestItem> => ({
		binary: { data: { content: await pictures.source() }, target: { content, mimeType } },
	});

	test.each([
		[
			'a text',
			Buffer.from('this is no picture'),
			'text/plain',
			'Picture (item 0) is a text, not a picture',
		],
		[
			'a text that says it is a picture',
			Buffer.from('no'),
			'image/png',
			'Picture (item 0) is a text, not a picture',
		],
		[
			'something else',
			Buffer.from([1, 2, 3]),
			'application/octet-stream',
			'Picture (item 0) is not a picture',
		],
		['a PDF', Buffer.from('%PDF-1.7'), 'image/png', 'Picture (item 0) is a PDF, not a picture'],
		['an empty file', Buffer.alloc(0), 'image/png', 'Picture (item 0) is an empty file'],
		[
			'a video by its name',
			Buffer.from('??'),
			'video/mp4',
			'Picture (item 0) is a video, not a picture',
		],
	])('%s', async (_what, content, mimeType, message) => {
		const { error } = await swap({ items: [await item(content, mimeType)] });
		expect(said(error)).toBe(message);
		expect(test_.simulator.journal).toHaveLength(0);
	});

	test.each([
		['HEIC', '\0\0\0\x18ftypheic\0\0\0\0', 'image/heic', 'me.heic'],
		['AVIF', '\0\0\0\x18ftypavif\0\0\0\0', 'image/avif', 'me.avif'],
		['TIFF', 'II*\0\0\0\0\0\0\0\0\0\0', 'image/tiff', 'me.tif'],
	])(
		'a picture in the unusual format %s is sent as what it is',
		async (_name, head, type, name) => {
			const content = Buffer.from(head, 'latin1');
			await swap({
				items: [
					{ binary: { ...(await item(content)).binary, target: { content, fileName: 'me' } } },
				],
			});
			const [sent] = test_.requests('/v1/faceswap/picsi');
			const target = sent?.parts.find((part) => part.name === 'target_image_gif_or_video');
			expect(target).toMatchObject({ contentType: type, filename: name });
		},
	);

	test('a picture is sent as what it is, whatever its type says', async () => {
		const { items } = await swap({ items: [await item(await pictures.webp(), 'image/svg+xml')] });
		expect(items[0]?.json.status).toBe('completed');
		const [sent] = test_.requests('/v1/faceswap/picsi');
		const target = sent?.parts.find(({ name }) => name === 'target_image_gif_or_video');
		expect(target).toMatchObject({ contentType: 'image/webp' });
	});

	test('a video by its content', async () => {
		const { error } = await swap({ items: [await item(await pictures.mp4(), 'image/png')] });
		expect(said(error)).toBe('Picture (item 0) is a video, not a picture');
	});

	test('a GIF target over 10 MB', async () => {
		const gif = Buffer.concat([await pictures.gif(), Buffer.alloc(10 * 1024 * 1024)]);
		const { error } = await swap({ items: [await item(gif, 'image/gif')] });
		expect(error?.message).toMatch(/^Picture \(item 0\) is a GIF of 10 MB/);
	});

	test('a small GIF target is sent', async () => {
		const { items } = await swap({ items: [await item(await pictures.gif(), 'image/gif')] });
		expect(items[0]?.json.status).toBe('completed');
	});

	test('a missing field: the error names the parameter and the fields that there are', async () => {
		const items = [{ binary: { photo: { content: await pictures.source() } } }];
		const { error } = await swap({ items });
		expect(said(error)).toBe('Face (item 0): there is no binary field "data"');
		expect(error?.description).toContain('The item has: photo.');
	});

	test('the second picture where there is only one', async () => {
		const items = [{ binary: { data: { content: await pictures.source() } } }];
		const { error } = await swap({ items });
		expect(said(error)).toBe('Picture (item 0): there is no binary field "target"');
		expect(error?.description).toMatch(/only one picture: data\. Bring the second with Merge/);
	});

	test('a missing field of the tool of an agent', async () => {
		const { error } = await swap({ items: [{}], asTool: true });
		expect(error?.message).toMatch(/Binary fields do not reach the tools of an agent: give a URL/);
	});

	test.each([
		['without content', {}, 'Picture (item 0): the binary field "data" holds no file'],
		['that is a text', { data: btoa('hello') }, 'Picture (item 0) is a text, not a picture'],
	])('a file %s that a Code node has made by hand', async (_what, file, message) => {
		// Where n8n has the files in the JSON, it hands them over as they are.
		const json = { _files: { data: { mimeType: 'image/png', fileName: '', ...file } } };
		const items = [{ json }];
		const { error } = await test_.run('changeBackground/create', { prompt: 'x' }, { items });
		expect(said(error)).toBe(message);
	});

	test('no binary data at all', async () => {
		const { error } = await swap({ items: [{}] });
		expect(error?.description).toMatch(/no binary data at all/);
	});

	test.each([
		['picsi/swap', { channel: locator('={{ "abc" }}') }, 'Channel "abc" is not a Discord ID'],
		['changeBackground/create', { prompt: '={{ " " }}' }, 'Background is empty'],
		['headshot/create', { prompt: '={{ " " }}' }, 'Prompt is empty'],
		['picsi/swapMessage', { messageId: '12' }, 'Message ID "12" is not a Discord ID'],
		[
			'identity/delete',
			{ idName: locator('two words', 'name') },
			'Saved Face "two words" is not a valid name',
		],
		['job/get', { jobId: '../x' }, 'Job ID has characters that no job ID has'],
		['account/get', { channel: locator('={{ "" }}') }, 'Channel is empty'],
		[
			'picsi/swap',
			{ picsiOptions: { oldify: 5000 } },
			'Oldify (Paid) "5000" is not a whole number from 1 to 1000',
		],
		[
			'picsi/swap',
			{ additionalFields: { replyUrl: 'mailto:me' } },
			'Reply URL is not a web address',
		],
		[
			'picsi/swap',
			{ additionalFields: { replyUrl: `https://example.com/${'x'.repeat(1024)}` } },
			'Reply URL has 1044 characters',
		],
		[
			'picsi/swap',
			{ additionalFields: { replyRef: 'x'.repeat(1025) } },
			'Reply Reference has 1025 characters',
		],
	])('%s %j', async (operation, parameters, message) => {
		const { error } = await run(operation, parameters);
		expect(said(error)).toBe(message);
		expect(error?.context.itemIndex).toBe(0);
		expect(test_.simulator.journal).toHaveLength(0);
	});
});

describe('what an expression gives is checked before anything is sent', () => {
	const given = { missing: undefined, number: 2024, list: ['a'], object: { a: 1 } };
	const runOn = async (operation: string, parameters: INodeParameters, json: IDataObject) =>
		await run(operation, parameters, { items: [{ ...(await test_.item()), json }] });

	test.each([
		['headshot/create', { prompt: '={{ $json.missing }}' }, 'Prompt is empty'],
		['changeBackground/create', { prompt: '={{ $json.missing }}' }, 'Background is empty'],
		['identity/save', { idName: locator('={{ $json.missing }}', 'name') }, 'Name is empty'],
		['job/get', { jobId: '={{ $json.missing }}' }, 'Job ID is empty'],
		[
			'picsi/swap',
			{ sourceImage: locator('={{ $json.missing }}', 'url') },
			'Face is undefined instead of a web address',
		],
		['headshot/create', { prompt: '={{ $json.list }}' }, 'Prompt is a list instead of a text'],
		['job/get', { jobId: '={{ $json.object }}' }, 'Job ID is an object instead of a text'],
	])('%s %j', async (operation, parameters, message) => {
		const { error } = await runOn(operation, parameters as INodeParameters, given);
		expect(error?.message).toMatch(message);
		expect(error?.description).toMatch(/expression|Fill in/);
		expect(error?.context.itemIndex).toBe(0);
		expect(test_.simulator.journal).toHaveLength(0);
	});

	test.each(
		[
			['Maximum Wait (Seconds)', 'maximumWait'],
			['Maximum Channels at Once', 'maxConcurrentJobs'],
			['Warn Under (Credits)', 'warnUnderCredits'],
		].flatMap(([label = '', name = '']) =>
			['10 min', Infinity, -5].map((value) => [label, value, name] as const),
		),
	)('%s %s', async (label, value, name) => {
		const additionalFields = {
			[name]: `={{ ${typeof value === 'string' ? JSON.stringify(value) : value} }}`,
		};
		const { error } = await runOn('picsi/swap', { additionalFields }, given);
		expect(error?.message).toContain(`${label} "${value}" is not a number from`);
		expect(test_.simulator.journal).toHaveLength(0);
	});

	test.each([
		['Simplify', { simplify: '={{ "a little" }}' }],
		['Download Results', { downloadResults: '={{ "a little" }}' }],
		['Cancel Running Jobs on Stop', { additionalFields: { cancelOnStop: '={{ "a little" }}' } }],
		['Sharpen (Paid)', { picsiOptions: { sharpen: '={{ "a little" }}' } }],
	])('%s that is neither true nor false', async (label, parameters) => {
		const { error } = await runOn('picsi/swap', parameters, given);
		expect(said(error)).toBe(`${label} "a little" is neither true nor false`);
		expect(test_.simulator.journal).toHaveLength(0);
	});

	test('"false" as a text means false', async () => {
		const { items } = await runOn('picsi/swap', { downloadResults: '={{ "false" }}' }, given);
		expect(items[0]?.json.status).toBe('completed');
		expect(items[0]?.binary).toBeUndefined();
	});

	test.each([1_209_601, 1e300])('Maximum Wait %d, longer than two weeks', async (wait) => {
		const additionalFields = { maximumWait: `={{ ${wait} }}` };
		const parameters = { additionalFields, waitMode: 'suspend' };
		const { error } = await runOn('picsi/swap', parameters, given);
		expect(said(error)).toBe(`Maximum Wait (Seconds) "${wait}" is not a number from 0 to 1209600`);
		expect(test_.simulator.journal).toHaveLength(0);
	});

	const missing = '={{ $json.missing }}';
	const identityOperations = ['identity/save', 'identity/delete', 'identity/setDefault'].concat(
		'picsi/swapIdentity',
	);

	test.each(identityOperations)('%s with a name that is missing, or a list', async (operation) => {
		const idName = (value: string) => ({ idName: locator(value, 'name') });
		const none = await runOn(operation, idName(missing), given);
		const list = await runOn(operation, idName('={{ $json.list }}'), given);
		expect(said(none.error)).toMatch(/^(Name|Saved Face) is empty$/);
		expect(said(list.error)).toMatch(/^(Name|Saved Face) is a list instead of a text$/);
		expect(test_.simulator.journal).toHaveLength(0);
	});

	test.each(identityOperations)('%s with a name that is a number', async (operation) => {
		const parameters = { idName: locator('={{ $json.number }}', 'name') };
		await runOn(operation, parameters, given);
		const sent = test_.simulator.journal.map((entry) => sentText(entry, 'idname'));
		expect(sent).toContain('2024');
	});

	test.each([
		['identity/save', 'image', 'Face'],
		['changeBackground/create', 'image', 'Picture'],
		['picsi/swap', 'sourceImage', 'Face'],
		['picsi/swapImages', 'targetImage', 'Picture'],
	])('%s %s', async (operation, name, label) => {
		const errorOf = async (value: string, mode = 'url') => {
			const picture = { [name]: locator(value, mode) };
			const parameters = { idName: locator('me', 'name'), prompt: 'beach', ...picture };
			return said((await runOn(operation, parameters, given)).error);
		};
		expect(await errorOf('')).toBe(`${label} has no web address`);
		expect(await errorOf('={{ $json.number }}')).toBe(`${label} "2024" is not a web address`);
		for (const [what, value] of Object.entries({
			undefined: 'missing',
			'an object': 'object',
			'a list': 'list',
		})) {
			const wrong = `={{ $json.${value} }}`;
			expect(await errorOf(wrong)).toBe(`${label} is ${what} instead of a web address`);
			expect(await errorOf(wrong, 'binary')).toBe(
				`${label} is ${what} instead of the name of a binary field`,
			);
		}
		expect(test_.simulator.journal).toHaveLength(0);
	});

	test.each([
		[{ additionalFields: { replyUrl: '={{ $json.list }}' } }, 'Reply URL is a list'],
		[{ additionalFields: { replyRef: '={{ $json.object }}' } }, 'Reply Reference is an object'],
		[{ channel: locator('={{ $json.object }}') }, 'Channel is an object instead of a text'],
		[
			{ additionalFields: { outputBinaryPropertyName: '={{ $json.object }}' } },
			'Put Output File in Field is an object instead of a text',
		],
		[
			{ picsiOptions: { additionalOptions: '={{ $json.list }}' } },
			'Additional Options is a list instead of a text',
		],
		[
			{ additionalFields: { maximumWait: '={{ $json.list }}' } },
			'Maximum Wait (Seconds) is a list instead of a number',
		],
		[
			{ additionalFields: { maxConcurrentJobs: '={{ $json.object }}' } },
			'Maximum Channels at Once is an object instead of a number',
		],
		[
			{ picsiOptions: { oldify: '={{ $json.list }}' } },
			'Oldify (Paid) is a list instead of a number',
		],
		[{ picsiOptions: { oldify: '={{ true }}' } }, 'Oldify (Paid) is true instead of a number'],
		[
			{ channel: locator('={{ 1122277481822456166 }}') },
			'Channel "1122277481822456200" is not a Discord ID',
		],
	])('picsi/swap %j', async (parameters, message) => {
		const { error } = await runOn('picsi/swap', parameters as INodeParameters, given);
		expect(error?.message).toContain(message);
		expect(error?.context.itemIndex).toBe(0);
		expect(test_.simulator.journal).toHaveLength(0);
	});

	test.each([
		['={{ $json.missing }}', undefined],
		['={{ null }}', undefined],
		['={{ "" }}', undefined],
		['={{ "300" }}', '-o 300'],
		['={{ 0 }}', '-o'],
	])('the intensity %s', async (oldify, options) => {
		await runOn('picsi/swap', { picsiOptions: { oldify } }, given);
		expect(sentText(submissions()[0], 'options')).toBe(options);
	});

	test('a reply reference that is a number is sent, one that is missing is not', async () => {
		for (const replyRef of ['={{ $json.number }}', missing]) {
			await runOn('picsi/swap', { additionalFields: { replyRef } }, given);
		}
		const sent = submissions().map((entry) => sentText(entry, 'replyRef'));
		expect(sent).toEqual(['2024', expect.stringMatching(/^n8n-/)]);
	});

	test('a number is taken as a text', async () => {
		const parameters = { idName: locator('={{ $json.number }}', 'name') };
		const { items } = await runOn('identity/save', parameters, given);
		expect(items[0]?.json).toMatchObject({ status: 'completed' });
	});

	test('a text that is a number, or nothing, is taken as a number', async () => {
		for (const maximumWait of ['={{ "120" }}', '={{ "" }}', '={{ $json.missing }}']) {
			const { items } = await runOn('picsi/swap', { additionalFields: { maximumWait } }, given);
			expect(items[0]?.json).toMatchObject({ status: 'completed' });
		}
	});

	test('a wrong number in one item leaves the others alone', async () => {
		const additionalFields = { maximumWait: '={{ $json.wait }}' };
		const items = await Promise.all(
			[60, 'soon'].map(async (wait) => ({ ...(await test_.item()), json: { wait } })),
		);
		const options = { items, onError: 'continueRegularOutput' } as const;
		const result = await run('picsi/swap', { additionalFields }, options);
		expect(result.items.map(({ json }) => saidIn(json.error ?? json.status))).toEqual([
			'completed',
			'Maximum Wait (Seconds) "soon" is not a number from 0 to 1209600',
		]);
	});

	test.each([
		['picsi/swap', (value: string) => ({ additionalFields: { maximumWait: value } })],
		['picsi/swap', (value: string) => ({ simplify: value })],
		['picsi/swap', (value: string) => ({ channel: locator(value) })],
		['picsi/swap', (value: string) => ({ picsiOptions: { oldify: value } })],
		['picsi/swap', (value: string) => ({ sourceImage: locator(value, 'binary') })],
		['picsi/swap', (value: string) => ({ sourceImage: locator(value, 'url') })],
		['identity/save', (value: string) => ({ idName: locator(value, 'name') })],
		['picsi/swapIdentity', (value: string) => ({ idName: locator(value, 'name') })],
	])('%s: a long text is shortened in the error', async (operation, parameters) => {
		const text = `no ${'x!'.repeat(40_000)}`;
		const { error } = await runOn(operation, parameters(`={{ ${JSON.stringify(text)} }}`), given);
		expect(error?.message).toContain(`"${text.slice(0, 60)}…"`);
		expect(String(error?.message).length).toBeLessThan(200);
	});

	test('a picture without a type is taken by its content', async () => {
		const content = await pictures.source();
		const binary = { data: { content, mimeType: undefined }, target: { content } };
		expect((await swap({ items: [{ binary }] })).items[0]?.json.status).toBe('completed');
	});

	const upsertWith = async (discordToken: string) => {
		const { token: apiToken, url: baseUrl } = test_.simulator;
		const credentials = {
			useApiNetApi: { apiToken, baseUrl },
			useApiNetDiscordApi: { discordToken },
		};
		const parameters = { channel: locator('112227748182245616'), serverId: '112222647716114454' };
		return await run('account/upsert', parameters, { credentials });
	};

	test.each([
		['account/upsert', { channel: locator('112227748182245616'), serverId: DISCORD_TOKEN }],
		['identity/save', { idName: `={{ "${DISCORD_TOKEN}" }}` }],
	])(
		'a Discord token in another field does not stand in the error: %s',
		async (name, parameters) => {
			const { error } = await run(name, parameters);
			expect(error?.message).toContain('…secured…');
			expect(error?.message).not.toContain(DISCORD_TOKEN);
		},
	);

	test('nor does an API token', async () => {
		const additionalFields = { maximumWait: '={{ "user:1-abcdefghijkl" }}' };
		const { error } = await run(
			'picsi/swap',
			{ additionalFields },
			{ items: [await test_.item()] },
		);
		expect(error?.message).toMatch(/^Maximum Wait \(Seconds\) "user:…secured…" is not a number/);
	});

	test.each(['api.useapi.net', 'https://joe:secret@example.com', 'https://example.com/?a=1'])(
		'the base URL %s',
		async (baseUrl) => {
			const credentials = { useApiNetApi: { apiToken: test_.simulator.token, baseUrl } };
			const { error } = await run('account/getAll', {}, { credentials });
			expect(error?.message).toMatch(/^The Base URL .* is not a plain web address$/);
			expect(error?.description).toContain('https://api.useapi.net');
		},
	);

	test('a base URL is used without the blanks that it was pasted with', async () => {
		const { token: apiToken, url } = test_.simulator;
		const credentials = { useApiNetApi: { apiToken, baseUrl: ` ${url}/ ` } };
		expect((await run('account/getAll', {}, { credentials })).items).toHaveLength(1);
	});

	test('an empty Discord token', async () => {
		expect(said((await upsertWith(' ')).error)).toBe('Discord Token is empty');
		expect(test_.simulator.journal).toHaveLength(0);
	});

	test('a Discord token is sent without the blanks that it was pasted with', async () => {
		const { items } = await upsertWith(` ${DISCORD_TOKEN}\n`);
		expect(items[0]?.json.saved).toBe(true);
		const sha256 = createHash('sha256').update(DISCORD_TOKEN).digest('hex');
		expect(test_.simulator.journal[0]?.body).toMatchObject({ discord: { sha256 } });
	});
});

describe('several items', () => {
	const good = async () => await test_.item();
	const bad: TestItem = {};

	test('one that fails ends the run', async () => {
		const { items, error } = await swap({ items: [bad, await good()] });
		expect(items).toEqual([]);
		expect(error?.context.itemIndex).toBe(0);
	});

	test('one that fails does not take the others along when the user chose to continue', async () => {
		const { items, error } = await swap({
			items: [await good(), bad, await good()],
			onError: 'continueRegularOutput',
		});
		expect(error).toBeUndefined();
		expect(items.map(({ json }) => json.error ?? json.status)).toEqual([
			'completed',
			expect.stringContaining('Face (item 1): there is no binary field "data"'),
			'completed',
		]);
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual([
			{ item: 0 },
			{ item: 1 },
			{ item: 2 },
		]);
	});

	test('expressions are resolved for each', async () => {
		const prompts = ['beach', 'forest', 'city'];
		const items = await Promise.all(
			prompts.map(async (prompt) => ({ ...(await good()), json: { prompt } })),
		);
		const parameters = { prompt: '={{ $json.prompt }}', waitMode: 'none', simplify: false };
		const result = await run('changeBackground/create', parameters, { items });
		expect(result.items.map(({ json }) => json.a_background_photo_of)).toEqual(prompts);
	});
});

describe('an item that fails', () => {
	const outputs = [
		['with Continue', 'continueRegularOutput'],
		['on the error output', 'continueErrorOutput'],
	] as const;
	const order = async (number: number): Promise<TestItem> => ({
		...(await test_.item()),
		json: { order: number },
	});
	/** Runs three items, the second of which the bot finds no face in. */
	const second = async (options: Partial<NodeRun>) => {
		const match = { replyRef: 'order 2' };
		test_.simulator.script({ match, outcome: 'failed', content: 'No face' });
		const parameters = { additionalFields: { replyRef: '=order {{ $json.order }}' } };
		const items = [await order(1), await order(2), await order(3)];
		const result = await run('picsi/swap', parameters, { items, ...options });
		const all = [...result.items, ...result.errorItems];
		return { ...result, failed: all.find(({ json }) => json.status === 'failed') };
	};

	test.each(outputs)('%s keeps its fields, and adds what happened', async (_where, onError) => {
		const { failed } = await second({ onError });
		const job = test_.simulator.jobs.find(({ replyRef }) => replyRef === 'order 2');
		expect(failed?.json).toEqual({
			order: 2,
			error: `The job failed: No face (job ${job?.jobid}) (scene.jpg, item 1)`,
			hint: expect.stringMatching(/^Use pictures that show a face clearly/),
			status: 'failed',
			jobId: job?.jobid,
			sourceFile: 'me.png',
			targetFile: 'scene.jpg',
		});
	});

	test.each(outputs)('%s keeps its pictures, and is paired', async (_where, onError) => {
		const { failed } = await second({ onError });
		expect(await bytesOf(failed)).toEqual(await pictures.source());
		expect(await bytesOf(failed, 'target')).toEqual(await pictures.target());
		expect(failed?.pairedItem).toMatchObject({ item: 1 });
	});

	test('stands between the others with Continue', async () => {
		const { items, errorItems } = await second({ onError: 'continueRegularOutput' });
		expect(items.map(({ json }) => json.status)).toEqual(['completed', 'failed', 'completed']);
		expect(errorItems).toEqual([]);
	});

	test('is not among those that succeeded where there is an error output', async () => {
		const { items, errorItems } = await second({ onError: 'continueErrorOutput' });
		expect(items.map(({ json }) => json.status)).toEqual(['completed', 'completed']);
		expect(errorItems).toHaveLength(1);
	});

	test.each(outputs)('%s keeps its pictures in its JSON', async (_where, onError) => {
		await useBinaryMode('filesystem');
		const picture = locator('_files.target', 'binary');
		const parameters = { sourceImage: locator('_files.data', 'binary'), targetImage: picture };
		const match = { verb: 'picsi' } as const;
		test_.simulator.script({ match, respond: { status: 422, body: { error: 'Moderated' } } });
		const { items, errorItems } = await run('picsi/swap', parameters, {
			items: [await order(1)],
			onError,
			isCombined: true,
		});
		await useBinaryMode('default');
		const isRegular = onError === 'continueRegularOutput';
		expect([items.length, errorItems.length]).toEqual(isRegular ? [1, 0] : [0, 1]);
		expect([...items, ...errorItems][0]?.json).toMatchObject({
			order: 1,
			status: 'failed',
			targetFile: 'scene.jpg',
			_files: { data: { fileName: 'me.png' }, target: { fileName: 'scene.jpg' } },
		});
	});

	test.each(outputs)('%s before it is read tells the same', async (_where, onError) => {
		const channel = locator('={{ "abc" }}');
		const { items, errorItems } = await run(
			'picsi/swap',
			{ channel },
			{ items: [await order(1)], onError },
		);
		expect([...items, ...errorItems].map(({ json }) => json)).toEqual([
			{
				order: 1,
				error: 'Channel "abc" is not a Discord ID (item 0)',
				hint: expect.stringMatching(/^A Discord ID has 17 to 20 digits/),
				status: 'failed',
			},
		]);
		expect(items).toHaveLength(onError === 'continueRegularOutput' ? 1 : 0);
	});
});

describe('a credential with an expression for each item', () => {
	const runWith = async (credential: ICredentialDataDecryptedObject, json: IDataObject[]) => {
		const items = await Promise.all(
			json.map(async (fields) => ({ ...(await test_.item()), json: fields })),
		);
		const options = { items, credentials: { useApiNetApi: credential } };
		return await swap({ ...options, onError: 'continueRegularOutput' });
	};

	test.each([
		[
			'token',
			{ apiToken: '={{ $json.token }}', baseUrl: '={{ $json.url }}' },
			{ token: 'user:2-x' },
		],
		[
			'address',
			{ apiToken: '={{ $json.token }}', baseUrl: '={{ $json.url }}' },
			{ url: 'http://127.0.0.1:9' },
		],
	])(
		'that gives an item another %s fails it before anything of it is sent',
		async (_what, credential, other) => {
			const { token, url } = test_.simulator;
			const { items } = await runWith(credential, [
				{ token, url },
				{ token, url, ...other },
			]);
			expect(items.map(({ json }) => json.status)).toEqual(['completed', 'failed']);
			expect(items[1]?.json.error).toBe(
				'The useapi.net credential gives this item another account than the first item (item 1)',
			);
			expect(items[1]?.json.hint).toMatch(/Loop Over Items/);
			expect(submissions()).toHaveLength(1);
			expect(
				test_.simulator.journal.every(({ authorization }) => authorization !== 'invalid'),
			).toBe(true);
		},
	);

	test.each([
		['falls back to one token', (token: string) => `={{ $json.token ?? '${token}' }}`],
		[
			'takes accounts in turn',
			(token: string) => `={{ ['${token}', 'user:2-x'][$itemIndex % 2] }}`,
		],
	])('that %s gives no item the account of another', async (_what, tokenOf) => {
		const { token, url: baseUrl } = test_.simulator;
		const { items } = await runWith({ apiToken: tokenOf(token), baseUrl }, [
			{},
			{ token: 'user:2-x' },
		]);
		expect(items.map(({ json }) => json.status)).toEqual(['completed', 'failed']);
	});

	test('that gives all items the same account is used for all', async () => {
		const { token, url: baseUrl } = test_.simulator;
		const credential = { apiToken: '={{ $json.token }}', baseUrl };
		const { items } = await runWith(credential, [{ token }, { token }]);
		expect(items.map(({ json }) => json.status)).toEqual(['completed', 'completed']);
	});
});
