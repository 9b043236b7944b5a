import { randomUUID } from 'node:crypto';

import { passedOn } from '../support/engine';
import { until } from '../../tooling/n8n/until';
import { locator, scenario } from '../support/scenario';
import { pause } from '../../nodes/InsightFaceSwap/shared/retry';
import { forgetSuspended, KNOWN } from '../../nodes/InsightFaceSwap/jobs/suspended';
import * as pauses from '../../nodes/InsightFaceSwap/shared/backoff';

const test_ = scenario({ asyncMs: 3_600_000 });
const JOB = '/v1/faceswap/jobs';
const operation = 'changeBackground/create';
const parameters = { prompt: 'beach', waitMode: 'suspend' };

/** Later than the tests that play the callback themselves. */
beforeEach(() => jest.spyOn(pauses, 'listDelay').mockReturnValue(5_000));

/** The executions whose ends this process would notice by itself. */
const executions: string[] = [];

afterEach(() => executions.splice(0).forEach(forgetSuspended));

const suspend = async (extra = {}, executionId = randomUUID()) => {
	executions.push(executionId);
	return await test_.run(operation, { ...parameters, ...extra }, { executionId });
};
const job = () => test_.simulator.jobs[0] ?? { jobid: '', replyRef: '' };
/** Lets all jobs end. */
const ended = async () => {
	while (test_.simulator.jobs.some(({ status }) => !['completed', 'failed'].includes(status))) {
		test_.simulator.skipTime();
		await pause(10, undefined);
	}
};
/** The callback as the API sends it, to the address that the job was given. */
const callback = (): { query: Record<string, string>; body: unknown } => ({
	query: Object.fromEntries(new URL(String(test_.simulator.jobs[0]?.replyUrl)).searchParams),
	body: job(),
});
const resume = async (
	suspended: Awaited<ReturnType<typeof suspend>>,
	call = callback(),
	extra = {},
) => await test_.resume(operation, { ...parameters, ...extra }, suspended, call);

