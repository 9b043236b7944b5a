import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Logger } from '@n8n/backend-common';
import { Container } from '@n8n/di';
import { TriggerContext } from 'n8n-core';
import * as n8n from 'n8n-workflow';

import { accountJobs, accountsWatched } from '../../nodes/InsightFaceSwap/jobs/accountJobs';
import { accountKey } from '../../nodes/InsightFaceSwap/api/client';
import { secretOf } from '../../nodes/InsightFaceSwap/jobs/callbackAddress';
import { entryOf, knownFrom, State, stateOf } from '../../nodes/InsightFaceSwap/jobs/triggerCall';
import { InsightFaceSwapTrigger } from '../../nodes/InsightFaceSwap/InsightFaceSwapTrigger.node';
import * as backoff from '../../nodes/InsightFaceSwap/shared/backoff';
import * as pauses from '../../nodes/InsightFaceSwap/shared/retry';
import { triggersInUse } from '../../nodes/InsightFaceSwap/trigger/triggerLedger';
import { startSimulator, type JobView } from '../../simulator';
import { anotherProcess, type Started } from '../support/trigger';
import { Stored, triggerScenario, type TestTrigger } from '../support/triggerScenario';
import { Webhooks } from '../support/triggerWebhooks';
import { until } from '../../tooling/n8n/until';

const scenario = triggerScenario({ asyncMs: 3_600_000, channels: 40 });
const { trigger, requests } = scenario;

const { listDelay, outageDelay } = backoff;
const { pause } = pauses;

let webhooks: Webhooks;
let count = 0;
let now = 0;
let wallClockOffset = 0;
let listeners: Listener[] = [];

beforeAll(async () => {
	webhooks = await Webhooks.start();
});

/** Time passes as the tests say; waits are a hundredth as long. */
beforeEach(() => {
	now = 0;
	wallClockOffset = 0;
	listeners = [];
	webhooks.isDown = false;
	webhooks.results.length = 0;
	const [wallClock, clock] = [Date.now, performance.now.bind(performance)];
	jest.spyOn(Date, 'now').mockImplementation(() => wallClock() + now + wallClockOffset);
	jest.spyOn(performance, 'now').mockImplementation(() => clock() + now);
	jest.mocked(backoff.listDelay).mockImplementation(listDelay);
	jest.mocked(backoff.outageDelay).mockImplementation(outageDelay);
	jest
		.spyOn(pauses, 'pause')
		.mockImplementation(async (ms, ...events) => await pause(ms / 100, ...events));
});

/** Nothing is left when no trigger is active. */
afterEach(async () => {
	for (const { one, started } of listeners) {
		await started.stop();
		await one.deactivate();
	}
	await until('the accounts to end', async () => accountsWatched() === 0);
	expect(triggersInUse()).toBe(0);
});

afterAll(async () => await webhooks.close());

interface Listener {
	one: TestTrigger;
	started: Started;
}

/** Activates a trigger, as n8n does on its start, and waits for its first look at the jobs. */
async function listen(
	parameters: n8n.INodeParameters = {},
	{
		stored = new Stored(),
		webhookId = `catch-up-${++count}`,
		nodeClass = InsightFaceSwapTrigger,
	} = {},
): Promise<Listener> {
	const options = { parameters, webhookId, address: webhooks.address, nodeClass };
	return await activate(webhooks.serve(trigger(options, stored)));
}

/** Activates a trigger, and waits for its first look at the jobs. */
async function activate(one: TestTrigger): Promise<Listener> {
	await one.activate();
	const before = lists();
	const listener = await start(one);
	await until('the first look', async () => lists() > before);
	return listener;
}

async function start(one: TestTrigger): Promise<Listener> {
	const listener = { one, started: await one.start() };
	listeners.push(listener);
	return listener;
}

const lists = () => requests().filter((path) => path === '/v1/faceswap/jobs').length;

/** Waits until the API has answered all that it was asked, and n8n all calls to itself. */
const answered = async () =>
	await until('all answers', async () => {
		const isIdle = () =>
			scenario.simulator.journal.every(({ status }) => status !== undefined) && webhooks.open === 0;
		if (!isIdle()) return false;
		// What an answer leads to begins at once.
		await new Promise((resolve) => setImmediate(resolve));
		await n8n.sleep(20);
		return isIdle();
	});

/** A job that runs for an hour, and of which the API will not report the end. */
async function silentJob(fields: Record<string, string> = {}): Promise<JobView> {
	const { simulator } = scenario;
	simulator.script({ match: { path: /headshot/ }, callback: 'missing' });
	const channel = simulator.channels[simulator.jobs.length] ?? '';
	return await scenario.submit('headshot', { channel, ...fields });
}

