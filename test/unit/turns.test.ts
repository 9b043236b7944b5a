import {
	accountKey,
	accountsInUse,
	withAccount,
	type Account,
} from '../../nodes/InsightFaceSwap/execution/scheduling/channelRegistry';
import type { FindChannel } from '../../nodes/InsightFaceSwap/execution/scheduling/anonymousCall';
import {
	runScheduler,
	type NextAction,
} from '../../nodes/InsightFaceSwap/execution/scheduling/channelScheduler';
import { random } from '../support/random';

const never = new AbortController().signal;
const after = async (ms: number) => await new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
	let settled = false;
	void promise.then(() => (settled = true));
	await jest.advanceTimersByTimeAsync(0);
	return settled;
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => {
	jest.useRealTimers();
	expect(accountsInUse()).toBe(0);
});

describe('turns', () => {
	const on = async (work: (account: Account) => Promise<void>) =>
		await withAccount('key', true, work);

	test('are given to one at a time, in the order in which they were asked for', async () => {
		await on(async (account) => {
			const order: string[] = [];
			const ask = async (name: string) => {
				const turn = await account.turnOn('a', [never]);
				order.push(name);
				turn?.end();
			};
			const first = await account.turnOn('a', [never]);
			const asked = [ask('second'), ask('third')];
			expect(order).toEqual([]);
			first?.end();
			await Promise.all(asked);
			expect(order).toEqual(['second', 'third']);
		});
	});

	test('of a busy channel are given to nobody before its time', async () => {
		await on(async (account) => {
			account.noteBusy('a', 10_000);
			const turn = account.turnOn('a', [never]);
			await jest.advanceTimersByTimeAsync(9_900);
			expect(await isSettled(turn)).toBe(false);
			await jest.advanceTimersByTimeAsync(200);
			expect(await isSettled(turn)).toBe(true);
		});
	});

	test('are not kept for one who has stopped waiting', async () => {
		await on(async (account) => {
			const first = await account.turnOn('a', [never]);
			const stop = new AbortController();
			const stopped = account.turnOn('a', [never, stop.signal]);
			const last = account.turnOn('a', [never]);
			stop.abort();
			expect(await stopped).toBeUndefined();
			first?.end();
			expect(await last).toBeDefined();
		});
	});

	test('to read are four at a time', async () => {
		await on(async (account) => {
			const turn = async () => await account.turnToRead([never]);
			const [first] = await Promise.all([turn(), turn(), turn(), turn()]);
			const fifth = turn();
			expect(await isSettled(fifth)).toBe(false);
			first?.end();
			expect(await isSettled(fifth)).toBe(true);
		});
	});
});

