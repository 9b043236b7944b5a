/** n8n's Retry On Fail runs the node once more with the same items, within one execution. */
import type { IDataObject } from 'n8n-workflow';

import * as pauses from '../../nodes/InsightFaceSwap/shared/backoff';
import { pause } from '../../nodes/InsightFaceSwap/shared/retry';
import type { ScriptRule } from '../../simulator';
import { bytesOf, type NodeRun } from '../support/engine';
import { reference, referencedItems, swapReferenced } from '../support/referencedItems';
import { scenario } from '../support/scenario';
import { until } from '../../tooling/n8n/until';

const test_ = scenario();

const itemsOf = async (count: number) => await referencedItems(test_, count);

const swap = async (count: number, options: Partial<NodeRun> = {}, fields: IDataObject = {}) =>
	await swapReferenced(test_, count, { retryOnFail: true, maxTries: 3, ...options }, fields);

/** The references of the jobs that the simulator took, in the order of their submission. */
const taken = () => test_.simulator.jobs.map(({ replyRef }) => replyRef);

const submissions = () => test_.requests('/v1/faceswap/picsi').length;

const references = (...indexes: number[]) => indexes.map(reference);

test('5 items, the job of the last ends moderated, 3 tries: 4 jobs are paid, none is submitted twice', async () => {
	test_.simulator.script({
		match: { replyRef: reference(4) },
		outcome: 'moderated',
		content: 'Not allowed',
		times: Infinity,
	});
	const { error } = await swap(5);
	expect(error?.message).toContain('rejected by moderation: Not allowed');
	const paid = test_.simulator.jobs.filter(({ status }) => status === 'completed');
	expect(paid).toHaveLength(4);
	expect(submissions()).toBe(5);
});

test('one item whose connection broke, in 3 tries: 1 job, and its outcome stays unknown', async () => {
	test_.simulator.script({ match: { verb: 'picsi' }, acceptThen: 'reset', times: Infinity });
	const { error } = await swap(1);
	expect(error?.message).toMatch(/^Outcome unknown: .*\(reply reference item-0\)/);
	expect(submissions()).toBe(1);
});

describe('After Stop, which does not keep n8n from further tries,', () => {
	/** Stops an execution as soon as something is so. */
	const stopOnce = (what: string, isSo: () => boolean): NodeRun['during'] => {
		return (execution) => void until(what, async () => isSo()).then(() => execution.cancel());
	};

	test('nothing is sent, and the next run continues the job', async () => {
		test_.simulator.script({ match: { path: /^\/attachments/ }, acceptThen: 'hang' });
		const downloads = () => test_.requests('/attachments').length;
		await swap(1, { during: stopOnce('the download', () => downloads() > 0) }).catch(() => {});
		expect(downloads()).toBe(1);
		const { items } = await swap(1);
		expect(items[0]?.json).toMatchObject({ status: 'completed', resumed: true });
		expect(submissions()).toBe(1);
	});

	test('the next run also continues the jobs that an earlier try had put out', async () => {
		test_.simulator.script({ match: { replyRef: reference(0) }, respond: { status: 400 } });
		const busy = { status: 429, headers: { 'retry-after': '60' } };
		test_.simulator.script({ match: { replyRef: reference(0) }, respond: busy });
		const during = stopOnce('the second try', () => submissions() === 4);
		await swap(3, { onError: 'continueRegularOutput', during }).catch(() => {});
		const { items } = await swap(3);
		expect(items.map(({ json }) => json.resumed)).toEqual([undefined, true, true]);
		expect(taken()).toEqual(references(1, 2, 0));
	});

	test('what was refused is not left as an unknown outcome', async () => {
		const headshot = async (options: Partial<NodeRun> = {}) =>
			await test_.run(
				'headshot/create',
				{ prompt: 'a chef' },
				{ retryOnFail: true, maxTries: 3, waitBetweenTries: 1000, ...options },
			);
		const sent = () => test_.requests('/v1/faceswap/headshot');
		test_.simulator.script({ match: { verb: 'headshot' }, respond: { status: 422 } });
		const isRefused = async () => sent()[0]?.status === 422;
		// Between two tries, once the node has read the refusal.
		const during: NodeRun['during'] = (execution) =>
			void until('the refusal', isRefused)
				.then(async () => await pause(300, undefined))
				.then(() => execution.cancel());
		await headshot({ during }).catch(() => {});
		expect(sent()).toHaveLength(1);
		const { items } = await headshot();
		expect(items[0]?.json.status).toBe('completed');
		expect(items[0]?.json).not.toHaveProperty('resumed');
	});
});

test('a result that could not be downloaded is downloaded by the next try', async () => {
	test_.simulator.script({
		match: { path: /^\/attachments/ },
		respond: { status: 500 },
		times: 5,
	});
	const { items } = await swap(1);
	expect(submissions()).toBe(1);
	const answer = await fetch(String(items[0]?.json.resultUrl));
	expect(await bytesOf(items[0])).toEqual(Buffer.from(await answer.arrayBuffer()));
});

