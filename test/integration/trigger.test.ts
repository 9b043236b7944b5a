import { Logger } from '@n8n/backend-common';
import { Container } from '@n8n/di';
import { WebhookContext } from 'n8n-core';
import * as n8n from 'n8n-workflow';

import { InsightFaceSwapTrigger } from '../../nodes/InsightFaceSwap/InsightFaceSwapTrigger.node';
import { secretOf } from '../../nodes/InsightFaceSwap/jobs/callbackAddress';
import * as pauses from '../../nodes/InsightFaceSwap/shared/backoff';
import { until } from '../../tooling/n8n/until';
import { bytesOf, runNode } from '../support/engine';
import { anotherProcess } from '../support/trigger';
import { Stored, triggerScenario, type TestTrigger } from '../support/triggerScenario';

const scenario = triggerScenario();
const { trigger, job, requests } = scenario;

const DISCORD = 'MTIzNDU2Nzg5MDEyMzQ1Njc4OTAx.GabcDE.abcdefghijklmnopqrstuvwxyz';

/** Reports that were never made by the simulator, for which the API answers 404. */
const report = (fields: object = {}) => ({
	jobid: 'aaaabbbbccccdddd',
	verb: 'faceswap-saveid',
	status: 'completed',
	content: 'idname me created',
	...fields,
});

let webhooks = 0;

/** Every test has a webhook of its own, since what was started is remembered for each. */
const fresh = (parameters: n8n.INodeParameters = {}, stored?: Stored) =>
	trigger({ parameters, webhookId: `hook-${++webhooks}` }, stored);

const secret = (one: TestTrigger) => ({
	secret: secretOf(scenario.simulator.token, `${one.node.webhookId}/insightfaceswap`),
});

const call = async (one: TestTrigger, body: unknown, isTest = false) =>
	await one.call({ query: secret(one), body, isTest });

/** A trigger that also takes the reports of jobs that the API does not know. */
const accepting = { options: { acceptUnverified: true } };

/** Lets a job that runs for an hour end, and gives it as the API then reports it. */
const ended = async (jobid: string) => {
	const find = () => scenario.simulator.jobs.find((one) => one.jobid === jobid);
	while (find()?.status !== 'completed') {
		scenario.simulator.skipTime();
		await n8n.sleep(10);
	}
	return find();
};

/** Calls, and runs what the call has started. */
const started = async (one: TestTrigger, body: unknown) => {
	const result = await call(one, body);
	return result.workflowData ? (await one.run(result)).items : [];
};

/** The jobs that n8n has stored with the workflow. */
const kept = ({ stored }: TestTrigger): string[] => {
	const { jobs } = stored.staticData['node:InsightFaceSwap Trigger'] as { jobs: object };
	return Object.keys(jobs);
};

const readings = () => requests().filter((path) => path.startsWith('/v1/faceswap/jobs'));