/** Ends all jobs. */
async function endAll(): Promise<void> {
	await until('the jobs to end', async () => {
		scenario.simulator.skipTime();
		return scenario.simulator.jobs.every(({ status }) => status === 'completed');
	});
}

/** Lets so many seconds pass, and n8n's cron look. A look that is still under way would count as this one. */
async function tick({ started }: Listener, seconds = 60): Promise<void> {
	await answered();
	const before = lists();
	now += seconds * 1000;
	started.tick();
	await until('a look', async () => lists() > before);
}

/** Waits until these jobs, and no others, are stored as waited for. */
const stored = async ({ one }: Listener, ids: Array<string | undefined>) =>
	await until(
		`${ids.length} jobs to be stored`,
		async () => JSON.stringify(waitedFor(one)) === JSON.stringify(ids),
	);

/** The jobs in a state that n8n has stored. */
const inState = (one: TestTrigger, state: State): string[] => {
	const memory = one.stored.staticData['node:InsightFaceSwap Trigger'] as
		n8n.IDataObject | undefined;
	const known = Object.entries(knownFrom(memory?.jobs));
	return known.filter(([, entry]) => stateOf(entry) === state).map(([key]) => key);
};

const waitedFor = (one: TestTrigger) => inState(one, State.watched);

const emitted = async ({ started }: Listener, number: number) =>
	await until(
		`${number} executions`,
		async () => started.emitted.length >= number && started.emitted,
	);

/** Runs all executions that the trigger has started, and gives the IDs of their jobs. */
async function jobsOf({ one, started }: Listener): Promise<unknown[]> {
	const ids: unknown[] = [];
	for (const workflowData of started.emitted.splice(0)) {
		const { items } = await one.run({ workflowData }, 'trigger');
		ids.push(...items.map(({ json }) => json.jobId));
	}
	return ids;
}

/** Ends the process, and starts n8n anew on what it has stored. */
async function restart({ one, started }: Listener): Promise<Listener> {
	await stop({ started });
	const { webhookId = '', parameters } = one.node;
	return await listen(parameters, { stored: one.stored, webhookId, nodeClass: anotherProcess() });
}

/** Ends the process, and starts n8n anew up to the moment when it takes calls but has no trigger active yet. */
async function beginRestart({ one, started }: Listener): Promise<TestTrigger> {
	await stop({ started });
	const { webhookId = '', parameters } = one.node;
	const { address } = webhooks;
	const options = { parameters, webhookId, address, nodeClass: anotherProcess() };
	return webhooks.serve(trigger(options, one.stored));
}

/** Ends the trigger function, as a process does that shuts down. */
async function stop({ started }: Pick<Listener, 'started'>): Promise<void> {
	await started.stop();
}

/** Posts a job to the trigger as the API does. */
async function callBack({ one }: Pick<Listener, 'one'>, job: JobView) {
	const path = `${one.node.webhookId}/insightfaceswap`;
	return await one.call({
		query: { secret: secretOf(scenario.simulator.token, path) },
		body: job,
	});
}

const jobWith = (jobid: string | undefined): JobView => {
	const job = scenario.simulator.jobs.find((one) => one.jobid === jobid);
	if (!job) throw new Error(`There is no job ${jobid}`);
	return job;
};

