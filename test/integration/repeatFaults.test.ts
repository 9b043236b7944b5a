/** Paid jobs that wait for the next run, whatever goes wrong around them. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { Channels } from '../../nodes/InsightFaceSwap/channels/channels';
import * as startedBefore from '../../nodes/InsightFaceSwap/ledger/startedBefore';
import {
	nodeOfAnotherProcess,
	useBinaryMode,
	type NodeResult,
	type NodeRun,
	type StaticDataStore,
	type TestItem,
} from '../support/engine';
import { CANNOT_TELL, readingOf, REFUSAL_LOST, REFUSED_IN_UPLOAD } from '../support/faultCases';
import { reference, swapReferenced } from '../support/referencedItems';
import { scenario } from '../support/scenario';

const test_ = scenario({ channels: 2 });

const swap = async (options: Partial<NodeRun> = {}, parameters: INodeParameters = {}) =>
	await test_.run('picsi/swap', parameters, options);

const resumed = ({ items }: NodeResult) => items.map(({ json }) => json.resumed ?? false);

const submissions = () => test_.requests('/v1/faceswap/picsi').length;

/** The link of the next result has expired, and so has the fresh one. */
const breakDownload = () =>
	test_.simulator.script({ match: { path: /^\/attachments/ }, respond: { status: 404 }, times: 2 });

const leaveAJob = async (options: Partial<NodeRun> = {}) => {
	breakDownload();
	expect((await swap(options)).error?.message).toContain('could not be downloaded');
};

const expectTheSameJob = (result: NodeResult) => {
	expect(result.error).toBeUndefined();
	expect(resumed(result)).toEqual([true]);
	expect(submissions()).toBe(1);
};

const unexpected = new Error('unexpected');

describe('A run that ends with an unexpected error', () => {
	test('leaves the job that it had taken up', async () => {
		await leaveAJob();
		jest.spyOn(startedBefore, 'wasStartedBefore').mockRejectedValueOnce(unexpected);
		expect((await swap()).error?.message).toBe('unexpected');
		expectTheSameJob(await swap());
	});

	test('leaves the job that it had submitted', async () => {
		const { run } = Channels.prototype;
		jest.spyOn(Channels.prototype, 'run').mockImplementationOnce(async function (
			this: Channels,
			items,
			options,
		) {
			await run.call(this, items, options as never);
			throw unexpected;
		});
		expect((await swap()).error?.message).toBe('unexpected');
		expectTheSameJob(await swap());
	});
});

test('An expression that fails in one item leaves the jobs of the others to be taken up', async () => {
	breakDownload();
	const item = await test_.item();
	const additionalFields = {
		replyRef: '={{ $json.reference }}',
		onRepeat: '={{ $json.fails ? $json.no.such.field.at.all : "continue" }}',
	};
	const options = { onError: 'continueRegularOutput' as const };
	const first = [{ ...item, json: { reference: 'a' } }];
	await swap({ ...options, items: first }, { additionalFields });
	const items = [...first, { ...item, json: { reference: 'b', fails: true } }];
	const again = await swap({ ...options, items }, { additionalFields });
	expect(again.items[0]?.json).toMatchObject({ replyRef: 'a', resumed: true });
});

test('A run that fails leaves its job, though another one of the node has ended meanwhile', async () => {
	breakDownload();
	test_.simulator.script({ match: { replyRef: 'slow' }, delayMs: 500 });
	const additionalFields = { replyRef: 'slow' };
	const slow = swap({}, { additionalFields });
	await swap({}, { downloadResults: false });
	expect((await slow).error?.message).toContain('could not be downloaded');
	expect(resumed(await swap({}, { additionalFields }))).toEqual([true]);
});

test.each(CANNOT_TELL)(
	'A job is waited for, and not paid again, where a read of it is answered %s',
	async (_what, respond) => {
		await leaveAJob();
		test_.simulator.script({ match: readingOf(), respond });
		expectTheSameJob(await swap());
		expect(test_.requests('/v1/faceswap/jobs/').length).toBeGreaterThan(1);
	},
);