describe('authenticity', () => {
	test.each([
		['no secret', {}],
		['a wrong secret', { secret: 'x'.repeat(43) }],
		['a short secret', { secret: 'x' }],
		['an empty secret', { secret: '' }],
		['two secrets', { secret: ['a', 'b'] }],
		['an object', { secret: { length: 43 } }],
	])('%s gets 401 and starts nothing', async (_name, query) => {
		const { status, workflowData } = await fresh().call({ query, body: report() });
		expect(status).toBe(401);
		expect(workflowData).toBeUndefined();
		expect(requests()).toEqual([]);
	});

	test.each(['', undefined])('without an API token (%p) no secret fits', async (apiToken) => {
		const credentials = {
			useApiNetApi: { apiToken: apiToken as never, baseUrl: 'http://127.0.0.1:1' },
		};
		const one = trigger({ credentials, webhookId: 'no-token' });
		const query = { secret: secretOf('undefined', 'no-token/insightfaceswap') };
		const { status, workflowData } = await one.call({ query, body: report() });
		expect([status, workflowData]).toEqual([500, undefined]);
	});

	test('the secret of another trigger does not fit', async () => {
		const [one, two] = [fresh(), fresh()];
		const { status } = await one.call({ query: secret(two), body: report() });
		expect(status).toBe(401);
	});

	test('the registered address brings the secret that is asked for', async () => {
		const one = fresh();
		await one.activate();
		const url = new URL((await scenario.replyUrl()) ?? '');
		expect(Object.fromEntries(url.searchParams)).toEqual(secret(one));
	});

	test('what starts the workflow is what the API says', async () => {
		const done = await job('saveid', { replyRef: 'mine' });
		const forged = report({ jobid: done.jobid, content: 'forged', replyRef: 'forged' });
		const [item] = await started(fresh(), forged);
		expect(item?.json).toMatchObject({
			message: 'idname me created',
			replyRef: 'mine',
			verified: true,
		});
	});

	test('a job that has ended only according to the callback starts nothing', async () => {
		scenario.simulator.settings.asyncMs = 60_000;
		const { jobid, verb } = await scenario.submit('headshot');
		const { status, workflowData } = await call(fresh(), report({ jobid, verb }));
		expect(status).toBe(200);
		expect(workflowData).toBeUndefined();
	});

	test('a job that the API sees end a moment later starts the workflow', async () => {
		scenario.simulator.settings.asyncMs = 300;
		const { jobid, verb } = await scenario.submit('headshot');
		const [item] = await started(fresh(), report({ jobid, verb }));
		expect(item?.json).toMatchObject({ status: 'completed', verified: true });
	});

	test('a job that the API sees end later is read by the execution where nothing checks for it', async () => {
		scenario.simulator.settings.asyncMs = 2_000;
		const { jobid, verb } = await scenario.submit('headshot');
		const one = fresh({ options: { catchUp: false } });
		const result = await call(one, report({ jobid, verb }));
		expect(result.workflowData).toBeDefined();
		await until('the end of the job', async () => {
			scenario.simulator.skipTime();
			return scenario.simulator.jobs[0]?.status === 'completed';
		});
		const [item] = (await one.run(result)).items;
		expect(item?.json).toMatchObject({ status: 'completed', verified: true });
	});

	describe('a job that is not there in the words of the API', () => {
		const absent = { jobid: 'none', verb: 'faceswap-headshot' };

		test('starts nothing, also when it is posted again', async () => {
			const one = fresh();
			for (let times = 0; times < 2; times++) {
				const result = await call(one, report(absent));
				expect(result).toMatchObject({ status: 200, workflowData: undefined });
				expect(result.answer).toEqual({ message: 'Ignored: the API does not know the job' });
			}
			expect(readings()).toHaveLength(2);
		});

		test('starts nothing where the API has deleted it', async () => {
			const respond = { status: 410, body: { error: 'Gone' } };
			scenario.simulator.script({ match: { path: /jobs/ }, respond });
			expect((await call(fresh(), report(absent))).workflowData).toBeUndefined();
		});

		test.each(['saveid', 'swapid', 'inswapper'])(
			'is read again after a callback of %s, and a warning names the option that accepts it',
			async (verb) => {
				const warn = jest.spyOn(Container.get(Logger), 'warn');
				const one = fresh();
				expect(await started(one, report({ verb: `faceswap-${verb}` }))).toEqual([]);
				expect(readings()).toHaveLength(5);
				expect(warn).toHaveBeenCalledWith(
					expect.stringContaining('Start Also for Unconfirmed Jobs'),
					expect.objectContaining({ jobId: 'aaaabbbbccccdddd', operation: `faceswap-${verb}` }),
				);
			},
		);
	});

	test.each([
		['an empty 404', { status: 404 }],
		['a plain 404', { status: 404, body: '404 page not found' }],
		['a page with 404', { status: 404, body: '<html>404 Not Found</html>' }],
		['a page with 410', { status: 410, body: '<html>410 Gone</html>' }],
		['JSON of somebody else with 404', { status: 404, body: { message: 'no route' } }],
		['a 400 of the API', { status: 400, body: { error: 'Query param jobid not provided' } }],
	])('a genuine callback survives %s for the reading', async (_name, respond) => {
		const done = await job('picsi');
		scenario.simulator.script({ match: { path: /jobs/ }, respond, times: 2 });
		const [item] = await started(fresh(), done);
		expect(item?.json).toMatchObject({ jobId: done.jobid, verified: true });
	});

	test('a job that the API does not know starts the workflow with Accept Unverified, marked and without files', async () => {
		const attachments = [{ url: `${scenario.simulator.url}/attachments/x.png` }];
		const [item] = await started(fresh(accepting), report({ attachments }));
		expect(item?.json).toMatchObject({ jobId: 'aaaabbbbccccdddd', verified: false });
		expect(item?.json).not.toHaveProperty('resultUrl');
		expect(item?.binary).toBeUndefined();
		expect(requests().filter((path) => path.includes('attachments'))).toEqual([]);
	});

	test('a swap that has blocked is not lost where the API knows only the documented jobs', async () => {
		scenario.simulator.settings.jobsKnown = 'documented';
		const done = await job('picsi');
		const warn = jest.spyOn(Container.get(Logger), 'warn');
		expect(await started(fresh(), done)).toEqual([]);
		expect(warn).toHaveBeenCalledWith(
			expect.stringContaining('Start Also for Unconfirmed Jobs'),
			expect.objectContaining({ jobId: done.jobid }),
		);
		const [item] = await started(fresh(accepting), done);
		expect(item?.json).toMatchObject({ jobId: done.jobid, verified: false });
	});

	test('nor does it wait where the API may not know jobs of the operation: it has said so', async () => {
		const [item] = await started(fresh(accepting), report({ verb: 'faceswap-saveid' }));
		expect(item?.json).toMatchObject({ operation: 'identity.save', verified: false });
		expect(readings()).toHaveLength(1);
	});

	test('what is accepted unverified has no addresses, with and without Simplify', async () => {
		const fields = {
			attachments: [{ url: 'https://evil.example' }],
			embeds: [{ image: { url: 'https://evil.example' } }],
			resultUrl: 'https://evil.example',
		};
		for (const simplify of [true, false]) {
			const [item] = await started(fresh({ ...accepting, simplify }), report(fields));
			expect(item?.json).toMatchObject({ verified: false });
			expect(JSON.stringify(item)).not.toContain('evil.example');
		}
	});

	test('without Verify With API nothing is read', async () => {
		const done = await job('picsi');
		const [item] = await started(fresh({ options: { verifyWithApi: false } }), done);
		expect(item?.json).toMatchObject({ jobId: done.jobid, verified: false });
		expect(item?.json).not.toHaveProperty('resultUrl');
		expect(readings()).toEqual([]);
	});
});

