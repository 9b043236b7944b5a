import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { locator, scenario } from '../support/scenario';
import { pictures } from '../support/pictures';
import { until } from '../../tooling/n8n/until';

const test_ = scenario({ channels: 1 });
const { run } = test_;

let server: Server;
let url: string;
/** Pictures that were asked for, with the number of jobs at the API by then. */
let asked: Array<{ path: string; jobs: number }> = [];
let held: ServerResponse[] = [];

/** Answers everything but `/missing` and `/held`. */
beforeAll(async () => {
	const content = await pictures.webp();
	server = createServer(({ url: path = '' }, response) => {
		asked.push({ path, jobs: test_.simulator.jobs.length });
		if (path === '/missing') return response.writeHead(404).end();
		if (path === '/held') return held.push(response);
		return response.writeHead(200, { 'content-type': 'image/webp' }).end(content);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
	asked = [];
	held = [];
});
afterAll(() => {
	server.closeAllConnections();
	server.close();
});

/** Pictures by their paths, one item each. */
const swap = async (paths: string[], options: Partial<Parameters<typeof run>[2]> = {}) => {
	const { binary } = await test_.item();
	return await run(
		'picsi/swap',
		{
			channel: locator(test_.simulator.channels[0] ?? ''),
			targetImage: locator(`=${url}{{ $json.path }}`, 'url'),
		},
		{ items: paths.map((path) => ({ json: { path }, binary })), ...options },
	);
};
const isRunning = () => test_.simulator.jobs.some(({ status }) => status === 'started');

describe('while a channel is busy', () => {
	test('the picture of the next item is fetched', async () => {
		test_.simulator.settings.blockingMs = 1500;
		const running = swap(['/1', '/2']);
		await until('the second picture', async () => asked.length === 2);
		expect(test_.simulator.jobs.length).toBeLessThanOrEqual(1);
		test_.simulator.skipTime();
		await until('the second job', async () => test_.simulator.jobs.length === 2);
		test_.simulator.skipTime();
		expect((await running).items.map(({ json }) => json.status)).toEqual(
			Array(2).fill('completed'),
		);
	});

	test('no more than one item is got ready', async () => {
		test_.simulator.settings.blockingMs = 30;
		await swap(['/1', '/2', '/3', '/4', '/5', '/6']);
		// The picture is asked for when the item before it is taken, and that one's job is not there yet.
		expect(asked.map(({ jobs }, index) => index - jobs).every((ahead) => ahead <= 2)).toBe(true);
	});

	test('an item whose picture cannot be fetched fails without waiting for a turn', async () => {
		test_.simulator.settings.blockingMs = 60_000;
		const running = swap(['/1']);
		await until('the first job', async () => isRunning());
		const { error } = await swap(['/missing']);
		expect(error?.message).toContain(
			'Picture could not be downloaded: the server answered HTTP 404',
		);
		expect(isRunning()).toBe(true);
		test_.simulator.skipTime();
		await running;
	});

	test('such an item leaves its place to the next one', async () => {
		test_.simulator.settings.blockingMs = 5;
		const { items } = await swap(['/1', '/missing', '/2'], { onError: 'continueRegularOutput' });
		expect(items.map(({ json }) => json.error ?? json.status)).toEqual([
			'completed',
			expect.stringContaining('could not be downloaded'),
			'completed',
		]);
		expect(test_.requests('/v1/faceswap/picsi')).toHaveLength(2);
	});

	test('Stop ends a fetch at once', async () => {
		test_.simulator.settings.blockingMs = 60_000;
		const stopped = swap(['/1', '/held'], {
			during: (execution) =>
				void until('the second picture', async () => held.length > 0 && isRunning()).then(() =>
					execution.cancel(),
				),
		}).catch(() => undefined);
		await stopped;
		expect(held[0]?.writableEnded).toBe(false);
		await until('the end of the fetch', async () => held[0]?.destroyed);
	});
});
