/** A run that failed or was stopped leaves its paid jobs for the next run of the same node. */
import { createHash } from 'node:crypto';
import { BinaryDataService } from 'n8n-core';
import type { IDataObject, INodeParameters } from 'n8n-workflow';

import {
	bytesOf,
	useBinaryMode,
	type NodeResult,
	type NodeRun,
	type StaticDataStore,
} from '../support/engine';
import { reference, swapReferenced } from '../support/referencedItems';
import { locator, scenario } from '../support/scenario';
import { until } from '../../tooling/n8n/until';

const test_ = scenario({ channels: 2, credits: { total: 10_000, used: 0 } });

const swap = async (count: number, options: Partial<NodeRun> = {}, fields: IDataObject = {}) =>
	await swapReferenced(test_, count, options, fields);

/** A swap of the two pictures of every item, without a reference of the user. */
const plainSwap = async (options: Partial<NodeRun> = {}, parameters: INodeParameters = {}) =>
	await test_.run('picsi/swap', parameters, options);

const resumed = ({ items }: NodeResult) => items.map(({ json }) => json.resumed ?? false);

const jobIds = ({ items }: NodeResult) => items.map(({ json }) => json.jobId);

const submissions = () => test_.requests('/v1/faceswap/picsi').length;

const paid = () => test_.simulator.jobs.filter(({ status }) => status === 'completed').length;

/** Lets the downloads of the next run fail for good. */
const breakDownloads = (runs = 1) =>
	test_.simulator.script({
		match: { path: /^\/attachments/ },
		respond: { status: 500 },
		times: 5 * runs,
	});

const moderateOnce = (index: number) =>
	test_.simulator.script({
		match: { replyRef: reference(index) },
		outcome: 'moderated',
		content: 'Not allowed',
	});

describe('A run that failed', () => {
	test('a batch of 5 that stops at the moderated one, run again: 5 jobs are paid in all', async () => {
		moderateOnce(4);
		expect((await swap(5)).error?.message).toContain('rejected by moderation');
		const again = await swap(5);
		expect(again.error).toBeUndefined();
		expect(again.items.map(({ json }) => json.replyRef)).toEqual([0, 1, 2, 3, 4].map(reference));
		expect(resumed(again)).toEqual([true, true, true, true, false]);
		expect(paid()).toBe(5);
	});

	test('its error says how many pictures are kept, and how to let the others go on; the details name the jobs', async () => {
		moderateOnce(2);
		const { error } = await swap(3, {}, { maxConcurrentJobs: 1 });
		expect(error?.description).toContain('2 finished pictures are kept for the next run');
		expect(error?.description).toContain('Settings → On Error → Continue');
		expect(JSON.stringify(error)).toContain(test_.simulator.jobs[0]?.jobid);
	});

	test('whose download broke, run again: the same job', async () => {
		breakDownloads();
		expect((await plainSwap()).error?.message).toContain('could not be downloaded');
		const { items } = await plainSwap();
		expect(submissions()).toBe(1);
		expect(items[0]?.json).toMatchObject({ status: 'completed', resumed: true });
		const [attachment] = test_.simulator.jobs[0]?.attachments ?? [];
		const answer = await fetch(String(attachment?.url));
		const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
		expect(sha256(await bytesOf(items[0]))).toBe(sha256(Buffer.from(await answer.arrayBuffer())));
	});

	test('leaves the jobs of items whose error is put out, where the user chose to continue', async () => {
		breakDownloads(2);
		const first = await swap(2, { onError: 'continueRegularOutput' });
		expect(first.items.filter(({ json }) => json.error)).toHaveLength(2);
		expect(resumed(await swap(2))).toEqual([true, true]);
		expect(submissions()).toBe(2);
	});

	test('leaves no job that was put out beside the error of another item', async () => {
		moderateOnce(0);
		await swap(2, { onError: 'continueRegularOutput' });
		expect(resumed(await swap(2))).toEqual([false, false]);
		expect(submissions()).toBe(4);
	});

	test("puts the ID out with Don't Wait, and then remembers nothing", async () => {
		const parameters = { prompt: 'beach', waitMode: 'none' };
		await test_.run('changeBackground/create', parameters);
		const again = await test_.run('changeBackground/create', parameters);
		expect(resumed(again)).toEqual([false]);
		expect(test_.simulator.jobs).toHaveLength(2);
	});
});