describe('a call whose channel the API chooses', () => {
	/** Begins such a call on an account with these channels. */
	const begin = async (account: Account, channels: string[], find: FindChannel) => {
		await account.listed(async () => channels);
		const turn = await account.turnOn(undefined, [never]);
		let end = () => {};
		const answer = new Promise<void>((resolve) => (end = resolve));
		const call = account.anonymously(find, async () => await answer);
		return async () => {
			end();
			await call;
			turn?.end();
		};
	};
	const on = async (work: (account: Account) => Promise<void>) =>
		await withAccount('key', true, work);

	test('is not asked about while nobody waits for a channel', async () => {
		await on(async (account) => {
			const find = jest.fn(async () => 'a');
			const end = await begin(account, ['a', 'b'], find);
			await jest.advanceTimersByTimeAsync(60_000);
			expect(find).not.toHaveBeenCalled();
			await end();
		});
	});

	test('holds its channel once the API tells it, and leaves the others free', async () => {
		await on(async (account) => {
			const end = await begin(account, ['a', 'b', 'c'], async () => 'a');
			const [a, b, c] = ['a', 'b', 'c'].map(async (id) => await account.turnOn(id, [never]));
			expect(await isSettled(b as Promise<unknown>)).toBe(false);
			await jest.advanceTimersByTimeAsync(100);
			expect((await b) && (await c)).toBeDefined();
			expect(await isSettled(a as Promise<unknown>)).toBe(false);
			await end();
			expect(await a).toBeDefined();
		});
	});

	test('is asked about again, later each time, until the API knows it', async () => {
		await on(async (account) => {
			const answers = [undefined, undefined, 'a'];
			const find = jest.fn(async () => answers.shift());
			const end = await begin(account, ['a', 'b'], find);
			const b = account.turnOn('b', [never]);
			await jest.advanceTimersByTimeAsync(1000);
			expect(find).toHaveBeenCalledTimes(1);
			await jest.advanceTimersByTimeAsync(4000);
			expect(find).toHaveBeenCalledTimes(3);
			expect(await b).toBeDefined();
			await end();
		});
	});

	test('is not asked about where there is only one channel', async () => {
		await on(async (account) => {
			const find = jest.fn(async () => 'a');
			const end = await begin(account, ['a'], find);
			const turn = account.turnOn('a', [never]);
			await jest.advanceTimersByTimeAsync(60_000);
			expect(await isSettled(turn)).toBe(false);
			expect(find).not.toHaveBeenCalled();
			await end();
			expect(await turn).toBeDefined();
		});
	});

	test('has one channel left free for it where the API does not tell', async () => {
		await on(async (account) => {
			const end = await begin(account, ['a', 'b'], async () => undefined);
			const [a, b] = ['a', 'b'].map(async (id) => await account.turnOn(id, [never]));
			await jest.advanceTimersByTimeAsync(60_000);
			expect(await a).toBeDefined();
			expect(await isSettled(b as Promise<unknown>)).toBe(false);
			await end();
			expect(await b).toBeDefined();
		});
	});

	test('ends the rest of a channel that it may have made busy', async () => {
		await on(async (account) => {
			const end = await begin(account, ['a', 'b'], async () => undefined);
			account.noteBusy('a', 10_000);
			const turn = account.turnOn('a', [never]);
			await end();
			expect(await isSettled(turn)).toBe(true);
		});
	});
});

describe('accounts', () => {
	test('share nothing with each other', async () => {
		const [one, other] = [accountKey('https://a', 'user:1'), accountKey('https://a', 'user:2')];
		await withAccount(one, true, async (first) => {
			await first.turnOn('a', [never]);
			await withAccount(other, true, async (second) => {
				expect(second.isShared).toBe(false);
				expect(await second.turnOn('a', [never])).toBeDefined();
			});
		});
	});

	test('are named without their token', () => {
		expect(accountKey('https://a', 'user:1-secret')).not.toContain('secret');
	});

	test('know how long each channel takes for a call', async () => {
		await withAccount('key', true, async (account) => {
			expect(account.serviceMs('a')).toBeUndefined();
			account.noteServed('a', 1000);
			account.noteServed('a', 3000);
			account.noteServed('b', 500);
			expect(account.serviceMs('a')).toBe(2000);
		});
	});

	test('have their list read once a minute', async () => {
		await withAccount('key', true, async (account) => {
			const read = jest.fn(async () => ['a']);
			await Promise.all([account.listed(read), account.listed(read)]);
			expect(read).toHaveBeenCalledTimes(1);
			await jest.advanceTimersByTimeAsync(60_000);
			await account.listed(read);
			expect(read).toHaveBeenCalledTimes(2);
		});
	});

	test('have their list read again by one that waited for another to read it in vain', async () => {
		await withAccount('key', true, async (account) => {
			const stopped = account.listed(async () => undefined);
			expect(await account.listed(async () => ['a'])).toEqual(['a']);
			expect(await stopped).toEqual([]);
		});
	});

	test('list a channel no more that has spent its credits', async () => {
		await withAccount('key', true, async (account) => {
			const read = async () => ['a', 'b'];
			await account.listed(read);
			account.noteSpent('a');
			expect(await account.listed(read)).toEqual(['b']);
		});
	});
});