describe('while the API cannot be reached', () => {
	const down = { match: { path: /jobs/ }, respond: { status: 503 } };

	test('the execution goes on reading after the call was answered', async () => {
		const done = await job('picsi');
		scenario.simulator.script({ ...down, times: 3 });
		const one = fresh();
		const result = await call(one, done);
		expect(result.status).toBe(200);
		expect(result.workflowData?.[0]?.[0]?.json.verification).toBe('pending');
		const { items } = await one.run(result);
		expect(items[0]?.json).toMatchObject({ jobId: done.jobid, verified: true });
		expect(await bytesOf(items[0])).toHaveLength(done.attachments?.[0]?.size ?? -1);
	});

	test.each([401, 402, 403, 302, 500])('an answer %i is read again', async (status) => {
		const done = await job();
		scenario.simulator.script({ match: { path: /jobs/ }, respond: { status }, times: 2 });
		const [item] = await started(fresh(), done);
		expect(item?.json).toMatchObject({ jobId: done.jobid, verified: true });
	});

	test('nothing is put out for a job that the API never confirms, and its next callback counts', async () => {
		const done = await job('picsi');
		scenario.simulator.script({ ...down, times: 5 });
		const one = fresh();
		expect(await started(one, done)).toEqual([]);
		const [item] = await started(one, done);
		expect(item?.json).toMatchObject({ jobId: done.jobid, verified: true });
	});

	test('a job that still runs after a callback with its end is read until it has ended', async () => {
		scenario.simulator.settings.asyncMs = 400;
		jest.spyOn(pauses, 'pollDelay').mockReturnValue(200);
		const { jobid, verb } = await scenario.submit('headshot');
		scenario.simulator.script(down);
		const [item] = await started(fresh(), report({ jobid, verb }));
		expect(item?.json).toMatchObject({ status: 'completed', verified: true });
	});

	test('a callback that was dropped because the job still ran does not hide its real end', async () => {
		scenario.simulator.settings.asyncMs = 3_600_000;
		const { jobid, verb } = await scenario.submit('headshot');
		scenario.simulator.script(down);
		const one = fresh({ statuses: ['completed'] });
		expect(await started(one, report({ jobid, verb }))).toEqual([]);
		const end = await ended(jobid);
		const [item] = await started(one, end);
		expect(item?.json).toMatchObject({ status: 'completed', verified: true });
		expect(await started(one, end)).toEqual([]);
	});

	test('a job in another state than the callback says starts the workflow once for it', async () => {
		scenario.simulator.script({ match: { verb: 'saveid' }, outcome: 'failed' });
		const done = await job();
		scenario.simulator.script(down);
		const one = fresh();
		const [item] = await started(one, { ...done, status: 'completed' });
		expect(item?.json.status).toBe('failed');
		expect(await started(one, done)).toEqual([]);
	});

	test('two callbacks that it cannot confirm at once start the workflow once', async () => {
		const done = await job();
		scenario.simulator.script({ ...down, times: 2 });
		const one = fresh();
		const results = [await call(one, done), await call(one, done)];
		const runs = await Promise.all(results.map(async (result) => await one.run(result)));
		expect(runs.map(({ items }) => items.length).sort()).toEqual([0, 1]);
		expect(await started(one, done)).toEqual([]);
	});

	test('a worker that drops a callback leaves alone what n8n stores with the workflow', async () => {
		scenario.simulator.script({ match: { verb: 'saveid' }, outcome: 'moderated' });
		const { jobid } = await job();
		scenario.simulator.script(down);
		const parameters = { statuses: ['completed'] };
		const one = fresh(parameters);
		const result = await call(one, report({ jobid }));
		const { webhookId } = one.node;
		const worker = trigger({ parameters, webhookId, nodeClass: anotherProcess() });
		expect((await worker.run(result)).items).toEqual([]);
		expect(worker.stored.staticData).toEqual({});
	});

	test('of two workers with a callback that it could not confirm at once, one goes on', async () => {
		const done = await job();
		scenario.simulator.script({ ...down, times: 2 });
		const one = fresh();
		const { webhookId } = one.node;
		const results = [await call(one, done), await call(one, done)];
		const worker = trigger({ webhookId, nodeClass: anotherProcess() });
		const first = await worker.run(results[0] ?? {}, 'webhook', '1');
		const second = await worker.run(results[1] ?? {}, 'webhook', '2');
		expect([first.items.length, second.items.length]).toEqual([1, 0]);
		expect(worker.stored.staticData).toEqual({});
	});

	test('the workflow starts unverified with Accept Unverified, and downloads nothing', async () => {
		const done = await job('picsi');
		scenario.simulator.script({ ...down, times: Infinity });
		const [item] = await started(fresh(accepting), done);
		expect(item?.json).toMatchObject({ jobId: done.jobid, verified: false });
		expect(item?.binary).toBeUndefined();
		expect(requests().filter((path) => path.includes('attachments'))).toEqual([]);
	});

	test('what the API then says is filtered once more', async () => {
		scenario.simulator.script({ match: { verb: 'saveid' }, outcome: 'moderated' });
		const done = await job();
		scenario.simulator.script(down);
		const one = fresh({ statuses: ['completed'] });
		expect(await started(one, report({ jobid: done.jobid }))).toEqual([]);
	});

	test('a slow API does not hold the answer up', async () => {
		scenario.simulator.script({ match: { path: /jobs/ }, delayMs: 60_000 });
		const { status, workflowData } = await call(fresh(), report());
		const asked = scenario.simulator.journal.filter(({ path }) => path.includes('jobs'));
		expect(asked).toHaveLength(1);
		expect(asked[0]).not.toHaveProperty('status');
		expect(status).toBe(200);
		expect(workflowData?.[0]?.[0]?.json.verification).toBe('pending');
	});
});