describe('A job is taken up only', () => {
	beforeEach(async () => {
		breakDownloads();
		await plainSwap();
	});

	const expectNewJob = (result: NodeResult) => {
		expect(result.error).toBeUndefined();
		expect(resumed(result)).toEqual([false]);
		expect(submissions()).toBe(2);
	};

	test('once: then the workflow has succeeded, and submits anew', async () => {
		expect(resumed(await plainSwap())).toEqual([true]);
		expectNewJob(await plainSwap());
	});

	test('for the same pictures', async () => {
		const { binary = {} } = await test_.item();
		const swapped = { data: binary.target, target: binary.data } as NonNullable<typeof binary>;
		expectNewJob(await plainSwap({ items: [{ binary: swapped }] }));
	});

	test('for the same texts', async () => {
		expectNewJob(await plainSwap({}, { additionalFields: { replyRef: 'order-1' } }));
	});

	test('for the same channel, where one is named', async () => {
		const [channel = ''] = Object.keys(test_.simulator.maxConcurrentPerChannel);
		expectNewJob(await plainSwap({}, { channel: locator(channel) }));
	});

	test('for the same operation', async () => {
		const parameters = {
			sourceImage: locator('data', 'binary'),
			targetImage: locator('target', 'binary'),
		};
		const other = await test_.run('picsi/swapImages', parameters);
		expect(resumed(other)).toEqual([false]);
		expect(test_.simulator.jobs).toHaveLength(2);
	});

	test('in the same workflow', async () => {
		expectNewJob(await plainSwap({ workflowId: 'another' }));
	});

	test('where the user does not choose Pay for a New Job', async () => {
		expectNewJob(await plainSwap({}, { additionalFields: { onRepeat: 'anew' } }));
		expect(resumed(await plainSwap())).toEqual([true]);
	});

	test('within the 31 days that the API keeps it', async () => {
		const now = Date.now();
		jest.spyOn(Date, 'now').mockReturnValue(now + 31 * 24 * 3_600_000 + 1);
		expectNewJob(await plainSwap());
	});

	test('by one of two executions that run at once', async () => {
		const both = await Promise.all([plainSwap(), plainSwap()]);
		expect(both.flatMap(resumed).sort()).toEqual([false, true]);
		expect(new Set(both.flatMap(jobIds)).size).toBe(2);
	});

	test('by one of two equal items', async () => {
		const item = await test_.item();
		const again = await plainSwap({ items: [item, item] });
		expect(resumed(again).sort()).toEqual([false, true]);
		expect(new Set(jobIds(again)).size).toBe(2);
	});

	test.each([404, 410])('while the API has it, and does not answer %i', async (status) => {
		const jobid = test_.simulator.jobs[0]?.jobid;
		test_.simulator.script({
			match: { path: '/v1/faceswap/jobs', method: 'GET' },
			respond: { status, body: { error: `Unable to locate job ${jobid}` } },
		});
		expectNewJob(await plainSwap());
	});

	test.each(['failed', 'moderated', 'cancelled'])('unless it is %s meanwhile', async (status) => {
		const jobid = test_.simulator.jobs[0]?.jobid;
		test_.simulator.script({
			match: { path: '/v1/faceswap/jobs', method: 'GET' },
			respond: { status: 200, body: { jobid, status, error: 'No face' } },
		});
		expectNewJob(await plainSwap());
	});

	test('again while its download breaks again', async () => {
		breakDownloads(2);
		expect((await plainSwap()).error).toBeDefined();
		expect((await plainSwap()).error).toBeDefined();
		expect(resumed(await plainSwap())).toEqual([true]);
		expect(submissions()).toBe(1);
	});
});

test('n8n 2 repeats no execution, so none makes an entry in its database', async () => {
	await plainSwap();
	expect(test_.deduplicator.entries).toEqual([]);
});

