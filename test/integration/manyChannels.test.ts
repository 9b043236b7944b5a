import { defaultMaxListeners, getEventListeners, getMaxListeners } from 'node:events';

import { locator, scenario } from '../support/scenario';

const CHANNELS = 24;

const test_ = scenario({ channels: CHANNELS, blockingMs: 20 });

/** Notes how many listeners each signal gets that n8n has not allowed any number of. */
function listenersOfSignals(): () => number {
	let most = 0;
	const { addEventListener } = EventTarget.prototype;
	jest.spyOn(EventTarget.prototype, 'addEventListener').mockImplementation(function (
		this: EventTarget,
		...args
	) {
		addEventListener.apply(this, args);
		if (!(this instanceof AbortSignal) || getMaxListeners(this) === Infinity) return;
		most = Math.max(most, getEventListeners(this, 'abort').length);
	});
	return () => most;
}

// Node.js 20 would warn of a leak.
test('a batch over 24 channels gives no signal more listeners than Node.js allows', async () => {
	const most = listenersOfSignals();
	const { channels } = test_.simulator;
	const items = await Promise.all(
		Array.from({ length: 3 * CHANNELS }, async (_, index) => ({
			...(await test_.item()),
			json: { channel: channels[index % CHANNELS] },
		})),
	);
	const [shared, named] = await Promise.all([
		test_.run('picsi/swap', {}, { items }),
		test_.run('picsi/swap', { channel: locator('={{ $json.channel }}') }, { items }),
	]);
	expect([...shared.items, ...named.items].map(({ json }) => json.status)).toEqual(
		Array(6 * CHANNELS).fill('completed'),
	);
	expect(most()).toBeLessThanOrEqual(defaultMaxListeners);
});

test('an execution that runs the node again and again keeps no listener of the runs that have ended', async () => {
	const signals = new Set<AbortSignal>();
	const { addEventListener } = EventTarget.prototype;
	jest.spyOn(EventTarget.prototype, 'addEventListener').mockImplementation(function (
		this: EventTarget,
		...args
	) {
		addEventListener.apply(this, args);
		if (this instanceof AbortSignal) signals.add(this);
	});
	const times = 20;
	await test_.run('account/getAll', {}, { times });
	const kept = [...signals].map((signal) => getEventListeners(signal, 'abort').length);
	expect(Math.max(...kept)).toBeLessThan(times);
});
