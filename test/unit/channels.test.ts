import {
	accountsInUse,
	Channels,
	withChannels,
	type Served,
} from '../../nodes/InsightFaceSwap/channels/channels';
import { Cancellation } from '../../nodes/InsightFaceSwap/shared/cancellation';
import { after, CallLog, itemsOf, serve, settled, type TestRun } from '../support/channelRuns';

/** What the API's 429 says, with the time for which it asks. */
const busy429 = (busyMs: number, item: Served['item'] = 'back'): Served => ({
	item,
	channel: 'busy',
	busyMs,
});

/** Answers the first calls so, and takes the others. */
const answersOf =
	(...answers: Served[]) =>
	() =>
		answers.shift();

let channels: Channels;
/** Runs so many items that name no channel. */
const batch = async (count: number, options?: TestRun) =>
	await settled(serve(channels, itemsOf(count), options));

beforeEach(() => {
	jest.useFakeTimers();
	channels = new Channels();
});
afterEach(() => {
	jest.useRealTimers();
});

describe('items', () => {
	test('are served once each, one at a time on each channel', async () => {
		const { log, left } = await batch(20);
		expect(log.order.sort((one, other) => one - other)).toEqual([...Array(20).keys()]);
		expect(left).toEqual([]);
	});

	test('are spread over the channels', async () => {
		const { log } = await batch(10);
		expect([log.on('a').length, log.on('b').length]).toEqual([5, 5]);
		expect(log.ms).toBe(50);
	});

	test('go to the channel that they name, also where it is not in the list', async () => {
		const items = [...itemsOf(3, { channel: 'c' }), ...itemsOf(3)];
		const { log } = await settled(serve(channels, items));
		expect(log.on('c')).toHaveLength(3);
	});

	test('that name a channel come before those that name none', async () => {
		const items = [
			...itemsOf(2),
			...itemsOf(2, { channel: 'a' }).map((item) => ({ ...item, id: 9 })),
		];
		const { log } = await settled(serve(channels, items, { list: ['a'] }));
		expect(log.order).toEqual([9, 9, 0, 1]);
	});

	test('that all name a channel do not wait for the list, but their execution does', async () => {
		const readList = jest.fn(async () => {
			await after(1000);
			return ['a'];
		});
		const { log } = await settled(serve(channels, itemsOf(1, { channel: 'a' }), { readList }));
		expect(log.calls.map(({ begun }) => begun)).toEqual([0]);
		expect(readList).toHaveBeenCalledTimes(1);
		expect(log.ms).toBe(1000);
	});

	test('that all name a channel do not have their execution wait for the list once it is halted', async () => {
		const halting = new Cancellation();
		const readList = async () => {
			await after(1000);
			return ['a'];
		};
		const running = serve(channels, itemsOf(1, { channel: 'a' }), { readList, halting });
		await jest.advanceTimersByTimeAsync(20);
		halting.abort();
		expect((await running).log.ms).toBe(20);
	});

	test('that are none end at once', async () => {
		expect((await serve(channels, [])).left).toEqual([]);
	});

	test('that go back are served again after their delay, by any channel', async () => {
		const answer = answersOf({ item: 'back', restMs: 5000, channel: 'free' });
		const { log } = await batch(3, { list: ['a', 'b'], answer });
		expect(log.calls.map(({ id }) => id)).toEqual([0, 1, 2, 0]);
		expect(log.calls.at(-1)?.begun).toBe(5010);
	});

	test('end their execution with an error that is thrown, and no other', async () => {
		const answer = () => {
			throw new Error('unexpected');
		};
		const failing = serve(channels, itemsOf(2, { channel: 'a' }), { answer });
		const other = serve(channels, itemsOf(2, { channel: 'a' }));
		await expect(failing).rejects.toThrow('unexpected');
		expect((await settled(other)).log.calls).toHaveLength(2);
	});
});

