/** Items that wait for the end of their jobs, whatever the API answers meanwhile. */
import type { IDataObject } from 'n8n-workflow';

import { ABSENT, CANNOT_TELL, readingOf } from '../support/faultCases';
import { scenario } from '../support/scenario';
import { until } from '../../tooling/n8n/until';

const test_ = scenario({ channels: 6, asyncMs: 60_000 });

const LIST = { path: /^\/v1\/faceswap\/jobs$/, method: 'GET' };

/** Creates a background for each of so many items. */
const create = async (items: number, additionalFields: IDataObject = {}) =>
	await test_.run(
		'changeBackground/create',
		{ prompt: 'x', additionalFields: additionalFields as never },
		{ items: Array(items).fill(await test_.item()), onError: 'continueRegularOutput' },
	);

const listed = async () =>
	await until('the list', async () => test_.requests('/v1/faceswap/jobs').length > 0);

/** Ends all jobs, and waits for that. */
const endJobs = async () =>
	await until('the jobs to end', async () => {
		test_.simulator.skipTime();
		return test_.simulator.jobs.every(({ status }) => status === 'completed');
	});

test.each([
	['a list', LIST],
	['a read', readingOf()],
])('%s that is never answered does not delay the end of Maximum Wait', async (_what, match) => {
	test_.simulator.script({ match, acceptThen: 'hang', times: Infinity });
	const { items } = await create(2, { maximumWait: 1 });
	expect(items).toHaveLength(2);
	for (const { json } of items) expect(json.error).toMatch(/^The job has not ended within 1 sec/);
});

test('a read that is never answered does not delay those of other jobs', async () => {
	const running = create(2, { maximumWait: 1 });
	await until('the jobs', async () => test_.simulator.jobs.length === 2);
	const [first, second] = test_.simulator.jobs;
	const match = readingOf(first?.jobid);
	test_.simulator.script({ match, acceptThen: 'hang', times: Infinity });
	await endJobs();
	const { items } = await running;
	const completed = items.filter(({ json }) => json.status === 'completed');
	expect(completed.map(({ json }) => json.jobId)).toEqual([second?.jobid]);
});

const isRefusal = ([name]: readonly [string, unknown]) => /^40[12] /.test(name);

test.each(CANNOT_TELL.filter((one) => !isRefusal(one)))(
	'an item goes on that is answered %s when it reads its job',
	async (_what, respond) => {
		const running = create(1);
		await listed();
		test_.simulator.script({ match: readingOf(), respond, times: 2 });
		await endJobs();
		const { items } = await running;
		expect(items[0]?.json).toMatchObject({ status: 'completed' });
		expect(test_.requests('/v1/faceswap/jobs/').length).toBeGreaterThan(2);
	},
);

test.each(ABSENT)(
	'an item fails that is answered %s when it reads its job, and the next run submits it',
	async (_what, respond) => {
		const running = create(1);
		await listed();
		test_.simulator.script({ match: readingOf(), respond });
		await endJobs();
		const [failed] = (await running).items;
		expect(failed?.json.error).toMatch(/^useapi\.net does not have the job any more \(job /);
		test_.simulator.settings.asyncMs = 1;
		const [again] = (await create(1)).items;
		expect(again?.json).toMatchObject({ status: 'completed' });
		expect(again?.json.jobId).not.toBe(failed?.json.jobId);
	},
);

test('a list that the API refuses shows the refusal', async () => {
	const respond = { status: 401, body: { error: 'Unauthorized' } };
	test_.simulator.script({ match: LIST, respond, times: Infinity });
	const { items } = await create(5);
	for (const { json } of items) expect(json.error).toMatch(/did not accept the API token/);
});

test('jobs whose Maximum Wait ends are read one by one, so that no list can delay them', async () => {
	test_.simulator.settings.asyncMs = 100;
	test_.simulator.script({ match: LIST, acceptThen: 'hang', times: Infinity });
	const { items } = await create(5, { maximumWait: 1 });
	expect(items.map(({ json }) => json.status)).toEqual(Array(5).fill('completed'));
});

test.each([
	['set back', -3_600_000],
	['put forward', 3_600_000],
])('an item goes on when the clock is %s by an hour', async (_how, ms) => {
	const running = create(1, { maximumWait: 60 });
	await listed();
	const realNow = Date.now;
	jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ms);
	await endJobs();
	const { items } = await running;
	expect(items[0]?.json.status).toBe('completed');
});

test('each item has its own Maximum Wait', async () => {
	const { items } = await create(2, { maximumWait: '={{ $itemIndex ? 1 : 2 }}' });
	expect(items[0]?.json.error).toMatch(/^The job has not ended within 2 seconds/);
	expect(items[1]?.json.error).toMatch(/^The job has not ended within 1 seconds/);
});

test('each item of Job → Wait begins to wait at once, however long the others do', async () => {
	const ids = [];
	for (let item = 0; item < 6; item++) {
		const { items } = await test_.run('changeBackground/create', { prompt: 'x', waitMode: 'none' });
		ids.push(items[0]?.json.jobId);
	}
	const reads = () => test_.requests('/v1/faceswap/jobs/').length;
	const waiting = test_.run(
		'job/wait',
		{ jobId: '={{ $json.id }}', additionalFields: { maximumWait: 60 } },
		{ items: ids.map((id) => ({ json: { id: String(id) } })) },
	);
	await until('six reads', async () => reads() === ids.length);
	await endJobs();
	expect((await waiting).items.map(({ json }) => json.jobId)).toEqual(ids);
});
