import type { NodeResult } from '../support/engine';
import { accountsInUse } from '../../nodes/InsightFaceSwap/channels/channels';
import { locator, scenario } from '../support/scenario';
import { until } from '../../tooling/n8n/until';

const test_ = scenario({ channels: 1, blockingMs: 20 });
const { run } = test_;

const atOnce = async (count: number): Promise<NodeResult[]> =>
	await Promise.all(Array.from({ length: count }, async () => await run('picsi/swap')));
const statuses = () => test_.requests('/v1/faceswap/picsi').map(({ status }) => status);
const ends = (results: NodeResult[]) => results.map(({ items }) => items[0]?.json.status);
const begun = async (jobs: number) =>
	await until(`${jobs} jobs`, async () => test_.simulator.jobs.length >= jobs);

describe('executions at once', () => {
	afterEach(() => {
		expect(accountsInUse()).toBe(0);
	});

	test('of one item each take turns on the only channel', async () => {
		expect(ends(await atOnce(10))).toEqual(Array(10).fill('completed'));
		expect(statuses()).toEqual(Array(10).fill(200));
	});

	test('share one list of accounts', async () => {
		await atOnce(6);
		expect(test_.requests('/v1/faceswap/account')).toHaveLength(1);
	});

	test('wait for one that was alone and has the only channel', async () => {
		test_.simulator.settings.blockingMs = 300;
		const first = run('picsi/swap');
		await begun(1);
		const others = await atOnce(3);
		const results = [await first, ...others];
		test_.simulator.settings.blockingMs = 20;
		expect(ends(results)).toEqual(Array(4).fill('completed'));
		expect(statuses()).toEqual(Array(4).fill(200));
	});

	test('of one item do not wait behind a whole batch', async () => {
		const channel = locator(test_.simulator.channels[0] ?? '');
		const { binary } = await test_.item();
		const items = Array.from({ length: 40 }, () => ({ json: {}, binary }));
		const batch = run('picsi/swap', { channel }, { items });
		await begun(2);
		await run('picsi/swap', { channel, additionalFields: { replyRef: 'single' } });
		const jobsBySingle = test_.simulator.jobs.length;
		await batch;
		const order = test_.simulator.jobs.map(({ replyRef }) => replyRef);
		expect(order.indexOf('single')).toBeGreaterThan(0);
		expect(jobsBySingle).toBeLessThan(35);
		expect(statuses()).toEqual(Array(41).fill(200));
	});

	test('go on when one of them is stopped', async () => {
		const stopped = run(
			'picsi/swap',
			{ additionalFields: { replyRef: 'stopped' } },
			{ during: (execution) => void begun(2).then(() => execution.cancel()) },
		).catch(() => undefined);
		const results = await atOnce(5);
		await stopped;
		expect(ends(results)).toEqual(Array(5).fill('completed'));
	});
});

test('a single item alone has the list of accounts read, too', async () => {
	await run('picsi/swap');
	expect(test_.requests('/v1/faceswap/account')).toHaveLength(1);
});