test('A picture that has changed by one byte is another item', async () => {
	await leaveAJob();
	const { binary = {} } = await test_.item();
	const content = Buffer.concat([binary.data?.content ?? Buffer.of(), Buffer.of(0)]);
	const data = { content, fileName: 'me.png', mimeType: 'image/png' };
	const changed = await swap({ items: [{ binary: { ...binary, data } }] });
	expect(resumed(changed)).toEqual([false]);
	expect(resumed(await swap())).toEqual([true]);
});

test('A name or a type of a picture that has changed makes no other item', async () => {
	await leaveAJob();
	const { binary = {} } = await test_.item();
	const data = {
		...binary.data,
		content: binary.data?.content ?? Buffer.of(),
		fileName: 'you.png',
	};
	expectTheSameJob(await swap({ items: [{ binary: { ...binary, data } }] }));
});

describe('A job belongs to an account, which', () => {
	const credentialsOf = (apiToken: string, baseUrl = test_.simulator.url) => ({
		credentials: { useApiNetApi: { apiToken, baseUrl } },
	});

	test('is the same with another token of its user', async () => {
		test_.simulator.settings.token = 'user:1-a';
		await leaveAJob(credentialsOf('user:1-a'));
		test_.simulator.settings.token = 'user:1-b';
		expectTheSameJob(await swap(credentialsOf('user:1-b')));
	});

	test('is the same at another address', async () => {
		const { token, url } = test_.simulator;
		await leaveAJob(credentialsOf(token));
		expectTheSameJob(await swap(credentialsOf(token, url.replace('127.0.0.1', 'localhost'))));
	});

	test('is another one with the token of another user', async () => {
		await leaveAJob();
		test_.simulator.settings.token = 'user:2-a';
		expect(resumed(await swap(credentialsOf('user:2-a')))).toEqual([false]);
	});
});

test('A job whose content is no text is remembered', async () => {
	const job = { content: { text: 'done' } };
	test_.simulator.script({ match: { verb: 'picsi' }, job });
	await leaveAJob();
	expectTheSameJob(await swap());
});

test('A job whose verb is no text is delivered', async () => {
	test_.simulator.script({ match: { verb: 'picsi' }, job: { verb: 5 as never } });
	const { items } = await swap();
	expect(items[0]).toMatchObject({ json: { status: 'completed' }, binary: { data: {} } });
});

describe('A wrong token whose refusal breaks the upload', () => {
	const content = Buffer.alloc(20_000_000);
	const bigItem = async (): Promise<TestItem> => {
		const { binary } = await test_.item();
		const picture = Buffer.concat([binary?.data?.content ?? Buffer.of(), content]);
		return { binary: { data: { content: picture }, target: { content: picture } } };
	};

	test.each([
		['comes first', [{ match: { verb: 'picsi' as const }, ...REFUSED_IN_UPLOAD }]],
		['gets lost', REFUSAL_LOST],
	])('is told as one, and nothing is remembered: it %s', async (_how, rules) => {
		await useBinaryMode('filesystem');
		for (const rule of rules) test_.simulator.script(rule);
		const items = [await bigItem()];
		const wrong = { apiToken: `${test_.simulator.token}-wrong`, baseUrl: test_.simulator.url };
		const { error } = await swap({ items, credentials: { useApiNetApi: wrong } });
		expect(error?.message).toMatch(/^useapi\.net did not accept the API token/);
		expect(error?.description).not.toMatch(/charged|unknown outcome/);
		test_.simulator.reset();
		expect(resumed(await swap({ items }))).toEqual([false]);
		expect(test_.simulator.jobs).toHaveLength(1);
	});
});