describe('once', () => {
	test('the same callback starts the workflow once', async () => {
		const done = await job();
		const one = fresh();
		expect(await started(one, done)).toHaveLength(1);
		const again = await call(one, done);
		expect(again).toMatchObject({ status: 200, workflowData: undefined });
		expect(readings()).toHaveLength(1);
	});

	test('thirty at the same time start it once', async () => {
		const done = await job();
		const one = fresh();
		const results = await Promise.all(
			Array.from({ length: 30 }, async () => await call(one, done)),
		);
		expect(results.filter(({ workflowData }) => workflowData)).toHaveLength(1);
		expect(results.every(({ status }) => status === 200)).toBe(true);
	});

	test('different jobs at the same time start it once each', async () => {
		const one = fresh({ options: { verifyWithApi: false } });
		const jobs = Array.from({ length: 100 }, (_, index) => report({ jobid: `job-${index}` }));
		const results = await Promise.all(jobs.map(async (body) => await call(one, body)));
		expect(results.filter(({ workflowData }) => workflowData)).toHaveLength(100);
		expect(kept(one)).toHaveLength(100);
	});

	test('a job ends once, whatever another callback says of its end', async () => {
		const one = fresh({ options: { verifyWithApi: false } });
		expect(await started(one, report({ status: 'failed' }))).toHaveLength(1);
		expect(await started(one, report())).toHaveLength(0);
	});

	test('another process knows what was started before it began', async () => {
		const stored = new Stored();
		const done = await job();
		const one = fresh({}, stored);
		await started(one, done);
		const { webhookId } = one.node;
		const restarted = trigger({ webhookId, nodeClass: anotherProcess() }, stored);
		expect((await call(restarted, done)).workflowData).toBeUndefined();
	});

	test('of two processes that take a callback at once, one goes on', async () => {
		const done = await job();
		const one = fresh();
		const { webhookId } = one.node;
		const two = trigger({ webhookId, nodeClass: anotherProcess() });
		const results = await Promise.all([call(one, done), call(two, done)]);
		expect(results.filter(({ workflowData }) => workflowData)).toHaveLength(2);
		const worker = trigger({ webhookId, nodeClass: anotherProcess() });
		const first = await worker.run(results[0], 'webhook', '1');
		const second = await worker.run(results[1], 'webhook', '2');
		expect([first.items.length, second.items.length]).toEqual([1, 0]);
	});

	test("n8n's Retry of an execution that broke off goes on with its job", async () => {
		const one = fresh();
		const result = await call(one, await job());
		const worker = trigger({ webhookId: one.node.webhookId, nodeClass: anotherProcess() });
		await worker.run(result, 'webhook', '1');
		expect((await worker.run(result, 'retry', '2')).items).toHaveLength(1);
	});

	test('what n8n could not start is started at the next callback', async () => {
		const done = await job();
		const one = fresh();
		const failed = await one.call({ query: secret(one), body: done, answer: 500 });
		expect(failed.status).toBe(500);
		expect(await started(one, done)).toHaveLength(1);
	});

	test('an old job is forgotten before a thousand new ones are', async () => {
		const one = fresh({ options: { verifyWithApi: false } });
		await call(one, report({ jobid: 'job-0' }));
		await call(one, report({ jobid: 'job-1' }));
		const others = Array.from({ length: 999 }, (_, index) => report({ jobid: `job-${index + 2}` }));
		await Promise.all(others.map(async (body) => await call(one, body)));
		expect(kept(one)).toHaveLength(1000);
		expect((await call(one, report({ jobid: 'job-1' }))).workflowData).toBeUndefined();
		expect((await call(one, report({ jobid: 'job-0' }))).workflowData).toBeDefined();
	});

	test('a test run takes the same callback again and again', async () => {
		const done = await job();
		const one = fresh();
		await call(one, done);
		const result = await call(one, done, true);
		expect(result.workflowData).toBeDefined();
		expect((await one.run(result, 'manual')).items).toHaveLength(1);
		expect((await one.run(result, 'manual')).items).toHaveLength(1);
	});

	test('without its database n8n starts rather twice than never', async () => {
		scenario.deduplicator.isBroken = true;
		const one = fresh(accepting);
		const result = await call(one, report());
		const worker = trigger({
			webhookId: one.node.webhookId,
			parameters: accepting,
			nodeClass: anotherProcess(),
		});
		expect((await worker.run(result)).items).toHaveLength(1);
	});
});

