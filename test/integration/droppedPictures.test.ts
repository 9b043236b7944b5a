/** A batch of thousands must not fill n8n's memory with the pictures that it has sent. */
import { FilePart } from '../../nodes/InsightFaceSwap/n8nCompat/multipartForm';
import { until } from '../../tooling/n8n/until';
import { scenario } from '../support/scenario';

const test_ = scenario({ channels: 1 });

/** The number of pictures that were dropped; an item of a swap has two. */
let dropped: jest.SpyInstance;

beforeEach(() => {
	dropped = jest.spyOn(FilePart.prototype, 'close');
});

const swap = async (count: number) =>
	await test_.run(
		'picsi/swap',
		{},
		{
			items: await Promise.all(Array.from({ length: count }, async () => await test_.item())),
			onError: 'continueRegularOutput',
		},
	);

test('the pictures of an item are dropped while the next item runs', async () => {
	test_.simulator.settings.blockingMs = 60_000;
	const running = swap(2);
	await until('the first job', async () => test_.simulator.jobs.length === 1);
	expect(dropped).not.toHaveBeenCalled();
	test_.simulator.skipTime();
	await until('the second job', async () => test_.simulator.jobs.length === 2);
	expect(dropped).toHaveBeenCalledTimes(2);
	test_.simulator.skipTime();
	await running;
	expect(dropped).toHaveBeenCalledTimes(4);
});

test('the pictures of an item that the API refuses are dropped', async () => {
	test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 400 } });
	await swap(1);
	expect(dropped).toHaveBeenCalledTimes(2);
});

test('the pictures of an item whose outcome is unknown are dropped', async () => {
	test_.simulator.script({ match: { verb: 'picsi' }, acceptThen: 'reset' });
	await swap(1);
	expect(dropped).toHaveBeenCalledTimes(2);
});

test('a busy channel gets the pictures again', async () => {
	test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 429 } });
	const { items } = await swap(1);
	expect(items.map(({ json }) => json.error)).toEqual([undefined]);
	expect(dropped).toHaveBeenCalledTimes(2);
});