describe('a job whose callback got lost', () => {
	test('starts the workflow at the next check, with its result', async () => {
		const listener = await listen();
		const { jobid } = await silentJob();
		await tick(listener);
		await endAll();
		await tick(listener);
		const [workflowData] = await emitted(listener, 1);
		const { items } = await listener.one.run({ workflowData }, 'trigger');
		expect(items[0]?.json).toMatchObject({ jobId: jobid, status: 'completed', verified: true });
		expect(items[0]?.binary?.data).toMatchObject({ mimeType: 'image/png' });
	});

	test('starts it once, however often the trigger checks', async () => {
		const listener = await listen();
		await silentJob();
		await tick(listener);
		await endAll();
		await tick(listener);
		await emitted(listener, 1);
		await tick(listener);
		await jobsOf(listener);
		await tick(listener);
		expect(listener.started.emitted).toEqual([]);
	});

	test('starts it once where the callback comes after all', async () => {
		const listener = await listen();
		const { jobid } = await silentJob();
		await tick(listener);
		await endAll();
		await tick(listener);
		await emitted(listener, 1);
		expect((await callBack(listener, jobWith(jobid))).workflowData).toBeUndefined();
	});

	test('that has come before the check starts nothing more', async () => {
		const listener = await listen();
		const { jobid } = await silentJob();
		await tick(listener);
		await endAll();
		expect((await callBack(listener, jobWith(jobid))).workflowData).toBeDefined();
		await tick(listener);
		await tick(listener);
		expect(listener.started.emitted).toEqual([]);
	});

	test.each(['failed', 'moderated'] as const)('starts it also where it was %s', async (outcome) => {
		const listener = await listen({ statuses: [outcome] });
		scenario.simulator.script({ match: { path: /headshot/ }, callback: 'missing', outcome });
		const [channel = ''] = scenario.simulator.channels;
		const { jobid } = await scenario.submit('headshot', { channel });
		await tick(listener);
		await until('the job to end', async () => {
			scenario.simulator.skipTime();
			return scenario.simulator.jobs[0]?.status === outcome;
		});
		await tick(listener);
		await emitted(listener, 1);
		expect(await jobsOf(listener)).toEqual([jobid]);
	});

	test('counts when it ended before the first check, if this process submitted it', async () => {
		const listener = await listen();
		const job = await silentJob();
		const { url, token } = scenario.simulator;
		accountJobs(accountKey(url, token)).answered(job);
		await endAll();
		await tick(listener);
		await emitted(listener, 1);
		expect(await jobsOf(listener)).toEqual([job.jobid]);
	});
});

test('a job whose progress has started an execution is waited for until it ends', async () => {
	const listener = await listen({ statuses: [] });
	const { jobid } = await silentJob();
	await tick(listener);
	const { workflowData } = await callBack(listener, jobWith(jobid));
	const { items } = await listener.one.run({ workflowData });
	expect(items[0]?.json.status).toBe('started');
	await endAll();
	await tick(listener);
	await emitted(listener, 1);
	expect(await jobsOf(listener)).toEqual([jobid]);
});

test('a job is put out once where n8n shuts down while its execution begins', async () => {
	const listener = await listen();
	const { jobid } = await silentJob();
	await tick(listener);
	await endAll();
	const { workflowData } = await callBack(listener, jobWith(jobid));
	await stop(listener);
	const { items } = await listener.one.run({ workflowData });
	expect(items).toHaveLength(1);
	const again = await restart(listener);
	await tick(again);
	await answered();
	expect(await jobsOf(again)).toEqual([]);
});

test('a job whose verb the API does not tell is caught up with', async () => {
	const listener = await listen();
	const { jobid } = await silentJob();
	await tick(listener);
	await endAll();
	const { verb: _verb, ...body } = jobWith(jobid);
	scenario.simulator.script({
		match: { path: /jobs\/$/ },
		respond: { status: 200, body },
		times: Infinity,
	});
	await tick(listener);
	await emitted(listener, 1);
	expect(await jobsOf(listener)).toEqual([jobid]);
});

test('a callback that the API does not confirm yet has its job looked at later', async () => {
	const listener = await listen();
	const { jobid } = await silentJob();
	const ended = { ...jobWith(jobid), status: 'completed' as const };
	expect((await callBack(listener, ended)).workflowData).toBeUndefined();
	await endAll();
	await tick(listener);
	await emitted(listener, 1);
	expect(await jobsOf(listener)).toEqual([jobid]);
});

describe('a job whose execution reads it, as the API did not answer in time,', () => {
	/** A callback that the API does not confirm at once. @returns its execution, which has not run */
	async function unconfirmed() {
		const listener = await listen();
		const { jobid } = await silentJob();
		await tick(listener);
		await endAll();
		scenario.simulator.script({ match: { path: /jobs\/$/ }, respond: { status: 503 } });
		const { workflowData } = await callBack(listener, jobWith(jobid));
		expect(workflowData).toBeDefined();
		return { listener, jobid, workflowData };
	}

	test('is delivered once, although a check starts another execution meanwhile', async () => {
		const { listener, jobid, workflowData } = await unconfirmed();
		await tick(listener);
		await emitted(listener, 1);
		const { items } = await listener.one.run({ workflowData }, 'webhook');
		expect(items).toEqual([]);
		expect(await jobsOf(listener)).toEqual([jobid]);
	});

	test('is not started by a check after it', async () => {
		const { listener, jobid, workflowData } = await unconfirmed();
		const { items } = await listener.one.run({ workflowData }, 'webhook');
		expect(items.map(({ json }) => json.jobId)).toEqual([jobid]);
		await tick(listener);
		await answered();
		expect(listener.started.emitted).toEqual([]);
	});

	test('is started by a check where that execution never runs', async () => {
		const { listener, jobid } = await unconfirmed();
		await tick(listener);
		await emitted(listener, 1);
		expect(await jobsOf(listener)).toEqual([jobid]);
	});
});