describe('filters', () => {
	const starts = async (parameters: n8n.INodeParameters, fields: object = {}) => {
		const options = { ...(parameters.options as object), ...accepting.options };
		const one = fresh({ ...parameters, options });
		const { status, workflowData } = await call(one, report(fields));
		expect(status).toBe(200);
		return workflowData !== undefined;
	};

	const { properties } = new InsightFaceSwapTrigger().description;
	const statuses = properties.find(({ name }) => name === 'statuses')?.default as string[];

	test.each(['created', 'started', 'progress'])('%s starts nothing by default', async (status) =>
		expect(await starts({ statuses }, { status })).toBe(false),
	);

	test.each(['completed', 'failed', 'cancelled', 'moderated'])(
		'%s starts the workflow by default',
		async (status) => expect(await starts({ statuses }, { status })).toBe(true),
	);

	test('progress starts it where it is chosen, once for each callback', async () => {
		const one = fresh({ statuses: ['progress'], options: { verifyWithApi: false } });
		const first = report({ status: 'progress', content: '40 %' });
		expect(await started(one, first)).toHaveLength(1);
		expect(await started(one, first)).toHaveLength(0);
		expect(await started(one, { ...first, content: '80 %' })).toHaveLength(1);
	});

	test('operations', async () => {
		expect(await starts({ verbs: ['saveid', 'picsi'] })).toBe(true);
		expect(await starts({ verbs: ['picsi'] })).toBe(false);
	});

	test('channel, as a locator or as text', async () => {
		const channel = '1122277481822456166';
		const locator = { __rl: true, mode: 'id', value: channel };
		expect(await starts({ options: { channel: locator } }, { channel })).toBe(true);
		expect(await starts({ options: { channel } }, { channel })).toBe(true);
		expect(await starts({ options: { channel: locator } }, { channel: '2'.repeat(19) })).toBe(
			false,
		);
		expect(await starts({ options: { channel: locator } })).toBe(false);
	});

	test('reply reference', async () => {
		const rule = (match: string) => ({
			options: { replyRef: { rule: { match, value: 'order-' } } },
		});
		expect(await starts(rule('startsWith'), { replyRef: 'order-7' })).toBe(true);
		expect(await starts(rule('startsWith'), { replyRef: 'my order-7' })).toBe(false);
		expect(await starts(rule('equals'), { replyRef: 'order-7' })).toBe(false);
		expect(await starts(rule('equals'), { replyRef: 'order-' })).toBe(true);
		expect(await starts(rule('equals'))).toBe(false);
	});

	test('a rule without a value lets everything pass', async () => {
		const rule = { options: { replyRef: { rule: { match: 'equals', value: '' } } } };
		expect(await starts(rule)).toBe(true);
	});
});