test('With the error output, the item whose error went there is continued', async () => {
	breakDownload();
	const first = await swap({ onError: 'continueErrorOutput' });
	expect(first.errorItems).toHaveLength(1);
	expectTheSameJob(await swap());
});

test('A run of a loop continues what the run before it has left', async () => {
	breakDownload();
	const { run } = await swap({ times: 2, onError: 'continueRegularOutput' });
	const [first, second] = (run.data.resultData.runData.InsightFaceSwap ?? []).map(
		({ data }) => data?.main?.[0]?.[0]?.json,
	);
	expect(first?.error).toContain('could not be downloaded');
	expect(second).toMatchObject({ status: 'completed', resumed: true });
	expect(submissions()).toBe(1);
});

describe('In production', () => {
	const mode = 'trigger' as const;
	const node = 'node:InsightFaceSwap';
	const remembered = ({ saved }: StaticDataStore) =>
		(((saved[node] as IDataObject | undefined)?.jobs ?? []) as IDataObject[]).filter(
			({ gone }) => gone === undefined,
		);

	const at = Date.now();
	test.each<[string, unknown]>([
		['null', null],
		['a text', 'text'],
		['a list', [1, 2]],
		['another shape', { jobs: 'text' }],
		['odd entries', { jobs: [null, 5, [], { item: 1, at }, { item: 'a' }, {}] }],
		['a job that is no text', { jobs: [{ item: 'a', at, job: { a: 1 } }] }],
		['odd entries that are gone', { jobs: ['a', { gone: 1, at }, { item: 'a', at, gone: 'a' }] }],
	])('static data that is %s does no harm', async (_name, value) => {
		const store: StaticDataStore = { saved: { [node]: value as IDataObject } };
		const { error } = await swap({ mode, staticData: store });
		expect(error).toBeUndefined();
		expect(submissions()).toBe(1);
	});

	test('a process that remembers a job learns that another one has put it out', async () => {
		const store: StaticDataStore = { saved: {} };
		await leaveAJob({ mode, staticData: store });
		const nodeClass = nodeOfAnotherProcess();
		expectTheSameJob(await swap({ mode, staticData: store, nodeClass }));
		expect(resumed(await swap({ mode, staticData: store }))).toEqual([false]);
		expect(submissions()).toBe(2);
	});

	test("a worker of n8n 2, which gets no static data, does not write over other nodes' data", async () => {
		const store: StaticDataStore = { saved: {} };
		await leaveAJob({ mode, staticData: store, inWorker: true });
		expect(store.saved).toEqual({});
		expectTheSameJob(await swap({ mode, staticData: store, inWorker: true }));
	});

	test('a Retry changes static data only where n8n gives it what the node has there', async () => {
		const store: StaticDataStore = { saved: {} };
		await leaveAJob({ mode, staticData: store });
		const withoutData: StaticDataStore = { saved: {} };
		await leaveAJob({ mode: 'retry', staticData: withoutData });
		expect(withoutData.saved).toEqual({});
		expectTheSameJob(await swap({ mode: 'retry', staticData: store }));
		expect(remembered(store)).toEqual([]);
	});
});

test('Of more than 1,000 jobs that a run leaves, the error names those that are not remembered', async () => {
	const at = Date.now() + 60_000;
	const jobs = Array.from({ length: 999 }, (_, index) => ({
		item: 'other',
		job: `job ${index}`,
		at,
	}));
	const staticData = { saved: { 'node:InsightFaceSwap': { jobs } } };
	test_.simulator.script({ match: { replyRef: reference(2) }, outcome: 'moderated' });
	const fields = { maxConcurrentJobs: 1 };
	const { error } = await swapReferenced(test_, 3, { mode: 'trigger', staticData }, fields);
	const [first, second] = test_.simulator.jobs;
	expect(error?.description).toContain('1 finished picture is kept for the next run');
	const details = JSON.stringify(error);
	expect(details).toContain(second?.jobid);
	expect(details).not.toContain(first?.jobid);
});