describe('An unknown outcome', () => {
	test('stays unknown when its job is not found: nothing is submitted again', async () => {
		test_.simulator.script({ match: { verb: 'picsi' }, acceptThen: 'reset' });
		await plainSwap();
		const again = await plainSwap();
		expect(again.error?.message).toContain('Outcome unknown');
		expect((await plainSwap()).error?.message).toContain('Outcome unknown');
		expect(submissions()).toBe(1);
	});

	test.each([{ ifOutcomeUnknown: 'resubmit' }, { onRepeat: 'anew' }])(
		'is submitted again with %p',
		async (additionalFields) => {
			test_.simulator.script({ match: { verb: 'picsi' }, acceptThen: 'reset' });
			await plainSwap();
			const again = await plainSwap({}, { additionalFields });
			expect(again.error).toBeUndefined();
			expect(resumed(again)).toEqual([false]);
			expect(submissions()).toBe(2);
		},
	);

	test('after Stop is looked for by the next run, also with Start It Again', async () => {
		const { simulator } = test_;
		simulator.settings.blockingMs = 2000;
		simulator.script({ match: { verb: 'picsi' }, acceptThen: 'hang' });
		simulator.script({ match: { path: /jobs$/ }, respond: { status: 200, body: [] } });
		const additionalFields = { ifOutcomeUnknown: 'resubmit' };
		const during: NodeRun['during'] = (execution) =>
			void until('the job', async () => simulator.jobs.length > 0).then(() => execution.cancel());
		await plainSwap({ during }, { additionalFields }).catch(() => {});
		const again = await plainSwap({}, { additionalFields });
		expect(resumed(again)).toEqual([true]);
		expect(submissions()).toBe(1);
	});

	test('is not remembered of a call that was not sent to its end', async () => {
		await useBinaryMode('filesystem');
		test_.simulator.script({ match: { path: '/v1/faceswap/picsi' }, resetAfterBytes: 1000 });
		const content = Buffer.concat([
			(await test_.item()).binary?.data?.content ?? Buffer.of(),
			Buffer.alloc(20_000_000),
		]);
		const items = [{ binary: { data: { content }, target: { content } } }];
		const first = await plainSwap({ items });
		expect(first.error?.message).toContain('Outcome unknown');
		expect((await plainSwap({ items })).error).toBeUndefined();
		expect(test_.simulator.jobs).toHaveLength(1);
	});
});

describe('In production', () => {
	const production = (staticData: StaticDataStore, options: Partial<NodeRun> = {}) => ({
		mode: 'trigger' as const,
		staticData,
		...options,
	});

	const remembered = ({ saved }: StaticDataStore) =>
		(
			((saved['node:InsightFaceSwap'] as IDataObject | undefined)?.jobs ?? []) as IDataObject[]
		).filter(({ gone }) => gone === undefined);

	test('n8n stores the jobs with the workflow, so that they outlive a restart', async () => {
		const store: StaticDataStore = { saved: {} };
		breakDownloads();
		await plainSwap(production(store));
		expect(remembered(store)).toHaveLength(1);
		// This process does not know the other workflow, as it knows none after a restart.
		const again = await plainSwap(production(store, { workflowId: 'after-restart' }));
		expect(resumed(again)).toEqual([true]);
		expect(remembered(store)).toEqual([]);
		expect(submissions()).toBe(1);
	});

	test('a test run continues them, too, also after a restart', async () => {
		const store: StaticDataStore = { saved: {} };
		breakDownloads();
		await plainSwap(production(store));
		const options = { mode: 'manual' as const, workflowId: 'after-restart' };
		expect(resumed(await plainSwap(production(store, options)))).toEqual([true]);
		expect(submissions()).toBe(1);
	});

	test('an entry has less than 200 bytes, and nothing of the token, the address or the texts', async () => {
		const store: StaticDataStore = { saved: {} };
		breakDownloads();
		const additionalFields = { replyRef: 'order-1', replyUrl: 'https://example.com/reply' };
		await plainSwap(production(store), { additionalFields });
		const [entry] = remembered(store).map((job) => JSON.stringify(job));
		expect(Buffer.byteLength(String(entry))).toBeLessThan(200);
		expect(entry).not.toMatch(/user:|http|order-1|example/);
	});

	test('a run that submits, and puts all out, changes nothing there', async () => {
		const store: StaticDataStore = { saved: { other: { kept: true } } };
		await plainSwap(production(store));
		expect(store.saved).toEqual({ other: { kept: true } });
	});

	test('a job that one execution has put out is gone for one that began before', async () => {
		const store: StaticDataStore = { saved: {} };
		breakDownloads();
		await plainSwap(production(store));
		const before = structuredClone(store);
		await plainSwap(production(store));
		expect(resumed(await plainSwap(production(before)))).toEqual([false]);
	});

	test("n8n's Retry of a test run continues, too", async () => {
		breakDownloads();
		await plainSwap({ mode: 'manual' });
		const retry = await plainSwap({ mode: 'retry', staticData: { saved: {} } });
		expect(resumed(retry)).toEqual([true]);
	});
});

test('a run without remembered jobs reads each small picture once', async () => {
	await useBinaryMode('filesystem');
	const reads = jest.spyOn(BinaryDataService.prototype, 'getAsStream');
	await plainSwap();
	expect(reads).toHaveBeenCalledTimes(2);
});
