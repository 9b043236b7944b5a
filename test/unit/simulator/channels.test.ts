import type { Settings } from '../../../simulator';
import { until } from '../../../tooling/n8n/until';
import { call, simulate, someFile, submit, type Parts } from './support';

const swap = { source_image: someFile(), target_image_gif_or_video: someFile() };
const background = { a_background_photo_of: 'beach', image: someFile() };
const UNDRAWN = { drawResults: false };

test('uses the only channel where none is named', async () => {
	const simulator = await simulate({ channels: 1 });
	const answer = await submit(simulator, 'listid', {});
	expect(answer.json).toMatchObject({ status: 'completed', channel: simulator.channels[0] });
});

test('chooses random channels, the same ones for the same seed', async () => {
	const chosen = async () => {
		const simulator = await simulate({ ...UNDRAWN, seed: 7 });
		for (let count = 0; count < 8; count += 1) await submit(simulator, 'picsi', swap);
		return simulator.journal.map((entry) => entry.channel);
	};
	const first = await chosen();
	expect(new Set(first).size).toBe(3);
	expect(await chosen()).toEqual(first);
});

test('counts down the credits of the channel', async () => {
	const simulator = await simulate({ ...UNDRAWN, channels: 1 });
	await submit(simulator, 'picsi', swap);
	await submit(simulator, 'changebg', background);
	await submit(simulator, 'listid', {});
	const account = await call(simulator, 'GET', `/v1/faceswap/account/${simulator.channels[0]}`);
	expect(account.json).toMatchObject({ credits: { total: 800, used: 5 } });
});

test('passes over channels that are out of credits', async () => {
	const spent = { total: 50, used: 50 };
	const channels = [1, 2].map((number) => ({
		channel: `11222774818224000${number}`,
		server: `11222264771611000${number}`,
		discord: `token-${number}`,
		...(number === 1 && { credits: spent }),
	}));
	const simulator = await simulate({ ...UNDRAWN, channels });
	for (let count = 0; count < 5; count += 1) await submit(simulator, 'picsi', swap);
	expect(new Set(simulator.journal.map((entry) => entry.channel))).toEqual(
		new Set(['112227748182240002']),
	);
});

test('passes over channels that are out of use, and refuses calls on them with 596', async () => {
	const simulator = await simulate(UNDRAWN);
	const [broken = '', ...others] = simulator.channels;
	simulator.settings.outOfUse = [broken];
	for (let count = 0; count < 5; count += 1) {
		const { json } = await submit(simulator, 'picsi', swap);
		expect(others).toContain(json.channel);
	}
	const answer = await submit(simulator, 'picsi', { ...swap, channel: broken });
	expect([answer.status, answer.json.code]).toEqual([596, 596]);
});

test.each<Parts>([{}, { channel: '112227748182240001' }])(
	'answers 412 without credits to %j',
	async (parts) => {
		const simulator = await simulate({ ...UNDRAWN, credits: { total: 50, used: 47 } });
		const answer = await submit(simulator, 'changebg', { ...background, ...parts });
		expect([answer.status, answer.json.code]).toEqual([412, 412]);
	},
);

test('holds a channel while a blocking verb runs', async () => {
	const simulator = await simulate({ ...UNDRAWN, channels: 1, blockingMs: 100 });
	const first = submit(simulator, 'picsi', swap);
	while (simulator.jobs.length === 0) await new Promise(setImmediate);
	const second = await submit(simulator, 'listid', {});
	expect([second.status, second.json]).toEqual([
		429,
		{ error: 'Unable to lock Discord after 5 attempts', code: 429 },
	]);
	expect((await first).json).toMatchObject({ status: 'completed' });
	expect((await submit(simulator, 'listid', {})).status).toBe(200);
	expect(Object.values(simulator.maxConcurrentPerChannel)).toEqual([2]);
});

test('lets other channels work meanwhile', async () => {
	const simulator = await simulate({ ...UNDRAWN, blockingMs: 60 });
	const answers = await Promise.all(
		simulator.channels.map(
			async (channel) => await submit(simulator, 'picsi', { ...swap, channel }),
		),
	);
	expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
	expect(Object.values(simulator.maxConcurrentPerChannel)).toEqual([1, 1, 1]);
});

test('frees a channel when a job is submitted, not when it ends', async () => {
	const simulator = await simulate({ ...UNDRAWN, channels: 1, asyncMs: 60_000 });
	await submit(simulator, 'changebg', background);
	expect((await submit(simulator, 'changebg', background)).status).toBe(200);
});

test.each<[string, (channel: string) => Settings['blockingMs']]>([
	[
		'each call',
		() =>
			({ verb }) =>
				verb === 'listid' ? 3_600_000 : 0,
	],
	['each channel', (channel) => ({ [channel]: 3_600_000 })],
])('takes the blocking time from %s', async (_, blockingOn) => {
	const simulator = await simulate({ channels: 1 });
	simulator.settings.blockingMs = blockingOn(simulator.channels[0] ?? '');
	const held = submit(simulator, 'listid', {});
	await until('the job', async () => simulator.jobs.length === 1);
	expect(simulator.jobs[0]?.status).not.toBe('completed');
	simulator.skipTime();
	await held;
	expect(simulator.jobs[0]?.status).toBe('completed');
});
