/** n8n 1 in queue mode runs an execution once more when the worker that had it in hand has died. */
import { Logger } from '@n8n/backend-common';
import { Container } from '@n8n/di';

import { useContextsOfN8n1 } from '../support/contextsOfN8n1';
import { scenario } from '../support/scenario';
import { until } from '../../tooling/n8n/until';

const test_ = scenario({ channels: 2 });
const executionId = '7';

beforeAll(useContextsOfN8n1);

const submissions = () => test_.requests('/v1/faceswap/picsi').length;

const swap = async (options: Parameters<typeof test_.run>[2] = {}, additionalFields = {}) =>
	await test_.run('picsi/swap', { additionalFields }, { executionId, ...options });

test('what an execution had started is not submitted again', async () => {
	await swap();
	const { items, error } = await swap();
	expect(items).toEqual([]);
	expect(error?.message).toMatch(
		/^Outcome unknown: n8n runs this execution once more, after it broke off/,
	);
	expect(error?.description).toContain('run the workflow again with what is missing');
	expect(submissions()).toBe(1);
});

test('each item holds the error where the user chose to continue', async () => {
	const items = [await test_.item(), await test_.item()];
	await swap({ items });
	const again = await swap({ items, onError: 'continueRegularOutput' });
	expect(again.items.map(({ json }) => String(json.error).slice(0, 15))).toEqual([
		'Outcome unknown',
		'Outcome unknown',
	]);
	expect(submissions()).toBe(2);
});

test('Start It Again submits', async () => {
	await swap();
	expect((await swap({}, { ifOutcomeUnknown: 'resubmit' })).error).toBeUndefined();
	expect(submissions()).toBe(2);
});

test('an item whose job is remembered is continued', async () => {
	test_.simulator.script({
		match: { path: /^\/attachments/ },
		respond: { status: 500 },
		times: 5,
	});
	expect((await swap()).error).toBeDefined();
	const { items, error } = await swap();
	expect(error).toBeUndefined();
	expect(items.map(({ json }) => json.resumed)).toEqual([true]);
	expect(submissions()).toBe(1);
});

test('another execution submits', async () => {
	await swap();
	expect((await swap({ executionId: '8' })).error).toBeUndefined();
});

test('what costs nothing is done again', async () => {
	const readAll = async () => await test_.run('account/getAll', {}, { executionId });
	await readAll();
	expect((await readAll()).error).toBeUndefined();
});

test("n8n's Retry On Fail submits what was refused: it belongs to the same execution", async () => {
	test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 400 } });
	expect((await swap({ retryOnFail: true })).error).toBeUndefined();
	expect(submissions()).toBe(2);
});

test("n8n's Retry On Fail does not get round it", async () => {
	await swap();
	expect((await swap({ retryOnFail: true })).error?.message).toContain('Outcome unknown');
	expect(submissions()).toBe(1);
});

test('an execution that comes to the node again and again leaves one entry', async () => {
	expect((await swap({ times: 3 })).error).toBeUndefined();
	expect(submissions()).toBe(3);
	expect(test_.deduplicator.entries).toHaveLength(1);
	expect((await swap({ times: 3 })).error?.message).toContain('Outcome unknown');
	expect(submissions()).toBe(3);
});

test('without its database n8n submits, and a warning says so', async () => {
	test_.deduplicator.isBroken = true;
	const warn = jest.spyOn(Container.get(Logger), 'warn');
	expect((await swap()).error).toBeUndefined();
	expect(warn.mock.calls).toEqual([
		[expect.stringContaining('cannot tell whether this was done before'), { error: 'no database' }],
	]);
});

test("an entry that n8n cannot insert, as another process inserts the node's first, is made at once", async () => {
	const { deduplicator } = test_;
	const warn = jest.spyOn(Container.get(Logger), 'warn');
	jest
		.spyOn(deduplicator, 'checkProcessedAndRecord')
		.mockRejectedValueOnce(new Error('duplicate key value violates unique constraint'));
	await swap();
	expect((await swap()).error?.message).toContain('Outcome unknown');
	expect(submissions()).toBe(1);
	expect(warn).not.toHaveBeenCalled();
});

test('an entry that another process has stored over is made again', async () => {
	const { deduplicator } = test_;
	deduplicator.losesNext = true;
	await swap();
	await until('the entry to be made again', async () => deduplicator.entries.length === 1);
	expect((await swap()).error?.message).toContain('Outcome unknown');
	expect(submissions()).toBe(1);
});

test("executions that come at the same time do not write over each other's entries", async () => {
	const { deduplicator } = test_;
	// As n8n does: it reads all entries, and then stores all of them anew.
	jest.spyOn(deduplicator, 'checkProcessedAndRecord').mockImplementation(async (items) => {
		const before = [...deduplicator.entries];
		await new Promise((resolve) => setTimeout(resolve, 20));
		const fresh = items.filter((item) => !before.includes(item));
		deduplicator.entries.splice(0, Infinity, ...before, ...fresh);
		return { new: fresh, processed: items.filter((item) => before.includes(item)) };
	});
	const together = async () =>
		await Promise.all(
			Array.from({ length: 20 }, async (_, index) => await swap({ executionId: `bot-${index}` })),
		);
	const first = await together();
	expect(first.map(({ error }) => error)).toEqual(Array(20).fill(undefined));
	// A run of an earlier test may still make its entry.
	const own = deduplicator.entries.filter((entry) => String(entry).startsWith('bot-'));
	expect(new Set(own).size).toBe(20);
	expect((await together()).map(({ items }) => items)).toEqual(Array(20).fill([]));
	expect(submissions()).toBe(20);
});