describe('the next items', () => {
	test('are prepared while the channels are busy, one for each', async () => {
		const prepare = jest.fn(async () => true);
		const running = serve(channels, itemsOf(9), { prepare });
		await jest.advanceTimersByTimeAsync(5);
		expect(prepare).toHaveBeenCalledTimes(4);
		await jest.advanceTimersByTimeAsync(10);
		expect(prepare).toHaveBeenCalledTimes(6);
		await settled(running);
	});

	const preparedIn = (ms: number) => async () => {
		await after(ms);
		return true;
	};

	test('have the list read once the first of them is ready', async () => {
		const readList = async () => {
			await after(1000);
			return ['a'];
		};
		const { log } = await batch(1, { readList, prepare: preparedIn(100) });
		expect(log.calls[0]?.begun).toBe(1100);
	});

	test('have the list read meanwhile where the first takes long, and are prepared for each channel then', async () => {
		const { log } = await batch(3, { list: ['a', 'b', 'c'], prepare: preparedIn(1000) });
		expect(log.calls.map(({ begun }) => begun)).toEqual([1000, 1200, 1200]);
	});

	test('that cannot be prepared ask for no list', async () => {
		const readList = jest.fn(async () => ['a']);
		await batch(3, { readList, prepare: async () => false });
		expect(readList).not.toHaveBeenCalled();
	});

	test('that cannot be prepared are out, and leave their place to others', async () => {
		const { log, left } = await batch(3, { list: ['a'], prepare: async ({ id }) => id !== 1 });
		expect(log.order).toEqual([0, 2]);
		expect(left).toEqual([]);
	});

	test('go first where they are ready first', async () => {
		const prepare = async ({ id }: { id: number }) => {
			await after(id === 1 ? 100 : 1);
			return true;
		};
		expect((await batch(3, { prepare })).log.order).toEqual([0, 2, 1]);
	});
});

describe('executions', () => {
	test('take turns on a channel: one item waits behind a batch for one turn only', async () => {
		const log = new CallLog();
		const list = ['a'];
		const running = serve(channels, itemsOf(10), { log, list });
		await jest.advanceTimersByTimeAsync(25);
		const [single] = itemsOf(1, { id: 99 });
		await settled(Promise.all([running, serve(channels, [single!], { log, list })]));
		expect(log.order.slice(0, 5)).toEqual([0, 1, 2, 99, 3]);
	});

	test('take turns in the order in which they came', async () => {
		const log = new CallLog();
		const items = [0, 1, 2].map((id) => itemsOf(2, { id }));
		await settled(
			Promise.all(items.map(async (each) => await serve(channels, each, { log, list: ['a'] }))),
		);
		expect(log.order).toEqual([0, 1, 2, 0, 1, 2]);
	});

	test('do not wait for one whose item is not ready', async () => {
		const log = new CallLog();
		const prepare = async () => {
			await after(100);
			return true;
		};
		const slow = serve(channels, itemsOf(1, { id: 1 }), { log, prepare, list: ['a'] });
		await settled(
			Promise.all([slow, serve(channels, itemsOf(1, { id: 2 }), { log, list: ['a'] })]),
		);
		expect(log.order).toEqual([2, 1]);
	});
});

describe('Max Concurrent Jobs', () => {
	test('limits the channels that serve items without one at the same time', async () => {
		const { log } = await batch(6, { list: ['a', 'b', 'c'], maxChannels: 2 });
		expect(new Set(log.calls.map(({ channel }) => channel)).size).toBe(2);
		expect(log.ms).toBe(30);
	});

	test('takes channels that others do not use', async () => {
		const log = new CallLog();
		const list = ['a', 'b'];
		const others = serve(channels, itemsOf(5, { channel: 'a' }), { log });
		await settled(
			Promise.all([others, serve(channels, itemsOf(5), { log, list, maxChannels: 1 })]),
		);
		expect(log.on('b')).toHaveLength(5);
	});

	test('goes to another channel where one is busy', async () => {
		const answer = (_item: unknown, channel?: string) =>
			channel === 'a' ? busy429(60_000) : undefined;
		const { log } = await batch(3, { maxChannels: 1, answer });
		expect([log.on('a').length, log.on('b').length]).toEqual([1, 3]);
		expect(log.ms).toBe(40);
	});

	test('has one item prepared for each channel that may be used', async () => {
		const prepare = jest.fn(async () => true);
		const running = serve(channels, itemsOf(9), { list: ['a', 'b', 'c'], maxChannels: 2, prepare });
		await jest.advanceTimersByTimeAsync(5);
		expect(prepare).toHaveBeenCalledTimes(4);
		await settled(running);
	});
});

