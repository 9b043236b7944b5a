import { accountKey } from '../../nodes/InsightFaceSwap/api/accountKey';
import {
	accountsInUse,
	withAccount,
	type Account,
} from '../../nodes/InsightFaceSwap/execution/scheduling/channelRegistry';
import type { Turn } from '../../nodes/InsightFaceSwap/execution/scheduling/turns';
import type { FindChannel } from '../../nodes/InsightFaceSwap/execution/scheduling/anonymousCall';

const never = new AbortController().signal;
const goesOn = () => false;

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

	test('are given in time, though the clock is set back meanwhile', async () => {
		await on(async (account) => {
			account.noteBusy('a', 10_000);
			const turn = account.turnOn('a', [never]);
			jest.setSystemTime(Date.now() - 60_000);
			await jest.advanceTimersByTimeAsync(10_000);
			expect(await isSettled(turn)).toBe(true);
		});
	});

	test('of a channel that rests for long are not given at the end of a shorter rest', async () => {
		await on(async (account) => {
			account.noteBusy('a', 30_000);
			account.noteBusy('a', 10_000);
			const turn = account.turnOn('a', [never]);
			await jest.advanceTimersByTimeAsync(29_000);
			expect(await isSettled(turn)).toBe(false);
			await jest.advanceTimersByTimeAsync(1_000);
			expect(await isSettled(turn)).toBe(true);
		});
	});

	test('are given after ten minutes, where the API has asked to wait for years', async () => {
		await on(async (account) => {
			account.noteRefused('a', 1e12);
			const turn = account.turnOn('a', [never]);
			expect(account.refusedMs('a')).toBe(1e12);
			await jest.advanceTimersByTimeAsync(600_000);
			expect(await isSettled(turn)).toBe(true);
			expect(account.refusedMs('a')).toBe(0);
		});
	});

	test('of a channel that has served since are no longer refused', async () => {
		await on(async (account) => {
			account.noteRefused('a', 3_600_000);
			await jest.advanceTimersByTimeAsync(600_000);
			account.noteBusy('a', 5_000);
			expect(account.refusedMs('a')).toBe(0);
		});
	});

	test('of a call whose job goes on afterwards count with the time of the call', async () => {
		await on(async (account) => {
			const call = await account.turnOn('a', [never]);
			await jest.advanceTimersByTimeAsync(6_000);
			const job = account.occupy('a');
			call?.end(true);
			await jest.advanceTimersByTimeAsync(4_000);
			job.end();
			expect(account.serviceMs('a')).toBe(6_000);
		});
	});

	test('that serve nothing say nothing of the speed of a channel', async () => {
		await on(async (account) => {
			const held = account.occupy('a');
			await jest.advanceTimersByTimeAsync(300_000);
			held.end();
			const turn = await account.turnOn('a', [never]);
			await jest.advanceTimersByTimeAsync(5_000);
			turn?.end(true);
			expect(account.serviceMs('a')).toBe(5_000);
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

	test('are not given while a call that was stopped here probably goes on at the API', async () => {
		await on(async (account) => {
			const first = await account.turnOn('a', [never]);
			await jest.advanceTimersByTimeAsync(1000);
			first?.end(true);
			const stopped = await account.turnOn('a', [never]);
			await jest.advanceTimersByTimeAsync(300);
			account.noteAbandoned('a');
			stopped?.end();
			const turn = account.turnOn('a', [never]);
			await jest.advanceTimersByTimeAsync(600);
			expect(await isSettled(turn)).toBe(false);
			await jest.advanceTimersByTimeAsync(200);
			expect(await isSettled(turn)).toBe(true);
		});
	});

	describe('of a slow channel', () => {
		const one = () => 1;
		/** A channel of 1 s a job that becomes free, beside one of 0.1 s a job that is busy; one task waits. */
		const withTwo = async (
			work: (slow: Promise<unknown>, fast: Promise<unknown>, busy?: Turn) => Promise<void>,
		) => {
			await on(async (account) => {
				const slow = await account.turnOn('slow', [never]);
				const first = await account.turnOn('fast', [never]);
				await jest.advanceTimersByTimeAsync(100);
				first?.end(true);
				await jest.advanceTimersByTimeAsync(900);
				const busy = await account.turnOn('fast', [never]);
				const turns = ['fast', 'slow'].map(async (id) => await account.turnOn(id, [never], one));
				slow?.end(true);
				await work(turns[1] as Promise<unknown>, turns[0] as Promise<unknown>, busy);
			});
		};

		test('are left to a fast one that ends the task earlier, though that one is busy', async () => {
			await withTwo(async (slow, fast, busy) => {
				expect(await isSettled(slow)).toBe(false);
				busy?.end(true);
				expect(await isSettled(fast)).toBe(true);
			});
		});

		test('are given after all where the fast one is stuck', async () => {
			await withTwo(async (slow) => {
				await jest.advanceTimersByTimeAsync(900);
				expect(await isSettled(slow)).toBe(false);
				await jest.advanceTimersByTimeAsync(200);
				expect(await isSettled(slow)).toBe(true);
			});
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
		await account.listed(async () => channels, goesOn);
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
			for (const ms of [1000, 3000]) {
				const turn = await account.turnOn('a', [never]);
				await jest.advanceTimersByTimeAsync(ms);
				turn?.end(true);
			}
			expect(account.serviceMs('a')).toBe(2000);
		});
	});

	test('have their list read once a minute', async () => {
		await withAccount('key', true, async (account) => {
			const read = jest.fn(async () => ['a']);
			await Promise.all([account.listed(read, goesOn), account.listed(read, goesOn)]);
			expect(read).toHaveBeenCalledTimes(1);
			await jest.advanceTimersByTimeAsync(60_000);
			await account.listed(read, goesOn);
			expect(read).toHaveBeenCalledTimes(2);
		});
	});

	test('have their list read again by one that waited for another to read it in vain', async () => {
		await withAccount('key', true, async (account) => {
			const stopped = account.listed(
				async () => undefined,
				() => true,
			);
			expect(await account.listed(async () => ['a'], goesOn)).toEqual(['a']);
			expect(await stopped).toEqual([]);
		});
	});

	test('have a list that the API cannot give read once by those that wait for it', async () => {
		await withAccount('key', true, async (account) => {
			const read = jest.fn(async () => undefined);
			const lists = [account.listed(read, goesOn), account.listed(read, goesOn)];
			expect(await Promise.all(lists)).toEqual([[], []]);
			expect(read).toHaveBeenCalledTimes(1);
		});
	});

	test('list a channel no more that has spent its credits', async () => {
		await withAccount('key', true, async (account) => {
			const read = async () => ['a', 'b'];
			await account.listed(read, goesOn);
			account.noteSpent('a');
			expect(await account.listed(read, goesOn)).toEqual(['b']);
		});
	});
});