describe('callbacks of other services', () => {
	test.each([
		['another verb', { jobid: '1', verb: 'runway-gen4', status: 'completed' }],
		['no verb', { taskId: 'user:1-runwayml-task:1', status: 'SUCCEEDED' }],
		['nothing', {}],
	])('%s is answered 200 and ignored', async (_name, body) => {
		const { status, workflowData } = await call(fresh(), body);
		expect(status).toBe(200);
		expect(workflowData).toBeUndefined();
		expect(requests()).toEqual([]);
	});
});

describe('input that is no job', () => {
	test.each<[string, unknown, number]>([
		['no JSON', 'hello', 400],
		['nothing', undefined, 400],
		['null', null, 400],
		['a list', [report()], 400],
		['a number', 7, 400],
		['a verb that is a number', report({ verb: 7 }), 400],
		['a verb that is null', report({ verb: null }), 400],
		['no jobid', report({ jobid: undefined }), 400],
		['a jobid that is an object', report({ jobid: {} }), 400],
		['a jobid that is a path', report({ jobid: '../../v2/account' }), 400],
		['a jobid with a query', report({ jobid: 'a&jobid=b' }), 400],
		['a jobid with a line break', report({ jobid: 'a\r\nHost: evil' }), 400],
		['a jobid of 10,000 characters', report({ jobid: 'a'.repeat(10_000) }), 400],
		['no status', report({ status: undefined }), 400],
		['a status that is a number', report({ status: 1 }), 400],
		['a channel that is a number', report({ channel: 1122277481822456166 }), 400],
		['a replyRef that is a list', report({ replyRef: ['a'] }), 400],
	])('%s', async (_name, body, expected) => {
		const { status, workflowData } = await call(fresh(), body);
		expect(status).toBe(expected);
		expect(workflowData).toBeUndefined();
		expect(requests()).toEqual([]);
	});

	test('ten megabytes', async () => {
		const one = fresh();
		const body = report({ content: 'x'.repeat(10_000_000) });
		expect((await call(one, body)).status).toBe(413);
		const announced = { query: secret(one), body: report(), size: 10_000_000 };
		expect((await one.call(announced)).status).toBe(413);
	});

	test.each<[string, unknown]>([
		['attachments that are no list', { attachments: 'x' }],
		['attachments that are nothing', { attachments: [null, 1, 'x', {}] }],
		['an attachment behind file://', { attachments: [{ url: 'file:///etc/passwd' }] }],
		['an attachment behind http', { attachments: [{ url: 'http://127.0.0.1:1/x' }] }],
		['prototype fields', JSON.parse('{"__proto__": {"a": 1}, "constructor": {"b": 2}}')],
	])('%s never lead anywhere', async (_name, fields) => {
		for (const parameters of [accepting, { options: { verifyWithApi: false } }]) {
			const one = fresh(parameters);
			const result = await call(one, report(fields as object));
			expect(result.status).toBe(200);
			const { items, error } = await one.run(result);
			expect(error).toBeUndefined();
			expect(items[0]?.json.verified).toBe(false);
			expect(items[0]?.binary).toBeUndefined();
		}
		expect(requests().every((path) => path.startsWith('/v1/faceswap/jobs'))).toBe(true);
	});

	test('a credential that is gone is answered 500, without an execution', async () => {
		const one = trigger({ credentials: {} });
		const { status, workflowData } = await one.call({ query: {}, body: report() });
		expect(status).toBe(500);
		expect(workflowData).toBeUndefined();
	});
});