describe('a channel that is spent', () => {
	const spentA =
		(item: Served['item']) =>
		(_item: unknown, channel?: string): Served | undefined =>
			channel === 'a' ? { item, channel: 'spent' } : undefined;

	test('gives its item back to the others', async () => {
		const { log, left } = await batch(6, { answer: spentA('back') });
		expect([log.on('a').length, log.on('b').length]).toEqual([1, 6]);
		expect(left).toEqual([]);
	});

	test('leaves the other items to the others after its last one', async () => {
		const { log, left } = await batch(6, { answer: spentA('done') });
		expect([log.on('a').length, log.on('b').length]).toEqual([1, 5]);
		expect(left).toEqual([]);
	});

	test('still serves those that name it', async () => {
		const items = [...itemsOf(3, { channel: 'a' }), ...itemsOf(3)];
		const { log } = await settled(serve(channels, items, { answer: spentA('done') }));
		expect(log.on('a')).toHaveLength(3);
	});

	test('takes no items of other executions either, until the list is read again', async () => {
		await batch(2, { answer: spentA('done') });
		expect((await batch(4)).log.on('a')).toEqual([]);
		await jest.advanceTimersByTimeAsync(60_000);
		expect((await batch(4)).log.on('a')).toHaveLength(2);
	});

	test('leaves over what names it and goes back', async () => {
		const { log, left } = await settled(
			serve(channels, itemsOf(3, { channel: 'a' }), { answer: spentA('back') }),
		);
		expect(log.on('a')).toHaveLength(3);
		expect(left).toHaveLength(3);
	});

	test('leaves the rest over where no other is left', async () => {
		const { left } = await batch(4, { answer: () => ({ item: 'back', channel: 'spent' }) });
		expect(left.map(({ id }) => id)).toEqual([0, 1, 2, 3]);
	});

	test('has the list read at once by the next execution where no other is left', async () => {
		await batch(1, { list: ['a'], answer: () => ({ item: 'done', channel: 'spent' }) });
		const { log } = await batch(1, { list: ['b'] });
		expect(log.on('b')).toHaveLength(1);
	});
});

describe('items that are bound to one account and name no channel', () => {
	const bound = { anyChannel: false };

	test('go to the only channel', async () => {
		expect((await batch(2, { ...bound, list: ['a'] })).log.on('a')).toHaveLength(2);
	});

	test('leave the choice to the API where there are several, which it refuses', async () => {
		expect((await batch(2, { ...bound, list: ['a', 'b'] })).log.on(undefined)).toHaveLength(2);
	});
});

describe('the list', () => {
	const readList = jest.fn(async (): Promise<string[] | undefined> => ['a']);
	const unreadable = async () => undefined;

	beforeEach(() => readList.mockClear());

	test('is read once for executions that come at the same time', async () => {
		const one = async () => await serve(channels, itemsOf(1), { readList });
		await settled(Promise.all([one(), one(), one()]));
		expect(readList).toHaveBeenCalledTimes(1);
	});

	test('is read once a minute', async () => {
		await batch(1, { readList });
		await jest.advanceTimersByTimeAsync(59_000);
		await batch(1, { readList });
		expect(readList).toHaveBeenCalledTimes(1);
		await jest.advanceTimersByTimeAsync(1000);
		await batch(1, { readList });
		expect(readList).toHaveBeenCalledTimes(2);
	});

	test('that is empty leaves the choice to the API, which says why', async () => {
		expect((await batch(1, { list: [] })).log.on(undefined)).toHaveLength(1);
	});

	test('that cannot be read leaves the choice to the API, and is not read again for 5 seconds', async () => {
		expect((await batch(1, { readList: unreadable })).log.on(undefined)).toHaveLength(1);
		expect((await batch(1, { readList })).log.on(undefined)).toHaveLength(1);
		await jest.advanceTimersByTimeAsync(5000);
		expect((await batch(1, { readList })).log.on('a')).toHaveLength(1);
	});

	test('that could not be read is read again beside a long batch', async () => {
		const answers = [undefined, ['a', 'b']];
		const again = async () => answers.shift();
		const { log } = await batch(9, { readList: again, ms: 3000 });
		expect(log.on(undefined)).toHaveLength(3);
		expect(log.on('b')).toHaveLength(3);
	});

	test('that cannot be read again stays as it was', async () => {
		await batch(1, { readList });
		await jest.advanceTimersByTimeAsync(60_000);
		expect((await batch(1, { readList: unreadable })).log.on('a')).toHaveLength(1);
	});

	test('is read by another execution where the one that reads it is stopped', async () => {
		const halting = new Cancellation();
		const stopped = async () => {
			await after(100);
			halting.abort();
			return undefined;
		};
		const first = serve(channels, itemsOf(1), { halting, readList: stopped });
		const { log } = await settled(serve(channels, itemsOf(1), { readList }));
		expect(log.on('a')).toHaveLength(1);
		expect((await first).left).toHaveLength(1);
	});
});