describe('Suspend Until Callback', () => {
	test('stores the execution, to be resumed by the callback of its job', async () => {
		const { run, error } = await suspend();
		expect(error).toBeUndefined();
		expect(run.waitTill?.getTime()).toBeGreaterThan(Date.now() + 500_000);
		expect(test_.simulator.jobs[0]?.replyUrl).toMatch(/\/webhook-waiting\/[\w-]+\?.*secret=/);
	});

	test('goes on with the job as the API has it, and its picture', async () => {
		const suspended = await suspend();
		await ended();
		const { status, items } = await resume(suspended);
		expect(status).toBe(200);
		expect(items?.[0]).toMatchObject({
			json: { jobId: job().jobid, status: 'completed', verified: true },
			binary: { data: { mimeType: 'image/png' } },
			pairedItem: { item: 0 },
		});
	});

	test('goes on with the job as this process has just read it, without another read', async () => {
		jest.spyOn(pauses, 'listDelay').mockReturnValue(10);
		const suspended = await suspend();
		const reads = () => test_.requests(`${JOB}/`).length;
		const before = reads();
		await ended();
		await until('a read', async () => reads() > before);
		await pause(50, undefined);
		const { items } = await resume(suspended);
		expect(items?.[0]?.json).toMatchObject({ status: 'completed', verified: true });
		expect(reads()).toBe(before + 1);
	});

	test('goes on without the picture where the user wants none', async () => {
		const suspended = await suspend({ downloadResults: false });
		await ended();
		const { items } = await resume(suspended);
		expect(items?.[0]?.binary).toBeUndefined();
	});

	test('goes on as the expressions of the item said when it was suspended', async () => {
		const said = {
			simplify: '={{ $json.simple }}',
			downloadResults: '={{ $json.wanted }}',
			additionalFields: { outputBinaryPropertyName: '={{ $json.field }}' },
		};
		const executionId = randomUUID();
		executions.push(executionId);
		const json = { simple: true, wanted: true, field: 'picture' };
		const items = [{ ...(await test_.item()), json }];
		const given = { ...parameters, ...said };
		const suspended = await test_.run(operation, given, { executionId, items });
		await ended();
		const { items: output } = await test_.resume(operation, given, suspended, callback());
		expect(output?.[0]).toMatchObject({
			json: { status: 'completed', targetFile: 'me.png' },
			binary: { picture: { fileName: 'me-background.png' } },
		});
	});

	test('goes on with the error of a job that failed', async () => {
		test_.simulator.script({ match: { verb: 'changebg' }, outcome: 'failed', content: 'No face' });
		const suspended = await suspend();
		await ended();
		const { items } = await resume(suspended);
		expect(items?.[0]?.json).toMatchObject({
			status: 'failed',
			error: expect.stringMatching(/No face/),
		});
	});

	test('says so where the picture cannot be downloaded', async () => {
		const suspended = await suspend();
		await ended();
		const attachments = /^\/attachments/;
		test_.simulator.script({ match: { path: attachments }, respond: { status: 404 }, times: 2 });
		const { items } = await resume(suspended);
		expect(items?.[0]?.json.error).toMatch(/could not be downloaded/);
	});

	test.each([
		['without the secret', {}],
		['with a wrong one', { secret: 'x'.repeat(43) }],
	])('is not resumed by a call %s', async (_what, query) => {
		const suspended = await suspend();
		await ended();
		const { status, items } = await resume(suspended, { ...callback(), query });
		expect([status, items]).toEqual([401, undefined]);
	});

	test.each([[{}], ['text'], [{ jobid: '../../v2/account', status: 'completed' }]])(
		'is not resumed by %j',
		async (body) => {
			const { status, items } = await resume(await suspend(), {
				...callback(),
				body: body as never,
			});
			expect([status, items]).toEqual([400, undefined]);
		},
	);

	test('is not resumed by the callback of another job', async () => {
		const suspended = await suspend();
		const call = callback();
		await test_.run(operation, { prompt: 'other', waitMode: 'none' });
		await ended();
		const [, other] = test_.simulator.jobs;
		const body = { ...job(), jobid: String(other?.jobid) };
		expect((await resume(suspended, { ...call, body })).status).toBe(401);
	});

	test.each([
		['has no token', { useApiNetApi: { apiToken: '' } }],
		['is gone', {}],
	])('stays suspended by any call while its credential %s', async (_what, credentials) => {
		const suspended = await suspend();
		await ended();
		const { status, items } = await test_.resume(operation, parameters, suspended, callback(), {
			credentials,
		});
		expect([status, items]).toEqual([500, undefined]);
		expect((await resume(suspended)).items).toHaveLength(1);
	});

	test('is not resumed while the job runs', async () => {
		const suspended = await suspend();
		const { status, items } = await resume(suspended);
		expect([status, items]).toEqual([200, undefined]);
	});

	test('is not resumed by the callback of another execution with the same reference', async () => {
		const reference = { additionalFields: { replyRef: 'order-1' } };
		const [one, other] = [await suspend(reference), await suspend(reference)];
		await ended();
		expect((await resume(other, callback(), reference)).status).toBe(401);
		expect((await resume(one, callback(), reference)).status).toBe(200);
	});

	test.each([true, false])(
		'is not resumed by another job with the same reference and its secret (Simplify: %s)',
		async (simplify) => {
			const reference = { simplify, additionalFields: { replyRef: 'order-1' } };
			const suspended = await suspend(reference);
			const { query } = callback();
			await test_.run(operation, { prompt: 'other', waitMode: 'none', ...reference });
			await ended();
			const [own, other] = test_.simulator.jobs;
			expect((await resume(suspended, { query, body: other }, reference)).status).toBe(401);
			expect((await resume(suspended, { query, body: own }, reference)).status).toBe(200);
		},
	);

	test('is not resumed by the late callback of an earlier turn of its loop', async () => {
		const reference = { additionalFields: { replyRef: 'order-1' } };
		const executionId = randomUUID();
		await suspend(reference, executionId);
		await ended();
		const earlier = callback();
		const suspended = await suspend(reference, executionId);
		expect((await resume(suspended, earlier, reference)).status).toBe(401);
	});

	test('is resumed once by callbacks that come at the same time', async () => {
		const suspended = await suspend();
		await ended();
		const results = await Promise.all([resume(suspended), resume(suspended), resume(suspended)]);
		expect(results.filter(({ items }) => items)).toHaveLength(1);
	});

	test('is resumed once where n8n hands over another callback after the one that resumed it', async () => {
		const suspended = await suspend();
		await ended();
		expect((await resume(suspended)).items).toHaveLength(1);
		const { status, items } = await resume(suspended);
		expect([status, items]).toEqual([200, undefined]);
	});

	test('is said to go on only once a long download has ended, so that no other callback resumes it meanwhile', async () => {
		const suspended = await suspend();
		await ended();
		const attachments = /^\/attachments/;
		test_.simulator.script({ match: { path: attachments }, delayMs: 2_500 });
		const first = resume(suspended);
		await until('the download', async () => test_.requests('/attachments').length > 0);
		const second = resume(suspended);
		expect(await first).toMatchObject({
			status: 200,
			body: { message: 'The result is being downloaded' },
			items: [{ json: { status: 'completed' }, binary: { data: { mimeType: 'image/png' } } }],
		});
		expect(await second).toMatchObject({ body: { message: KNOWN }, items: undefined });
	});

	test('goes on with an error where the API says that it has no such job, as the node reports it itself', async () => {
		const suspended = await suspend();
		const { jobid, replyRef } = job();
		const respond = { status: 404, body: { error: `Unable to locate job ${jobid}` } };
		test_.simulator.script({ match: { path: JOB }, respond, times: Infinity });
		const body = { jobid, replyRef, status: 'absent' };
		const { items } = await resume(suspended, { ...callback(), body });
		expect(items?.[0]?.json.error).toBe('useapi.net does not have the job any more');
	});

	test('stays suspended where the API does not know the job', async () => {
		const suspended = await suspend();
		await ended();
		test_.simulator.script({ match: { path: JOB }, respond: { status: 410 }, times: Infinity });
		const { status, items } = await resume(suspended);
		expect([status, items]).toEqual([200, undefined]);
	});

	test("goes on with an error by this process's call for a job that the API says is gone", async () => {
		const suspended = await suspend();
		const { jobid, replyRef, verb } = job() as Record<string, string>;
		const respond = { status: 404, body: { error: `Unable to locate job ${jobid}` } };
		test_.simulator.script({ match: { path: JOB }, respond, times: Infinity });
		const body = { jobid, replyRef, verb, status: 'absent' };
		const { items } = await resume(suspended, { ...callback(), body });
		expect(items?.[0]?.json.error).toBe('useapi.net does not have the job any more');
	});

	test('stays suspended while the API cannot tell, whatever was posted', async () => {
		const suspended = await suspend();
		await ended();
		test_.simulator.script({ match: { path: JOB }, respond: { status: 503 }, times: Infinity });
		expect((await resume(suspended)).items).toBeUndefined();
	});

	test('goes on with the words of the API once it can tell again', async () => {
		const suspended = await suspend();
		await ended();
		test_.simulator.script({ match: { path: JOB }, respond: { status: 503 }, times: 3 });
		const body = { ...job(), content: 'posted' };
		const { items } = await resume(suspended, { ...callback(), body });
		expect(items?.[0]?.json).toMatchObject({ status: 'completed', verified: true });
		expect(items?.[0]?.json.content).not.toBe('posted');
	});

	test('a second callback is handled where the first one resumed nothing', async () => {
		const suspended = await suspend();
		const runs = { ...job(), status: 'progress' };
		test_.simulator.script({
			match: { path: JOB },
			respond: { status: 200, body: runs },
			delayMs: 200,
		});
		const before = test_.requests(JOB).length;
		const early = resume(suspended, { ...callback(), body: runs });
		await until('its reading', async () => test_.requests(JOB).length > before);
		await ended();
		const late = resume(suspended);
		expect((await early).items).toBeUndefined();
		expect((await late).items).toHaveLength(1);
	});

	test("n8n's own date leaves time for a result that comes shortly before Maximum Wait", async () => {
		const { run } = await suspend({ additionalFields: { maximumWait: 60 } });
		expect(run.waitTill?.getTime()).toBeGreaterThan(Date.now() + 60_000 + 19 * 60_000);
	});

	test('a call of this process ends the wait when Maximum Wait is over', async () => {
		const suspended = await suspend();
		const { jobid, replyRef } = job();
		const body = { jobid, replyRef, timedOut: true };
		const { status, items } = await resume(suspended, { ...callback(), body });
		expect(status).toBe(200);
		expect(items?.[0]?.json).toMatchObject({ jobId: jobid, timedOut: true });
	});

	test('a job that has ended when Maximum Wait is over is delivered', async () => {
		const suspended = await suspend();
		await ended();
		const { jobid, replyRef } = job();
		const body = { jobid, replyRef, timedOut: true };
		const { items } = await resume(suspended, { ...callback(), body });
		expect(items?.[0]?.json).toMatchObject({ jobId: jobid, status: 'completed' });
		expect(items?.[0]?.json).not.toHaveProperty('timedOut');
	});

	test('when n8n itself ends the wait, the job as it was goes on, marked as timed out', async () => {
		const { run } = await suspend();
		expect(passedOn(run)?.json).toMatchObject({ jobId: job().jobid, timedOut: true });
		expect(passedOn(run)?.binary).toBeUndefined();
	});

	test('a job that has ended before the execution is suspended is not missed', async () => {
		test_.simulator.settings.asyncMs = 0;
		test_.simulator.script({ match: { path: '/v1/faceswap/jobs' }, delayMs: 50 });
		const { run, items } = await suspend();
		expect(run.waitTill).toBeUndefined();
		expect(items[0]?.json.status).toBe('completed');
	});

	test.each([
		['one of which cannot be sent', { channel: locator('={{ $itemIndex ? "" : "abc" }}') }],
		['one of which polls', { waitMode: '={{ $itemIndex ? "suspend" : "poll" }}' }],
	])('takes no two items, %s', async (_name, parameters) => {
		const { error } = await test_.run(
			'changeBackground/create',
			{ prompt: 'x', waitMode: 'suspend', ...parameters },
			{ items: [await test_.item(), await test_.item()], onError: 'continueRegularOutput' },
		);
		expect(error?.message).toBe('Pause the Workflow takes one item at a time');
		expect(test_.simulator.jobs).toEqual([]);
	});

	test('takes one item at a time, and says what to do instead', async () => {
		const item = await test_.item();
		const { error } = await test_.run(operation, parameters, { items: [item, item] });
		expect(error?.message).toBe('Pause the Workflow takes one item at a time');
		expect(error?.description).toMatch(/Loop Over Items/);
		expect(test_.requests('/v1/faceswap/changebg')).toEqual([]);
	});

	test('is refused in a tool of an AI agent, which it would suspend', async () => {
		const { error, run } = await test_.run(operation, parameters, { asTool: true });
		expect(error?.message).toMatch(/AI agent: set "Wait for Result" to "Yes, Check/);
		expect(run.waitTill).toBeUndefined();
		expect(test_.requests('/v1/faceswap/changebg')).toEqual([]);
	});

	test('does not go together with a reply URL', async () => {
		const { error } = await suspend({
			// With a plain value, the panel does not offer the reply URL, and n8n leaves it out.
			waitMode: '={{ "suspend" }}',
			additionalFields: { replyUrl: 'https://example.com/' },
		});
		expect(error?.message).toMatch(/^Reply URL cannot be set together/);
		expect(test_.requests('/v1/faceswap/changebg')).toEqual([]);
	});
});
