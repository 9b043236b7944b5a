import type { TestItem } from '../support/engine';
import { locator, scenario } from '../support/scenario';
import { until } from '../../tooling/n8n/until';

const test_ = scenario({ channels: 3, blockingMs: 20 });
const { run } = test_;

describe('items over channels', () => {
	const batch = async (count: number): Promise<TestItem[]> => {
		const { binary } = await test_.item();
		return Array.from({ length: count }, (_, index) => ({ json: { index }, binary }));
	};
	const used = () => test_.requests('/v1/faceswap/picsi').map(({ channel }) => channel);
	test('are spread, one job a channel at a time, and come out in order', async () => {
		const parameters = { additionalFields: { replyRef: '={{ "item " + $json.index }}' } };
		const { items } = await run('picsi/swap', parameters, { items: await batch(9) });
		expect(items.map(({ json }) => json.replyRef)).toEqual(
			Array.from({ length: 9 }, (_, index) => `item ${index}`),
		);
		expect(new Set(used()).size).toBe(3);
		expect(Math.max(...Object.values(test_.simulator.maxConcurrentPerChannel))).toBe(1);
		expect(test_.requests('/v1/faceswap/picsi').every(({ status }) => status === 200)).toBe(true);
	});

	test('use no more channels at once than Maximum Channels at Once', async () => {
		const parameters = { additionalFields: { maxConcurrentJobs: 2 } };
		await run('picsi/swap', parameters, { items: await batch(6) });
		const times = test_.simulator.jobs.map((job) => [job.created, job.updated].map(Date.parse));
		const atOnce = times.map(
			([begun = 0]) => times.filter(([from = 0, to = 0]) => from <= begun && begun < to).length,
		);
		expect(atOnce).toHaveLength(6);
		expect(Math.max(...atOnce)).toBe(2);
	});

	test('go to the channel that the user names', async () => {
		const [, channel = ''] = test_.simulator.channels;
		await run('picsi/swap', { channel: locator(channel) }, { items: await batch(3) });
		expect(used()).toEqual([channel, channel, channel]);
	});

	test('a single one goes to a channel with credits', async () => {
		const { items } = await run('picsi/swap');
		expect(test_.simulator.channels).toContain(used()[0]);
		expect(items[0]?.json.channel).toBe(used()[0]);
	});

	test('leave the choice to the API where the accounts cannot be read', async () => {
		test_.simulator.script({ match: { path: '/v1/faceswap/account' }, respond: { status: 403 } });
		const { items } = await run('picsi/swap', {}, { items: await batch(3) });
		expect(items.map(({ json }) => json.status)).toEqual(['completed', 'completed', 'completed']);
	});

	test('a channel without credits hands its items to the others', async () => {
		test_.simulator.script({
			match: { verb: 'picsi' },
			respond: { status: 412, body: { error: 'No credits' } },
		});
		const { items } = await run('picsi/swap', {}, { items: await batch(6) });
		expect(items.map(({ json }) => json.status)).toEqual(Array(6).fill('completed'));
		expect(new Set(items.map(({ json }) => json.channel)).size).toBe(2);
	});

	test('a channel whose Discord session is broken hands its items to the others', async () => {
		test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 596 } });
		const { items } = await run('picsi/swap', {}, { items: await batch(9) });
		expect(items.map(({ json }) => json.status)).toEqual(Array(9).fill('completed'));
		const [first, ...others] = used();
		expect(others).not.toContain(first);
	});

	test('a broken session fails the item alone where no other channel is left', async () => {
		test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 596 }, times: 3 });
		const options = { items: await batch(5), onError: 'continueRegularOutput' } as const;
		const { items } = await run('picsi/swap', {}, options);
		expect(items.filter(({ json }) => /out of use/.test(String(json.error)))).toHaveLength(1);
		expect(items.filter(({ json }) => json.status === 'completed')).toHaveLength(4);
	});

	test('a channel that was deleted meanwhile hands its items to the others', async () => {
		const error = 'Configuration not found for channel 1, to create POST …';
		test_.simulator.settings.blockingMs = 100;
		test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 400, body: { error } } });
		const { items } = await run('picsi/swap', {}, { items: await batch(9) });
		expect(items.map(({ json }) => json.status)).toEqual(Array(9).fill('completed'));
		expect(new Set(items.map(({ json }) => json.channel)).size).toBe(2);
	});

	test.each([
		['an error', { error: 'temporarily unavailable', code: 500 }],
		['a status', { status: 'ok' }],
	])('leave the choice to the API where the list of accounts is %s', async (_name, body) => {
		test_.simulator.script({
			match: { path: '/v1/faceswap/account' },
			respond: { status: 200, body },
		});
		const { items } = await run('picsi/swap', {}, { items: await batch(2) });
		expect(items.map(({ json }) => json.status)).toEqual(['completed', 'completed']);
	});

	test.each([[{ total: 800 }], [{ total: null, used: null }], [null]])(
		'use a channel whose credits are not told: %j',
		async (credits) => {
			const [channel = ''] = test_.simulator.channels;
			test_.simulator.script({
				match: { path: '/v1/faceswap/account' },
				respond: { status: 200, body: { [channel]: { channel, credits } } },
			});
			await run('picsi/swap', {}, { items: await batch(2) });
			expect(used()).toEqual([channel, channel]);
		},
	);

	test('when no channel has credits left, each says so', async () => {
		test_.simulator.script({
			match: { verb: 'picsi' },
			respond: { status: 412, body: { error: 'No credits' } },
			times: Infinity,
		});
		const { items } = await run(
			'picsi/swap',
			{},
			{
				items: await batch(3),
				onError: 'continueRegularOutput',
			},
		);
		expect(items).toHaveLength(3);
		expect(items.every(({ json }) => /out of credits/.test(String(json.error)))).toBe(true);
	});

	test('an item that ends the run names the jobs that others have started', async () => {
		test_.simulator.settings.blockingMs = 60;
		test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 422 }, delayMs: 20 });
		const { error } = await run('picsi/swap', {}, { items: await batch(6) });
		const started = test_.simulator.jobs.map(({ jobid }) => jobid);
		expect(started).toHaveLength(2);
		const details = JSON.stringify(error);
		expect(started.every((jobid) => details.includes(jobid))).toBe(true);
	});

	test('do not take over a job of another channel that has their reply reference', async () => {
		const { simulator } = test_;
		const [channel = '', other = ''] = simulator.channels;
		simulator.settings.asyncMs = 500;
		const parameters = { prompt: 'a pilot', additionalFields: { replyRef: 'mine' } };
		await run('headshot/create', { ...parameters, waitMode: 'none', channel: locator(channel) });
		simulator.script({ match: { verb: 'headshot' }, respond: { status: 500 } });
		const { error } = await run('headshot/create', { ...parameters, channel: locator(other) });
		expect(error?.message).toMatch(/^Outcome unknown/);
	});

	test('of executions at once go to channels that no other has', async () => {
		const [channel = '', ...others] = test_.simulator.channels;
		test_.simulator.settings.blockingMs = { [channel]: 1500 };
		for (const other of others) Object.assign(test_.simulator.settings.blockingMs, { [other]: 20 });
		const named = run('picsi/swap', { channel: locator(channel) });
		await until('the first job', async () => test_.simulator.jobs.length > 0);
		const shared = await Promise.all(
			Array.from({ length: 12 }, async () => await run('picsi/swap')),
		);
		const results = [await named, ...shared];
		expect(results.map(({ items }) => items[0]?.json.status)).toEqual(Array(13).fill('completed'));
		expect(new Set(used()).size).toBe(3);
		expect(test_.requests('/v1/faceswap/picsi').map(({ status }) => status)).toEqual(
			Array(13).fill(200),
		);
	});
});