describe('calls whose channel the API chooses', () => {
	const unlisted = { readList: async () => undefined };

	test('go one by one, also those of several executions', async () => {
		const log = new CallLog();
		const run = async () => await serve(channels, itemsOf(2), { ...unlisted, log });
		await settled(Promise.all([run(), run()]));
		expect(log.calls.map(({ begun }) => begun)).toEqual([0, 10, 20, 30]);
	});

	test('are not beside calls on a channel, and take turns with them', async () => {
		const log = new CallLog();
		const named = serve(channels, itemsOf(4, { channel: 'a' }), { ...unlisted, log });
		await settled(Promise.all([named, serve(channels, itemsOf(3), { ...unlisted, log })]));
		const order = log.calls.map(({ channel }) => channel ?? 'API');
		expect(order).toEqual(['a', 'API', 'a', 'API', 'a', 'API', 'a']);
		expect(log.calls.map(({ begun }) => begun)).toEqual([0, 10, 20, 30, 40, 50, 60]);
	});

	test('leave an item over that no channel can serve', async () => {
		const answer = (): Served => ({ item: 'back', channel: 'spent' });
		expect((await batch(1, { ...unlisted, answer })).left).toHaveLength(1);
	});

	test('wait where the API has said that it is busy', async () => {
		const { log } = await batch(1, { ...unlisted, answer: answersOf(busy429(7000)) });
		expect(log.calls.map(({ begun }) => begun)).toEqual([0, 7010]);
	});
});

describe('a busy channel', () => {
	const list = ['a'];
	/** An execution that the API answers with 429 once. */
	const refused = async (ms: number, item: Served['item'] = 'back', more: TestRun = {}) =>
		await serve(channels, itemsOf(1), { list, answer: answersOf(busy429(ms, item)), ...more });
	/** An execution whose item waits for at most so long. */
	const waiting = async (maximumWaitMs: number, more: TestRun = {}) =>
		await serve(channels, itemsOf(1, { maximumWaitMs }), { list, ...more });

	test('is called again in time, though the clock is set back meanwhile', async () => {
		const running = refused(10_000);
		await jest.advanceTimersByTimeAsync(10);
		jest.setSystemTime(Date.now() - 3_600_000);
		const { log } = await settled(running);
		expect(log.calls.map(({ begun }) => begun)).toEqual([0, 10_010]);
	});

	test('is called by nobody before its time', async () => {
		const first = refused(10_000);
		await jest.advanceTimersByTimeAsync(20);
		const log = new CallLog();
		await settled(Promise.all([first, waiting(60_000, { log })]));
		expect(log.calls[0]?.begun).toBeGreaterThanOrEqual(9_990);
	});

	test('leaves its item to another channel at once', async () => {
		const { log } = await settled(refused(60_000, 'back', { list: ['a', 'b'] }));
		expect(log.calls.map(({ channel, begun }) => [channel, begun])).toEqual([
			['a', 0],
			['b', 10],
		]);
	});

	test('fails the item of another execution at once that does not wait for so long', async () => {
		const first = refused(40_000);
		await jest.advanceTimersByTimeAsync(20);
		const { log, busy, left } = await waiting(3000);
		expect(busy).toEqual([{ id: 0, ms: 39_990 }]);
		expect([log.calls, left]).toEqual([[], []]);
		expect((await settled(first)).log.calls).toHaveLength(2);
	});

	test('does not fail an item that another channel can serve', async () => {
		const both = ['a', 'b'];
		await settled(refused(40_000, 'done', { list: both }));
		const { busy, log } = await settled(waiting(3000, { list: both }));
		expect(busy).toEqual([]);
		expect(log.on('b')).toHaveLength(1);
	});

	test('fails a whole batch without a call', async () => {
		await settled(refused(3_600_000, 'done'));
		const items = itemsOf(500, { channel: 'a' });
		const { busy, log } = await serve(channels, items);
		expect(busy).toHaveLength(500);
		expect(busy[0]?.ms).toBeCloseTo(3_600_000, -3);
		expect(log.calls).toEqual([]);
	});

	test('lets an item wait whose deadline is its end', async () => {
		const { log, busy } = await settled(
			serve(channels, itemsOf(1, { maximumWaitMs: 5000 }), {
				list,
				answer: answersOf(busy429(5000)),
			}),
		);
		expect(busy).toEqual([]);
		expect(log.calls).toHaveLength(2);
	});

	test('counts the whole wait for it, however often it says so', async () => {
		const { log, busy } = await settled(
			serve(channels, itemsOf(1, { maximumWaitMs: 5000 }), {
				list,
				answer: () => busy429(2000),
			}),
		);
		expect(log.calls.map(({ begun }) => begun)).toEqual([0, 2010, 4020]);
		expect(busy).toEqual([{ id: 0, ms: 2000 }]);
	});

	test('counts no wait for calls in flight', async () => {
		const first = serve(channels, itemsOf(1), { list, ms: 60_000 });
		const { busy, log } = await settled(waiting(1000));
		expect(busy).toEqual([]);
		expect(log.calls).toHaveLength(1);
		await first;
	});

	test('is tried again after an hour by whoever comes, where it has asked for a year', async () => {
		await settled(refused(31_536_000_000, 'done'));
		await jest.advanceTimersByTimeAsync(3_590_000);
		expect((await waiting(5000)).busy).toHaveLength(1);
		await jest.advanceTimersByTimeAsync(10_000);
		expect((await settled(waiting(5000))).log.calls).toHaveLength(1);
	});
});