const SEED = 20_261_125;
const EXECUTIONS = 400;
const CHANNELS = ['a', 'b', 'c', 'd', 'e'];

interface Execution {
	tasks: number;
	channel?: string;
	stopAfter?: number;
	served: number;
	left: number;
	/** Executions at work when it came, and jobs on each channel by then. */
	atWork: number;
	jobsBefore: Record<string, number>;
	/** Jobs of others on its channel while it waited for its first turn. */
	waited?: number;
	refused?: true;
}

test(`of ${EXECUTIONS} executions none starves, and a channel has one job at any time`, async () => {
	const next = random(SEED);
	const busy = new Set<string>();
	const jobs: Record<string, number> = {};
	let collisions = 0;
	let atWork = 0;
	const spentFrom: Record<string, number> = { e: 150 };

	const call = async (channel: string, execution: Execution): Promise<NextAction> => {
		if (busy.has(channel)) collisions++;
		busy.add(channel);
		execution.waited ??= (jobs[channel] ?? 0) - (execution.jobsBefore[channel] ?? 0);
		jobs[channel] = (jobs[channel] ?? 0) + 1;
		await after(1 + Math.floor(next() * 20));
		busy.delete(channel);
		if (jobs[channel] > (spentFrom[channel] ?? Infinity)) return { next: 'close' };
		if (next() > 0.05) return { next: 'free' };
		execution.refused = true;
		return { next: 'rest', ms: 15, ...(next() < 0.5 && { busy: true as const }) };
	};

	const serve = async (execution: Execution): Promise<void> => {
		const { tasks, channel, stopAfter } = execution;
		Object.assign(execution, { atWork: atWork++, jobsBefore: { ...jobs } });
		const stop = new AbortController();
		if (stopAfter !== undefined) void after(stopAfter).then(() => stop.abort());
		await withAccount('simulated', true, async (account) => {
			const left = await runScheduler(
				Array.from({ length: tasks }, () => ({ channel })),
				{
					shared: await account.listed(async () => CHANNELS),
					halted: () => stop.signal.aborted,
					rest: after,
					prepare: async () => true,
					turn: async (id, withdrawn) => await account.turnOn(id, [stop.signal, withdrawn]),
					serve: async (_task, id = '') => {
						const nextAction = await call(id, execution);
						if (nextAction.next === 'free') execution.served++;
						if (nextAction.next === 'close') account.noteSpent(id);
						if (nextAction.next === 'rest' && nextAction.busy) account.noteBusy(id, nextAction.ms);
						return nextAction;
					},
				},
			);
			execution.left = left.length;
		});
		atWork--;
	};

	const executions = Array.from({ length: EXECUTIONS }, (): Execution => {
		const tasks = next() < 0.7 ? 1 : 2 + Math.floor(next() * 30);
		const channel = next() < 0.3 ? CHANNELS[Math.floor(next() * CHANNELS.length)] : undefined;
		const stopAfter = next() < 0.1 ? Math.floor(next() * 200) : undefined;
		return { tasks, channel, stopAfter, served: 0, left: 0, atWork: 0, jobsBefore: {} };
	});
	let isDone = false;
	const all = Promise.all(
		executions.map(async (execution, index) => {
			await after(index * 5);
			await serve(execution);
		}),
	).finally(() => (isDone = true));
	for (let step = 0; !isDone && step < 100_000; step++) await jest.advanceTimersByTimeAsync(1);
	expect(isDone).toBe(true);
	await all;

	const unstopped = executions.filter(({ stopAfter }) => stopAfter === undefined);
	expect(collisions).toBe(0);
	expect(executions.every(({ tasks, served, left }) => served + left === tasks)).toBe(true);
	expect(unstopped.filter(({ channel, left }) => left > 0 && channel !== 'e')).toEqual([]);
	const tooLate = unstopped.filter(
		({ tasks, waited, atWork: others, refused }) =>
			tasks === 1 && !refused && (waited ?? 0) > others + 1,
	);
	expect(tooLate).toEqual([]);
});