describe('where n8n calls the trigger function before it has registered the webhook,', () => {
	/** Begins both at once, as n8n 2 does. */
	const begin = async (parameters: n8n.INodeParameters = {}) => {
		const webhookId = `catch-up-${++count}`;
		const one = webhooks.serve(trigger({ parameters, webhookId, address: webhooks.address }));
		return await start(one);
	};

	test('it catches up at the address that was registered', async () => {
		const { getInstanceBaseUrl } = TriggerContext.prototype;
		TriggerContext.prototype.getInstanceBaseUrl = () => 'https://editor.example.com/';
		const listener = await begin({ registration: 'manual' });
		TriggerContext.prototype.getInstanceBaseUrl = getInstanceBaseUrl;
		await listener.one.activate();
		const path = `${listener.one.node.webhookId}/insightfaceswap`;
		const { jobid } = await silentJob({ replyUrl: `${webhooks.address}/webhook/${path}` });
		await tick(listener);
		await stored(listener, [jobid]);
		await endAll();
		await tick(listener);
		await emitted(listener, 1);
		expect(await jobsOf(listener)).toEqual([jobid]);
	});

	test('it starts nothing where the activation fails', async () => {
		await scenario.setReplyUrl('https://hooks.example.org/x');
		const { one, started } = await begin();
		await expect(one.activate()).rejects.toThrow(/hooks.example.org/);
		await one.deactivate();
		await scenario.setReplyUrl('');
		await silentJob();
		const before = lists();
		now += 60_000;
		started.tick();
		await endAll();
		now += 60_000;
		started.tick();
		await answered();
		expect([lists() - before, started.emitted]).toEqual([0, []]);
	});
});

test('a page that answers in the place of n8n does not count as stored', async () => {
	const warn = jest.spyOn(Container.get(Logger), 'warn');
	const server = createServer((_request, response) => response.writeHead(200).end('<html>'));
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const webhookId = `catch-up-${++count}`;
	const one = trigger({ parameters: { registration: 'polling' }, address, webhookId });
	const listener = await activate(one);
	await silentJob();
	const warnings = () => warn.mock.calls.map(([message]) => message);
	for (let times = 0; times < 5; times++) await tick(listener);
	await until('a warning', async () =>
		warnings().some((message) => message.includes('cannot call its own webhook')),
	);
	server.close();
});

test('triggers of two accounts report the jobs of their own accounts', async () => {
	const other = await startSimulator({ token: 'user:2-other', channels: 1, drawResults: false });
	const credentials = { useApiNetApi: { apiToken: other.token, baseUrl: other.url } };
	const webhookId = `catch-up-${++count}`;
	const parameters = { registration: 'polling' };
	const foreign = webhooks.serve(
		trigger({ credentials, webhookId, parameters, address: webhooks.address }),
	);
	await foreign.activate();
	const { started } = await start(foreign);
	const own = await listen({ registration: 'polling' });
	const { jobid } = await silentJob();
	await tick(own);
	await endAll();
	await tick(own);
	started.tick();
	await emitted(own, 1);
	expect(await jobsOf(own)).toEqual([jobid]);
	expect(started.emitted).toEqual([]);
	expect(accountsWatched()).toBe(2);
	expect(other.journal.filter(({ path }) => path !== '/v1/faceswap/jobs')).toEqual([]);
	await other.close();
});