describe('a job that no call belongs to', () => {
	test('keeps its channel until it is released', async () => {
		const release = channels.hold('a');
		const running = serve(channels, itemsOf(1, { channel: 'a' }));
		await jest.advanceTimersByTimeAsync(60_000);
		release();
		const { log } = await settled(running);
		expect(log.calls[0]?.begun).toBe(60_000);
	});

	test('keeps no item waiting for longer than its Maximum Wait', async () => {
		const release = channels.hold('a');
		const items = itemsOf(1, { channel: 'a', maximumWaitMs: 30_000 });
		const { busy, log } = await settled(serve(channels, items));
		expect(busy).toEqual([{ id: 0, ms: 0 }]);
		expect(log.calls).toEqual([]);
		expect(log.ms).toBeLessThan(40_000);
		release();
	});

	test('leaves the other channels to others', async () => {
		channels.hold('a');
		expect((await batch(3)).log.on('b')).toHaveLength(3);
	});

	test('keeps it beside another such job', async () => {
		const [first, second] = [channels.hold('a'), channels.hold('a')];
		first();
		const running = serve(channels, itemsOf(1, { channel: 'a' }));
		await jest.advanceTimersByTimeAsync(1000);
		second();
		expect((await settled(running)).log.calls[0]?.begun).toBe(1000);
	});
});