describe('reading the credential', () => {
	const readingsOf = () => jest.spyOn(WebhookContext.prototype, 'getCredentials');

	test('calls at the same time share one reading', async () => {
		const one = fresh({ options: { verifyWithApi: false } });
		const reading = readingsOf();
		const jobs = Array.from({ length: 30 }, (_, index) => report({ jobid: `job-${index}` }));
		const results = await Promise.all(jobs.map(async (body) => await call(one, body)));
		expect(results.filter(({ workflowData }) => workflowData)).toHaveLength(30);
		expect(reading).toHaveBeenCalledTimes(1);
	});

	test('a later call sees a new token', async () => {
		const { webhookId } = fresh().node;
		const before = trigger({ webhookId });
		const url = scenario.simulator.url;
		const after = trigger({
			webhookId,
			credentials: { useApiNetApi: { apiToken: 'another', baseUrl: url } },
		});
		expect((await before.call({ query: secret(before), body: report() })).status).toBe(200);
		expect((await after.call({ query: secret(before), body: report() })).status).toBe(401);
	});

	test('a reading that failed is not kept', async () => {
		const one = fresh({ options: { verifyWithApi: false } });
		readingsOf().mockRejectedValueOnce(new Error('no database'));
		expect((await call(one, report())).status).toBe(500);
		expect((await call(one, report())).status).toBe(200);
	});
});

describe('a trigger that is handed to jobs', () => {
	test('its address as n8n shows it is enough for the action node', async () => {
		const { token, url } = scenario.simulator;
		const replyUrl = 'https://n8n.example.com/webhook/by-hand/insightfaceswap';
		const { error } = await runNode({
			parameters: {
				resource: 'headshot',
				operation: 'create',
				prompt: 'a knight',
				waitMode: 'none',
				additionalFields: { replyUrl },
			},
			credentials: { useApiNetApi: { apiToken: token, baseUrl: url } },
			address: 'https://n8n.example.com',
		});
		expect(error).toBeUndefined();
		const itsSecret = secretOf(token, 'by-hand/insightfaceswap');
		expect(scenario.simulator.jobs[0]?.replyUrl).toBe(`${replyUrl}?secret=${itsSecret}`);
	});
});