describe('which jobs count', () => {
	const OTHER = 'https://example.org/hook';
	const address = (one: TestTrigger) =>
		`${webhooks.address}/webhook/${one.node.webhookId}/insightfaceswap`;

	test.each([
		['account', [undefined, 'own']],
		['manual', ['own']],
		['polling', [undefined, 'own', 'other']],
	])('with Registration %s: %p', async (registration, expected) => {
		const listener = await listen({ registration });
		await scenario.setReplyUrl('');
		for (const replyRef of ['', 'own', 'other']) {
			const replyUrl = replyRef === 'own' ? address(listener.one) : OTHER;
			await silentJob({ ...(replyRef && { replyRef, replyUrl }) });
		}
		await tick(listener);
		await endAll();
		await tick(listener);
		await emitted(listener, expected.length);
		const references = listener.started.emitted.map(
			(data) => (data[0]?.[0]?.json.job as JobView).replyRef,
		);
		expect(references.sort()).toEqual([...expected].sort());
	});

	test.each([
		['operation', { verbs: ['picsi'] }],
		['status', { statuses: ['failed'] }],
		['reply reference', { options: { replyRef: { rule: { match: 'equals', value: 'x' } } } }],
	])('an unwanted %s starts nothing and is forgotten', async (_name, parameters) => {
		const listener = await listen(parameters);
		await silentJob({ replyRef: 'y' });
		await tick(listener);
		await endAll();
		await tick(listener);
		await stored(listener, []);
		expect(listener.started.emitted).toEqual([]);
	});

	const READ = { path: /jobs\/$/ };

	test.each([
		['404', { status: 404, body: { error: 'Unable to locate job x' } }],
		['410', { status: 410, body: { error: 'Gone' } }],
	])(
		'a job that is not there in the words of the API (%s) is forgotten',
		async (_name, respond) => {
			const listener = await listen();
			const { jobid } = await silentJob();
			await tick(listener);
			await stored(listener, [jobid]);
			await endAll();
			scenario.simulator.script({ match: READ, respond });
			await tick(listener);
			await stored(listener, []);
			expect(listener.started.emitted).toEqual([]);
		},
	);

	test.each([
		['a page with 404', { status: 404, body: '<html>404 Not Found</html>' }],
		['a plain 404', { status: 404, body: '404 page not found' }],
		['a page with 410', { status: 410, body: '<html>410 Gone</html>' }],
		['a 400 of the API', { status: 400, body: { error: 'Query param jobid not provided' } }],
		['a 401', { status: 401, body: { error: 'Unauthorized' } }],
	])('a job survives %s for its reading', async (_name, respond) => {
		const listener = await listen();
		const { jobid } = await silentJob();
		await tick(listener);
		await stored(listener, [jobid]);
		await endAll();
		scenario.simulator.script({ match: READ, respond });
		await tick(listener);
		await answered();
		expect(waitedFor(listener.one)).toEqual([jobid]);
		await tick(listener, 300);
		await emitted(listener, 1);
		expect(await jobsOf(listener)).toEqual([jobid]);
	});

	test('a job that was forgotten still starts the workflow by its callback', async () => {
		const listener = await listen();
		const { jobid } = await silentJob();
		await tick(listener);
		await endAll();
		const respond = { status: 404, body: { error: `Unable to locate job ${jobid}` } };
		scenario.simulator.script({ match: READ, respond });
		await tick(listener);
		await stored(listener, []);
		expect((await callBack(listener, jobWith(jobid))).workflowData).toBeDefined();
	});
});

test('a verified callback tells everybody in the process who waits for the job', async () => {
	const listener = await listen();
	const { jobid } = await silentJob();
	await endAll();
	const { token, url } = scenario.simulator;
	const news: unknown[] = [];
	const client = async () => await Promise.reject(new Error('nothing is read for it'));
	const onNews = (job: unknown) => void news.push(job);
	const watch = { jobid, everyMs: 3_600_000, client, onNews };
	accountJobs(accountKey(url, token)).watch(watch);
	await callBack(listener, jobWith(jobid));
	expect(news).toMatchObject([{ jobid, status: 'completed' }]);
});

describe('a credential that dies while the trigger is active', () => {
	/** Lets the API refuse the token for three checks, and not for the next one. */
	const outage = async (listener: Listener) => {
		const { settings } = scenario.simulator;
		const { token } = settings;
		settings.token = 'user:1-another';
		for (let checks = 0; checks < 3; checks++) await tick(listener, 300);
		await answered();
		settings.token = token;
		await tick(listener, 300);
		await answered();
	};

	test.each(['account', 'polling'])(
		'starts the error workflow once for each outage, with Registration %s',
		async (registration) => {
			const listener = await listen({ registration });
			await silentJob();
			await tick(listener);
			await outage(listener);
			expect(listener.started.failures).toHaveLength(1);
			expect(String(listener.started.failures[0]?.message)).toMatch(
				/cannot look for jobs.*did not accept the API token/,
			);
			await outage(listener);
			expect(listener.started.failures).toHaveLength(2);
		},
	);

	test('logs a warning where n8n cannot do that', async () => {
		const warn = jest.spyOn(Container.get(Logger), 'warn');
		const one = webhooks.serve(trigger({ webhookId: `catch-up-${++count}` }));
		await one.activate();
		const listener = { one, started: await one.start({ isN8n1: true }) };
		listeners.push(listener);
		await outage(listener);
		const warnings = warn.mock.calls.filter(([message]) => /cannot look for jobs/.test(message));
		expect(warnings).toHaveLength(1);
	});
});