describe('the halt of an execution', () => {
	const halting = () => new Cancellation();

	test('lets no further item begin, and gives those back that were not served', async () => {
		const halt = halting();
		void after(5).then(() => halt.abort());
		const { log, left } = await batch(10, { halting: halt });
		expect(log.calls).toHaveLength(2);
		expect(left).toHaveLength(8);
	});

	test('waits for the calls and preparations in flight', async () => {
		const halt = halting();
		const prepare = async () => {
			await after(500);
			return true;
		};
		const running = serve(channels, itemsOf(1), { halting: halt, prepare });
		await jest.advanceTimersByTimeAsync(100);
		halt.abort();
		const began = performance.now();
		await settled(running);
		expect(performance.now() - began).toBe(400);
	});

	test.each([
		[
			'a channel that others use',
			async () => void serve(channels, itemsOf(1), { list: ['a'], ms: 9000 }),
		],
		[
			'a busy channel',
			async () =>
				void serve(channels, itemsOf(1), { list: ['a'], answer: answersOf(busy429(9000)) }),
		],
	])('ends the wait for %s at once', async (_name, others) => {
		await others();
		await jest.advanceTimersByTimeAsync(20);
		const halt = halting();
		const running = serve(channels, itemsOf(1), { list: ['a'], halting: halt });
		await jest.advanceTimersByTimeAsync(100);
		halt.abort();
		expect((await running).left).toHaveLength(1);
	});

	test('ends the wait for the list at once', async () => {
		const halt = halting();
		const readList = async () => {
			await after(20_000);
			return ['a'];
		};
		const running = serve(channels, itemsOf(1), { halting: halt, readList });
		await jest.advanceTimersByTimeAsync(100);
		halt.abort();
		expect((await running).left).toHaveLength(1);
	});

	test('before the run lets nothing begin', async () => {
		const halt = halting();
		halt.abort();
		const prepare = jest.fn(async () => true);
		expect((await serve(channels, itemsOf(2), { halting: halt, prepare })).left).toHaveLength(2);
		expect(prepare).not.toHaveBeenCalled();
	});

	test('by an item that is too busy lets the others be', async () => {
		await settled(
			serve(channels, itemsOf(1, { channel: 'a' }), { answer: () => busy429(60_000, 'done') }),
		);
		const halt = halting();
		const tooBusy = jest.fn(() => halt.abort());
		const items = itemsOf(3, { channel: 'a', maximumWaitMs: 1000 });
		const { left } = await serve(channels, items, { halting: halt, tooBusy });
		expect(tooBusy).toHaveBeenCalledTimes(1);
		expect(left).toHaveLength(2);
	});
});

describe('calls that need no channel', () => {
	const never = new Cancellation();

	test('are made four at a time', async () => {
		const begun: number[] = [];
		const read = async (id: number) =>
			await channels.read(never, async () => {
				begun.push(id);
				await after(100 * (id + 1));
				return id;
			});
		const reads = [0, 1, 2, 3, 4, 5].map(read);
		await jest.advanceTimersByTimeAsync(50);
		expect(begun).toEqual([0, 1, 2, 3]);
		await jest.advanceTimersByTimeAsync(100);
		expect(begun).toEqual([0, 1, 2, 3, 4]);
		expect(await settled(Promise.all(reads))).toEqual([0, 1, 2, 3, 4, 5]);
	});

	test('are not made once halted, and then wait for no turn', async () => {
		const held = [0, 1, 2, 3].map(
			async () => await channels.read(never, async () => await after(9000)),
		);
		const halting = new Cancellation();
		const work = jest.fn(async () => true);
		const read = channels.read(halting, work);
		await jest.advanceTimersByTimeAsync(10);
		halting.abort();
		expect(await read).toBeUndefined();
		expect(work).not.toHaveBeenCalled();
		await settled(Promise.all(held));
	});

	test('give their turn to the next one where they fail', async () => {
		const failing = async () =>
			await channels.read(never, async () => {
				await after(10);
				throw new Error('no answer');
			});
		const reads = await settled(Promise.allSettled([1, 2, 3, 4, 5].map(failing)));
		expect(reads.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
	});
});

describe('accounts', () => {
	test('share nothing with each other', async () => {
		await withChannels('one', async (one) => {
			one.hold('a');
			await withChannels('other', async (other) => {
				const { log } = await settled(serve(other, itemsOf(1, { channel: 'a' })));
				expect(log.calls).toHaveLength(1);
			});
		});
	});

	test('are shared by the executions that use them at the same time, and then forgotten', async () => {
		await withChannels('one', async (first) => {
			await withChannels('one', async (second) => expect(second).toBe(first));
			expect(accountsInUse()).toBe(1);
		});
		expect(accountsInUse()).toBe(0);
	});

	test('are forgotten where an execution fails', async () => {
		const failing = async () => {
			throw new Error('failed');
		};
		await expect(withChannels('one', failing)).rejects.toThrow('failed');
		expect(accountsInUse()).toBe(0);
	});
});

test('no timer is left where nobody waits', async () => {
	await batch(1, { list: ['a'], answer: () => busy429(60_000, 'done') });
	const other = serve(channels, itemsOf(1, { channel: 'b' }), { ms: 30_000 });
	await jest.advanceTimersByTimeAsync(2000);
	// That of the call.
	expect(jest.getTimerCount()).toBe(1);
	await settled(other);
	await jest.advanceTimersByTimeAsync(2000);
	expect(jest.getTimerCount()).toBe(0);
});