describe('output', () => {
	test('is simplified and brings the files', async () => {
		const done = await job('picsi', { replyRef: 'order-1' });
		const [item] = await started(fresh(), done);
		expect(item?.json).toMatchObject({
			jobId: done.jobid,
			status: 'completed',
			operation: 'picsi.swap',
			replyRef: 'order-1',
			resultUrl: expect.stringContaining(scenario.simulator.url) as string,
			verified: true,
		});
		expect(Object.keys(item?.json ?? {}).length).toBeLessThanOrEqual(11);
		expect(item?.binary?.data).toMatchObject({ mimeType: 'image/png' });
		expect(await bytesOf(item)).toHaveLength(done.attachments?.[0]?.size ?? -1);
	});

	test('is as the API gives it without Simplify, and without files where none are wanted', async () => {
		const done = await job('picsi');
		const one = fresh({ simplify: false, downloadResults: false });
		const [item] = await started(one, done);
		expect(item?.json).toMatchObject({ jobid: done.jobid, created: done.created, verified: true });
		expect(item?.binary).toBeUndefined();
	});

	test('a file that cannot be downloaded fails the execution, which can be run again', async () => {
		const done = await job('picsi');
		const one = fresh();
		const result = await call(one, done);
		scenario.simulator.script({ match: { path: /attachments/ }, respond: { status: 418 } });
		const worker = trigger({ webhookId: one.node.webhookId, nodeClass: anotherProcess() });
		const failed = await worker.run(result);
		expect(failed.error?.message).toContain('could not be downloaded');
		const again = await worker.run(result);
		expect(again.items[0]?.binary?.data).toBeDefined();
	});

	test('an execution that n8n runs anew finds its own entry', async () => {
		const one = fresh(accepting);
		const result = await call(one, report());
		const { webhookId } = one.node;
		const worker = trigger({ webhookId, parameters: accepting, nodeClass: anotherProcess() });
		expect((await worker.run(result, 'webhook', '77')).items).toHaveLength(1);
		expect((await worker.run(result, 'webhook', '77')).items).toHaveLength(1);
		expect((await worker.run(result, 'webhook', '78')).items).toHaveLength(0);
	});

	test('input that is no callback is left alone', async () => {
		const one = fresh();
		expect(await one.run({ workflowData: [[{ json: {} }]] })).toMatchObject({
			items: [],
			error: undefined,
		});
	});

	test('no secret is in it, nor in the execution', async () => {
		scenario.simulator.settings.maskDiscord = false;
		const { token } = scenario.simulator;
		for (const verifyWithApi of [true, false]) {
			const one = fresh({ simplify: false, options: { verifyWithApi } });
			await one.activate();
			const done = await job('saveid');
			await one.deactivate();
			expect(done.replyUrl).toContain(secret(one).secret);
			const result = await call(one, { ...done, discord: DISCORD, content: `x ${token} x` });
			const { run, items } = await one.run(result);
			expect(items).toHaveLength(1);
			expect(JSON.stringify(run.data)).not.toContain(token);
			expect(JSON.stringify(run.data)).not.toContain(secret(one).secret);
			expect(JSON.stringify(run.data)).not.toContain(DISCORD);
			expect(JSON.stringify(run.data)).not.toContain('SIMULATED-discord-token');
		}
	});
});

describe('an n8n that is busy', () => {
	test('has the caller answered within five seconds, and its own late answer goes nowhere', async () => {
		const one = fresh({ options: { verifyWithApi: false } });
		const busy = { query: secret(one), body: report(), busyMs: 5000 };
		const { status, answer, answers } = await one.call({ ...busy, answer: 500 });
		expect(status).toBe(200);
		expect(answer).toBeUndefined();
		expect(answers).toBe(1);
	});

	test('that cannot start the execution after that answer starts one at the next callback', async () => {
		const one = fresh({ options: { verifyWithApi: false, acceptUnverified: true } });
		const callback = { query: secret(one), body: report() };
		await one.call({ ...callback, busyMs: 5000, answer: 500 });
		expect((await one.call(callback)).workflowData).toHaveLength(1);
	});
});