describe('the check interval', () => {
	test.each([
		[{}, 60],
		[{ checkEvery: 15 }, 15],
		[{ checkEvery: 1 }, 15],
		[{ checkEvery: 3600 }, 3600],
	])('with %j every %i seconds', async (options, seconds) => {
		const listener = await listen({ options });
		await answered();
		const before = lists();
		now += (seconds - 4) * 1000;
		listener.started.tick();
		await answered();
		expect(lists()).toBe(before);
		await tick(listener, 4);
		expect(lists()).toBe(before + 1);
	});

	test('one call serves all triggers of an account', async () => {
		const [one, two] = [await listen(), await listen({ options: { replaceExisting: true } })];
		await answered();
		const before = lists();
		now += 60_000;
		one.started.tick();
		two.started.tick();
		await answered();
		two.started.tick();
		await answered();
		expect(lists()).toBe(before + 1);
	});

	test('while the API is down it checks less often and forgets nothing', async () => {
		const listener = await listen();
		const { jobid } = await silentJob();
		await tick(listener);
		await endAll();
		const down = { match: { path: '/v1/faceswap/jobs' }, respond: { status: 503 }, times: 3 };
		scenario.simulator.script(down);
		const looks: number[] = [];
		for (let seconds = 0; seconds < 300; seconds += 5) {
			const before = lists();
			now += 5000;
			listener.started.tick();
			await answered();
			if (lists() > before) looks.push(seconds);
		}
		await emitted(listener, 1);
		expect(await jobsOf(listener)).toEqual([jobid]);
		const [first = 0, second = 0, third = 0, fourth = 0] = looks;
		expect(second - first).toBeGreaterThanOrEqual(15);
		expect(third - second).toBeGreaterThanOrEqual(30);
		expect(fourth - third).toBeGreaterThanOrEqual(60);
	});

	test('it waits as long as the API asks', async () => {
		const listener = await listen();
		const respond = { status: 429, headers: { 'retry-after': '600' } };
		scenario.simulator.script({ match: { path: '/v1/faceswap/jobs' }, respond });
		await tick(listener);
		await answered();
		const before = lists();
		now += 590_000;
		listener.started.tick();
		await answered();
		expect(lists()).toBe(before);
		await tick(listener);
	});

	test('it waits a quarter of an hour at most, whatever the API asks', async () => {
		const listener = await listen();
		const respond = { status: 429, headers: { 'retry-after': '99999999' } };
		scenario.simulator.script({ match: { path: '/v1/faceswap/jobs' }, respond });
		await tick(listener);
		await answered();
		const before = lists();
		await tick(listener, 915);
		expect(lists()).toBe(before + 1);
	});

	test('it goes on where the clock was set back', async () => {
		const listener = await listen();
		const before = lists();
		wallClockOffset = -86_400_000;
		await tick(listener);
		expect(lists()).toBe(before + 1);
	});

	test('while the API is down one warning is logged, whatever the number of triggers', async () => {
		const warn = jest.spyOn(Container.get(Logger), 'warn');
		const [one, two] = [await listen(), await listen({ registration: 'polling' })];
		const respond = { status: 503 };
		scenario.simulator.script({ match: { path: '/v1/faceswap/jobs' }, respond, times: 3 });
		for (let checks = 0; checks < 3; checks++) {
			two.started.tick();
			await tick(one, 300);
		}
		await tick(one, 300);
		expect(warn.mock.calls.filter(([message]) => /could not be listed/.test(message))).toHaveLength(
			1,
		);
	});

	test('with Catch Up off it does not check at all', async () => {
		const parameters = { options: { catchUp: false } };
		const webhookId = `catch-up-${++count}`;
		const one = trigger({ parameters, webhookId, address: webhooks.address });
		await one.activate();
		const { started } = await start(one);
		now += 3_600_000;
		started.tick();
		await answered();
		expect(lists()).toBe(0);
	});
});

describe('while a check reads a job that has ended', () => {
	/** Begins a check whose reading takes a moment. */
	async function beginCheck() {
		const listener = await listen();
		const { jobid } = await silentJob();
		await tick(listener);
		await stored(listener, [jobid]);
		await endAll();
		const reads = () => requests().filter((path) => path === '/v1/faceswap/jobs/').length;
		const before = reads();
		scenario.simulator.script({ match: { path: /jobs\/$/ }, delayMs: 500 });
		await tick(listener);
		await until('the reading', async () => reads() > before);
		return { listener, jobid };
	}

	test('its callback starts the workflow, and the check does not', async () => {
		const { listener, jobid } = await beginCheck();
		const { workflowData } = await callBack(listener, jobWith(jobid));
		expect(workflowData).toBeDefined();
		expect((await listener.one.run({ workflowData })).items).toHaveLength(1);
		await stored(listener, []);
		const before = lists();
		now += 60_000;
		await until('a check after this one', async () => {
			listener.started.tick();
			return lists() > before;
		});
		expect(listener.started.emitted).toEqual([]);
	});

	test('a deactivation lets it start nothing; the next activation does', async () => {
		const { listener, jobid } = await beginCheck();
		const { emitted: before } = listener.started;
		const after = await restart(listener);
		await emitted(after, 1);
		expect(await jobsOf(after)).toEqual([jobid]);
		expect(before).toEqual([]);
	});
});

