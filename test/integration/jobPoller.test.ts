/** Looks at running jobs that the API leaves without an answer. */
import type { IDataObject } from 'n8n-workflow';

import * as pauses from '../../nodes/InsightFaceSwap/shared/backoff';
import { scenario } from '../support/scenario';
import { until } from '../../tooling/n8n/until';

const test_ = scenario({ channels: 6, asyncMs: 60_000 });

const oneJob = { path: /^\/v1\/faceswap\/jobs\/?$/, method: 'GET' };

const list = { path: /^\/v1\/faceswap\/jobs$/, method: 'GET' };

/** Creates a background for each of so many items. */
const create = async (items: number, additionalFields: IDataObject) =>
	await test_.run(
		'changeBackground/create',
		{ prompt: 'x', additionalFields: additionalFields as never },
		{
			items: await Promise.all(Array.from({ length: items }, async () => await test_.item())),
			onError: 'continueRegularOutput',
		},
	);

test('a poll that is never answered does not delay the end of Maximum Wait', async () => {
	test_.simulator.script({ match: oneJob, acceptThen: 'hang', times: Infinity });
	const { items } = await create(1, { maximumWait: 1 });
	expect(items[0]?.json.error).toMatch(/^The job has not ended within 1 seconds/);
	expect(items[0]?.json.error).toContain(String(test_.simulator.jobs[0]?.jobid));
});

test('a list that is never answered does not either', async () => {
	test_.simulator.script({ match: oneJob, acceptThen: 'hang', times: Infinity });
	const { items } = await create(5, { maximumWait: 1 });
	expect(items).toHaveLength(5);
	for (const { json } of items) expect(json.error).toMatch(/^The job has not ended within 1 sec/);
});

test('a poll that is never answered does not delay polls of other jobs', async () => {
	test_.simulator.settings.asyncMs = 500;
	test_.simulator.script({ match: oneJob, acceptThen: 'hang' });
	const { items } = await create(2, { maximumWait: 2 });
	expect(items.map(({ json }) => json.status)).toEqual(['completed', 'completed']);
});

test('a poll that the API is too busy for is repeated once it may be', async () => {
	test_.simulator.settings.asyncMs = 200;
	const respond = { status: 429, headers: { 'retry-after': '1' } };
	test_.simulator.script({ match: oneJob, respond });
	const began = Date.now();
	const { items } = await create(1, { maximumWait: 60 });
	expect(items[0]?.json.status).toBe('completed');
	expect(Date.now() - began).toBeGreaterThanOrEqual(1000);
	const [first, second] = test_.requests('/v1/faceswap/jobs').map(({ at }) => Date.parse(at));
	expect(Number(second) - Number(first)).toBeGreaterThanOrEqual(1000);
});

test('a list that the API cannot give is not replaced by a read of each job', async () => {
	jest.mocked(pauses.pollDelay).mockReturnValue(500);
	test_.simulator.settings.asyncMs = 100;
	test_.simulator.script({ match: oneJob, respond: { status: 503 } });
	const { items } = await create(5, { maximumWait: 60 });
	expect(items.map(({ json }) => json.status)).toEqual(Array(5).fill('completed'));
	const [first, second] = test_.requests('/v1/faceswap/jobs');
	expect([first?.status, second?.query.jobid]).toEqual([503, undefined]);
});

test('a list that the API is too busy for is read once it may be, also for jobs that were not due', async () => {
	let polls = 0;
	jest.mocked(pauses.pollDelay).mockImplementation(() => 50 * ++polls);
	test_.simulator.settings.asyncMs = 300;
	const respond = { status: 429, headers: { 'retry-after': '1' } };
	test_.simulator.script({ match: oneJob, respond });
	const { items } = await create(5, { maximumWait: 60 });
	expect(items.map(({ json }) => json.status)).toEqual(Array(5).fill('completed'));
	const [first, second] = test_.requests('/v1/faceswap/jobs').map(({ at }) => Date.parse(at));
	expect(Number(second) - Number(first)).toBeGreaterThanOrEqual(1000);
});

test('a list that the API refuses shows the refusal', async () => {
	const respond = { status: 401, body: { error: 'Unauthorized' } };
	test_.simulator.script({ match: oneJob, respond, times: Infinity });
	const { items } = await create(5, { maximumWait: 60 });
	for (const { json } of items) expect(json.error).toMatch(/did not accept the API token/);
});

test('jobs whose Maximum Wait ends are read one by one, so that no list can delay them', async () => {
	jest.mocked(pauses.pollDelay).mockReturnValue(30_000);
	test_.simulator.settings.asyncMs = 100;
	test_.simulator.script({ match: list, acceptThen: 'hang', times: Infinity });
	const { items } = await create(5, { maximumWait: 1 });
	expect(items.map(({ json }) => json.status)).toEqual(Array(5).fill('completed'));
});

test('a list that the API still cannot give is replaced by a read of each job', async () => {
	jest.mocked(pauses.pollDelay).mockReturnValue(50);
	test_.simulator.settings.asyncMs = 100;
	test_.simulator.script({ match: list, respond: { status: 503 }, times: Infinity });
	const { items } = await create(5, { maximumWait: 60 });
	expect(items.map(({ json }) => json.status)).toEqual(Array(5).fill('completed'));
});

test('a process that was suspended beyond Maximum Wait reads the job before it gives up', async () => {
	jest.mocked(pauses.pollDelay).mockReturnValue(300);
	test_.simulator.settings.asyncMs = 100;
	test_.simulator.script({ match: oneJob, delayMs: 100 });
	const realNow = Date.now;
	const running = create(1, { maximumWait: 60 });
	await until('the job', async () => test_.simulator.jobs[0]?.status === 'completed');
	jest.spyOn(Date, 'now').mockImplementation(() => realNow() + 3_600_000);
	const { items } = await running;
	expect(items[0]?.json.status).toBe('completed');
});

test('Maximum Wait of a job that comes later ends while the others sleep', async () => {
	jest.mocked(pauses.pollDelay).mockReturnValue(30_000);
	const started = Date.now();
	const { items } = await create(2, { maximumWait: '={{ $itemIndex ? 1 : 4 }}' });
	expect(items[1]?.json.error).toMatch(/^The job has not ended within 1 seconds/);
	expect(items[0]?.json.error).toMatch(/^The job has not ended within 4 seconds/);
	expect(Date.now() - started).toBeLessThan(20_000);
});