test.each([true, false])('with Simplify %s, only what goes on says so', async (simplify) => {
	test_.simulator.script({ match: { replyRef: reference(1) }, respond: { status: 400 } });
	const { items } = await test_.run(
		'picsi/swap',
		{ simplify, additionalFields: { replyRef: '={{ $json.reference }}' } },
		{ items: await itemsOf(3), retryOnFail: true },
	);
	expect(items.map(({ json }) => [json.replyRef, json.status, json.resumed])).toEqual([
		['item-0', 'completed', true],
		['item-1', 'completed', undefined],
		['item-2', 'completed', undefined],
	]);
});

test('what was refused, and what was never sent, is submitted', async () => {
	test_.simulator.script({ match: { replyRef: reference(1) }, respond: { status: 400 } });
	expect((await swap(3)).error).toBeUndefined();
	expect(taken()).toEqual(references(0, 1, 2));
	expect(submissions()).toBe(4);
});

test('where the user chose to continue, n8n tries again for the first item only', async () => {
	test_.simulator.script({ match: { replyRef: reference(0) }, respond: { status: 400 } });
	const { items } = await swap(3, { onError: 'continueRegularOutput' });
	expect(items.map(({ json }) => json.resumed)).toEqual([undefined, true, true]);
	expect(taken()).toEqual(references(1, 2, 0));
});

test('a job that outlasted Maximum Wait is waited for again', async () => {
	test_.simulator.settings.asyncMs = 3_600_000;
	const parameters = { prompt: 'beach', additionalFields: { maximumWait: 0.5 } };
	const run = test_.run('changeBackground/create', parameters, { retryOnFail: true, maxTries: 5 });
	// The first try reads the job when its Maximum Wait ends, and the second one when it begins.
	await until('the second try', async () => test_.requests('/v1/faceswap/jobs/').length > 1);
	void until('the job to end', async () => {
		test_.simulator.skipTime();
		return test_.simulator.jobs.every(({ status }) => status === 'completed');
	});
	const { items, error } = await run;
	expect(error).toBeUndefined();
	expect(items[0]?.json).toMatchObject({ status: 'completed', resumed: true });
	expect(test_.simulator.jobs).toHaveLength(1);
});

test('each run of a loop has its own jobs', async () => {
	const { run } = await swap(2, { times: 2 });
	const outputs = run.data.resultData.runData.InsightFaceSwap?.map(({ data }) =>
		data?.main?.[0]?.map(({ json }) => json.resumed),
	);
	expect(outputs).toEqual([
		[undefined, undefined],
		[undefined, undefined],
	]);
	expect(taken()).toEqual(references(0, 1, 0, 1));
});

test('each execution has its own jobs', async () => {
	test_.simulator.script({ match: { replyRef: reference(1) }, respond: { status: 400 } });
	const executions = await Promise.all([swap(2), swap(2)]);
	const jobs = executions.flatMap(({ items }) => items.map(({ json }) => json.jobId));
	expect(new Set(jobs).size).toBe(4);
	expect(taken().sort()).toEqual(references(0, 0, 1, 1));
});

test('the error of a run says that the pictures of other items are kept', async () => {
	jest.spyOn(pauses, 'pollDelay').mockReturnValue(5_000);
	const items = [await test_.item(), {}];
	const { error } = await test_.run('changeBackground/create', { prompt: 'beach' }, { items });
	expect(error?.description).toContain('1 paid job is kept for the next run');
});

test('of 100 jobs with faults of all kinds, each is submitted once and reported once', async () => {
	const faults: ScriptRule[] = [
		{ respond: { status: 422, body: { error: 'Moderated' } } },
		{ respond: { status: 500 } },
		{ acceptThen: 'cutJson' },
		{ outcome: 'failed', content: 'No face' },
		{ delayMs: 40 },
	];
	for (let index = 0; index < 100; index += 4) {
		const match = { replyRef: reference(index) };
		test_.simulator.script({ match, ...faults[(index / 4) % faults.length] });
	}
	const { items } = await swap(100, { onError: 'continueRegularOutput' });
	expect(new Set(taken()).size).toBe(taken().length);
	expect(items.map(({ pairedItem }) => pairedItem)).toEqual(
		Array.from({ length: 100 }, (_, item) => ({ item })),
	);
	const reports = items.map(({ json }) => JSON.stringify(json));
	const naming = (jobid: string, replyRef = '') =>
		reports.filter((report) => report.includes(jobid) || report.includes(`reference ${replyRef})`));
	const { jobs } = test_.simulator;
	expect(jobs.filter(({ jobid, replyRef }) => naming(jobid, replyRef).length !== 1)).toEqual([]);
	expect(items.filter(({ json }) => json.resumed).length).toBeGreaterThan(70);
});