describe('a job in hand while its workflow is activated anew', () => {
	test('is started once', async () => {
		const before = await listen();
		const { jobid } = await silentJob();
		await tick(before);
		await stored(before, [jobid]);
		await endAll();
		const execution = await callBack(before, jobWith(jobid));
		await stop(before);
		const after = await activate(before.one);
		await answered();
		expect(after.started.emitted).toEqual([]);
		expect((await after.one.run(execution)).items).toHaveLength(1);
		await stored(after, []);
	});
});

describe('a start of n8n', () => {
	test('catches what has ended meanwhile', async () => {
		const before = await listen();
		const { jobid } = await silentJob();
		await tick(before);
		await stored(before, [jobid]);
		await endAll();
		const after = await restart(before);
		await emitted(after, 1);
		expect(await jobsOf(after)).toEqual([jobid]);
	});

	test('starts a job anew whose execution had not put it out', async () => {
		const before = await listen();
		const { jobid } = await silentJob();
		await tick(before);
		await endAll();
		const { workflowData } = await callBack(before, jobWith(jobid));
		expect(workflowData).toBeDefined();
		const after = await restart(before);
		await emitted(after, 1);
		expect(await jobsOf(after)).toEqual([jobid]);
	});

	test('starts nothing anew that an execution had put out', async () => {
		const before = await listen();
		const { jobid } = await silentJob();
		await tick(before);
		await endAll();
		const result = await callBack(before, jobWith(jobid));
		expect((await before.one.run(result)).items).toHaveLength(1);
		const after = await restart(before);
		expect(await jobsOf(after)).toEqual([]);
	});

	/** A job whose end is reported after n8n has started and before its triggers are active. */
	async function reportedEarly() {
		const before = await listen();
		const { jobid } = await silentJob();
		await tick(before);
		await stored(before, [jobid]);
		await endAll();
		const one = await beginRestart(before);
		const { workflowData } = await callBack({ one }, jobWith(jobid));
		expect(workflowData).toBeDefined();
		webhooks.results.length = 0;
		return { jobid, one, execution: { workflowData } };
	}

	test('starts a job once whose callback came before its triggers were active', async () => {
		const { one, execution } = await reportedEarly();
		expect((await one.run(execution)).items).toHaveLength(1);
		const after = await activate(one);
		await answered();
		expect(after.started.emitted).toEqual([]);
		await stored(after, []);
	});

	test('starts a job once whose execution still runs when its triggers become active', async () => {
		const { one, execution } = await reportedEarly();
		const after = await activate(one);
		await answered();
		expect(after.started.emitted).toEqual([]);
		expect((await one.run(execution)).items).toHaveLength(1);
		await stored(after, []);
	});

	test('starts a job anew whose execution died while its triggers became active', async () => {
		const { jobid, one } = await reportedEarly();
		const died = await activate(one);
		await answered();
		const after = await restart(died);
		await emitted(after, 1);
		expect(await jobsOf(after)).toEqual([jobid]);
	});

	test('puts nothing out twice where it dies before its triggers are active', async () => {
		const { one, execution } = await reportedEarly();
		expect((await one.run(execution)).items).toHaveLength(1);
		const { webhookId = '', parameters } = one.node;
		const nodeClass = anotherProcess();
		const after = await listen(parameters, { stored: one.stored, webhookId, nodeClass });
		await answered();
		expect(await jobsOf(after)).toEqual([]);
	});

	test('loses nothing and doubles nothing of many jobs', async () => {
		const before = await listen();
		const jobs = [];
		for (let index = 0; index < 30; index++) jobs.push(await silentJob());
		await tick(before);
		await stored(
			before,
			jobs.map(({ jobid }) => jobid),
		);
		await endAll();
		const put: unknown[] = [];
		for (const [index, { jobid }] of jobs.entries()) {
			if (index % 3 === 0) continue;
			const results = [await callBack(before, jobWith(jobid))];
			if (index % 3 === 1) results.push(await callBack(before, jobWith(jobid)));
			const [first] = results.filter(({ workflowData }) => workflowData);
			// Some executions die with the process.
			if (first && index % 5)
				put.push(...(await before.one.run(first)).items.map(({ json }) => json.jobId));
		}
		const after = await restart(before);
		await emitted(after, jobs.length - put.length);
		await tick(after);
		await answered();
		put.push(...(await jobsOf(after)));
		expect(put.sort()).toEqual(jobs.map(({ jobid }) => jobid).sort());
	});
});

describe('what n8n stores', () => {
	test('a job that this process submits is stored at once', async () => {
		const listener = await listen();
		const job = await silentJob();
		accountJobs(accountKey(scenario.simulator.url, scenario.simulator.token)).answered(job);
		await stored(listener, [job.jobid]);
		expect(waitedFor(listener.one)).toEqual([job.jobid]);
	});

	test('is stored later when n8n cannot be called now', async () => {
		const listener = await listen();
		const { jobid } = await silentJob();
		webhooks.isDown = true;
		await tick(listener);
		webhooks.isDown = false;
		listener.started.tick();
		await stored(listener, [jobid]);
		expect(waitedFor(listener.one)).toEqual([jobid]);
	});

	test('is stored later also while the API fails', async () => {
		const listener = await listen({ registration: 'polling' });
		const { jobid } = await silentJob();
		webhooks.isDown = true;
		await tick(listener);
		await answered();
		const match = { path: /jobs/ };
		scenario.simulator.script({ match, respond: { status: 503 }, times: Infinity });
		await tick(listener);
		await answered();
		webhooks.isDown = false;
		listener.started.tick();
		await stored(listener, [jobid]);
		expect(waitedFor(listener.one)).toEqual([jobid]);
	});

	test('the secret of callbacks does not store anything', async () => {
		const listener = await listen();
		await callBack(listener, { jobs: { x: entryOf(State.watched, '') } } as never);
		expect(waitedFor(listener.one)).toEqual([]);
	});
});

describe('several processes', () => {
	test('a job that another one has taken is not started again', async () => {
		const main = await listen();
		const { jobid } = await silentJob();
		await tick(main);
		await endAll();
		const { webhookId } = main.one.node;
		const other = webhooks.serve(
			trigger(
				{ webhookId, address: webhooks.address, nodeClass: anotherProcess() },
				main.one.stored,
			),
		);
		expect((await callBack({ ...main, one: other }, jobWith(jobid))).workflowData).toBeDefined();
		await tick(main);
		await tick(main);
		await stored(main, []);
		expect(main.started.emitted).toEqual([]);
	});
});

test('a test run leaves the job to the active workflow', async () => {
	const listener = await listen();
	const { jobid } = await silentJob();
	await tick(listener);
	await endAll();
	const job = scenario.simulator.jobs.find((one) => one.jobid === jobid);
	const workflowData = [
		[{ json: { job, verification: 'verified' } as unknown as n8n.IDataObject }],
	];
	expect((await listener.one.run({ workflowData }, 'manual')).items).toHaveLength(1);
	await tick(listener);
	await emitted(listener, 1);
	expect(await jobsOf(listener)).toEqual([jobid]);
});

describe('a test run with Polling', () => {
	test('looks no more once the user has stopped listening', async () => {
		const one = trigger({
			parameters: { registration: 'polling' },
			webhookId: `catch-up-${++count}`,
		});
		const before = lists();
		await silentJob();
		await one.activate({ isTest: true });
		await until('the first look', async () => lists() > before);
		await one.deactivate({ isTest: true });
		await until('the end of the looks', async () => accountsWatched() === 0);
		expect(triggersInUse()).toBe(0);
	});

	test('gives the next job that ends to the test webhook, and ends with it', async () => {
		const one = webhooks.serve(
			trigger({
				parameters: { registration: 'polling', downloadResults: false },
				webhookId: `catch-up-${++count}`,
				address: webhooks.address,
			}),
		);
		const before = lists();
		const { jobid } = await silentJob();
		await one.activate({ isTest: true });
		await until('the first look', async () => lists() > before);
		await endAll();
		const [result] = await until('a call', async () => {
			now += 10_000;
			return webhooks.results.length === 1 && webhooks.results;
		});
		const { items } = await one.run(result ?? {}, 'manual');
		expect(items[0]?.json).toMatchObject({ jobId: jobid, status: 'completed' });
		await one.deactivate({ isTest: true });
		await until('the end of the looks', async () => accountsWatched() === 0);
	});
});
