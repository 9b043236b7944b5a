/** Queue mode: a worker submits jobs, and the trigger that waits for them runs in another process. */
import { Logger } from '@n8n/backend-common';
import { Container } from '@n8n/di';
import type { INodeParameters } from 'n8n-workflow';

import { ownCallPath, secretOf } from '../../nodes/InsightFaceSwap/jobs/callbackAddress';
import {
	entryOf,
	knownFrom,
	processOf,
	State,
	stateOf,
} from '../../nodes/InsightFaceSwap/jobs/triggerCall';
import * as returning from '../../nodes/InsightFaceSwap/n8nCompat/execution';
import * as backoff from '../../nodes/InsightFaceSwap/shared/backoff';
import * as pauses from '../../nodes/InsightFaceSwap/shared/retry';
import { until } from '../../tooling/n8n/until';
import { scenario } from '../support/scenario';
import { anotherProcess, Stored, TestTrigger, type Started } from '../support/trigger';
import { Webhooks } from '../support/triggerWebhooks';

const test_ = scenario();
const { listDelay } = backoff;
const { pause } = pauses;

let webhooks: Webhooks;
/** Reports that are not over. */
let reporting = 0;
let count = 0;
let now = 0;
let webhookId: string;
let stored: Stored;
let running: Started[] = [];

beforeAll(async () => {
	webhooks = await Webhooks.start();
});

beforeEach(() => {
	now = 0;
	running = [];
	webhookId = `submitted-${++count}`;
	stored = new Stored();
	webhooks.isDown = false;
	webhooks.calls.length = 0;
	const [wallClock, clock] = [Date.now, performance.now.bind(performance)];
	jest.spyOn(Date, 'now').mockImplementation(() => wallClock() + now);
	jest.spyOn(performance, 'now').mockImplementation(() => clock() + now);
	jest.mocked(backoff.listDelay).mockImplementation(listDelay);
	jest
		.spyOn(pauses, 'pause')
		.mockImplementation(async (ms, ...events) => await pause(ms / 100, ...events));
	jest.spyOn(returning, 'afterReturn').mockImplementation((work) => {
		reporting++;
		void work().finally(() => reporting--);
	});
	test_.simulator.script({ match: { verb: 'picsi' }, callback: 'missing', times: 100 });
});

afterEach(async () => {
	for (const one of running) await one.stop();
	await until('all reports to be made', async () => reporting === 0);
});

afterAll(async () => await webhooks.close());

/** The trigger in a process of its own. The last one takes the calls. */
const ofAnotherProcess = (parameters: INodeParameters = {}) => {
	const { token, url } = test_.simulator;
	const credentials = { useApiNetApi: { apiToken: token, baseUrl: url } };
	const { address } = webhooks;
	const nodeClass = anotherProcess();
	const options = { credentials, parameters, webhookId, address, nodeClass };
	return webhooks.serve(new TestTrigger(options, stored));
};

const path = () => `${webhookId}/insightfaceswap`;
const url = () => `${webhooks.address}/webhook/${path()}`;
const lists = () => test_.requests('/v1/faceswap/jobs').length;
const memory = () => (stored.staticData['node:InsightFaceSwap Trigger'] ?? {}) as { jobs?: object };
/** The jobs that n8n has stored as waited for. */
const watched = () =>
	Object.entries(knownFrom(memory().jobs))
		.filter(([, entry]) => stateOf(entry) === State.watched)
		.map(([jobid]) => jobid);

/** Activates the trigger, and waits for its first look. */
const activate = async (one: TestTrigger) => {
	await one.activate();
	const before = lists();
	const started = await one.start();
	running.push(started);
	await until('the first look', async () => lists() > before);
	return started;
};

/** Swaps faces on a worker, and gives the job's ID. The API does not report the end. */
const swap = async (fields: INodeParameters = {}) => {
	const { address } = webhooks;
	const { error } = await test_.run('picsi/swap', { additionalFields: fields }, { address });
	expect(error).toBeUndefined();
	return test_.simulator.jobs.at(-1)?.jobid ?? '';
};

/** The jobs that workers have reported, a list for each call. The trigger's own process names itself. */
const reports = () =>
	webhooks.calls
		.map(({ body }) => Object.entries(knownFrom(body.jobs)))
		.filter((jobs) => jobs.some(([, entry]) => processOf(entry) === ''))
		.map((jobs) => jobs.map(([jobid]) => jobid));

const reported = async (number = 1) =>
	await until(`${number} reports`, async () => reports().length >= number);

/** Lets a minute pass, and n8n's cron look. */
const tick = (started: Started) => {
	now += 60_000;
	started.tick();
};

/** Lets minutes pass until the trigger starts the workflow; the limit counts these minutes. */
const ticksUntilStart = async (started: Started) => {
	const check = async () => {
		tick(started);
		return started.emitted.length > 0;
	};
	await until('a check that starts the workflow', check, 36_000_000);
};

/** Runs what the trigger has started, once that is so much, and gives the IDs of the jobs. */
const jobsOf = async (one: TestTrigger, { emitted }: Started, number = 1) => {
	await until(`${number} executions`, async () => emitted.length >= number);
	const ids: unknown[] = [];
	for (const workflowData of emitted.splice(0)) {
		const { items } = await one.run({ workflowData }, 'trigger');
		ids.push(...items.map(({ json }) => json.jobId));
	}
	return ids;
};

describe('A short job of a worker whose callback got lost', () => {
	test('starts the workflow at the next check', async () => {
		const main = ofAnotherProcess();
		const started = await activate(main);
		const jobid = await swap();
		await until('n8n to store the job', async () => watched().includes(jobid));
		tick(started);
		expect(await jobsOf(main, started)).toEqual([jobid]);
	});

	test('starts it also with the trigger as its own reply URL', async () => {
		const main = ofAnotherProcess({ registration: 'manual' });
		const started = await activate(main);
		const jobid = await swap({ replyUrl: url() });
		await until('n8n to store the job', async () => watched().includes(jobid));
		tick(started);
		expect(await jobsOf(main, started)).toEqual([jobid]);
	});

	test('starts it after n8n was down', async () => {
		const main = ofAnotherProcess();
		await activate(main);
		await running.pop()?.stop();
		webhooks.isDown = true;
		jest
			.mocked(backoff.reconnectDelay)
			.mockImplementation((attempt) => (attempt === 0 ? 1 : 2_000));
		const jobid = await swap();
		await until('two calls in vain', async () => webhooks.calls.length >= 2);
		const after = ofAnotherProcess();
		webhooks.isDown = false;
		const started = await activate(after);
		await ticksUntilStart(started);
		expect(await jobsOf(after, started)).toEqual([jobid]);
	});

	test('starts it where webhook processes take the calls', async () => {
		const main = ofAnotherProcess();
		const started = await activate(main);
		ofAnotherProcess();
		const jobid = await swap();
		await reported();
		await until('n8n to store the job', async () => watched().includes(jobid));
		await ticksUntilStart(started);
		expect(await jobsOf(main, started)).toEqual([jobid]);
		await until('n8n to store its end', async () => !watched().includes(jobid));
	});

	test('starts it where the main process starts after the report', async () => {
		const before = ofAnotherProcess();
		await activate(before);
		await running.pop()?.stop();
		const webhookProcess = ofAnotherProcess();
		const jobid = await swap();
		await reported();
		const main = ofAnotherProcess();
		webhooks.serve(webhookProcess);
		const started = await activate(main);
		expect(await jobsOf(main, started)).toEqual([jobid]);
		await until('n8n to store its end', async () => !watched().includes(jobid));
	});
});

describe('A report', () => {
	test('of a job whose callback has come changes nothing', async () => {
		const main = ofAnotherProcess();
		await activate(main);
		const jobid = await swap();
		const job = test_.simulator.jobs.at(-1);
		const query = { secret: secretOf(test_.simulator.token, path()) };
		const result = await main.call({ query, body: job });
		expect((await main.run(result)).items).toHaveLength(1);
		await until('the list to be empty', async () => !watched().includes(jobid));
		await main.call({ query: own(), body: { jobs: { [jobid]: entryOf(State.watched, '') } } });
		expect(watched()).toEqual([]);
	});

	test.each([
		['its trigger does not catch up', { options: { catchUp: false } }],
		['its trigger waits for progress only', { statuses: ['progress'] }],
	])('changes nothing where %s', async (_name, parameters) => {
		const main = ofAnotherProcess(parameters);
		await main.activate();
		running.push(await main.start());
		await swap();
		await reported();
		expect(memory()).not.toHaveProperty('jobs');
	});

	test('with the secret of callbacks is ignored', async () => {
		const main = ofAnotherProcess();
		await activate(main);
		const query = { secret: secretOf(test_.simulator.token, path()) };
		const body = { jobs: { job: entryOf(State.watched, '') } };
		const { answer } = await main.call({ query, body });
		expect(answer).toMatchObject({ message: expect.stringContaining('Ignored') as string });
		expect(watched()).toEqual([]);
	});

	test('is not made where the trigger is in the same process', async () => {
		const { token, url } = test_.simulator;
		const credentials = { useApiNetApi: { apiToken: token, baseUrl: url } };
		const { address } = webhooks;
		await activate(webhooks.serve(new TestTrigger({ credentials, webhookId, address }, stored)));
		const jobid = await swap();
		await until('the job to be watched', async () => watched().includes(jobid));
		expect(reports()).toEqual([]);
	});

	test.each([
		['another host', () => 'https://hooks.example.org/webhook/one/insightfaceswap'],
		['a test run', () => url().replace('/webhook/', '/webhook-test/')],
		['another application of this n8n', () => `${webhooks.address}/webhook/orders`],
	])('is not made to %s', async (_name, replyUrl) => {
		ofAnotherProcess();
		await swap({ replyUrl: replyUrl() });
		expect(reporting).toBe(0);
	});

	test('is made five times; then the log has a warning', async () => {
		const warn = jest.spyOn(Container.get(Logger), 'warn');
		await activate(ofAnotherProcess());
		await running.pop()?.stop();
		webhooks.isDown = true;
		await swap();
		await until('the reports to end', async () => reporting === 0);
		expect(webhooks.calls).toHaveLength(5);
		expect(warn).toHaveBeenCalledWith(
			expect.stringContaining('could not be told of a job'),
			expect.objectContaining({ url: url() }),
		);
	});

	test('ends at once where the trigger has another token', async () => {
		const other = { apiToken: 'user:1-other', baseUrl: test_.simulator.url };
		const { address } = webhooks;
		const options = { credentials: { useApiNetApi: other }, webhookId, address };
		webhooks.serve(new TestTrigger({ ...options, nodeClass: anotherProcess() }, stored));
		await swap({ replyUrl: url() });
		await until('the reports to end', async () => reporting === 0);
		expect(reports()).toHaveLength(1);
	});
});

/** The query of n8n's own calls. */
const own = () => ({ secret: secretOf(test_.simulator.token, ownCallPath(path())) });

test('n8n that cannot be called is asked for reports once a check', async () => {
	const started = await activate(ofAnotherProcess());
	webhooks.isDown = true;
	tick(started);
	await until('a call', async () => webhooks.calls.length > 0);
	for (let tenth = 0; tenth < 10; tenth++) {
		now += 5000;
		started.tick();
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	expect(webhooks.calls).toHaveLength(1);
	tick(started);
	await until('the next call', async () => webhooks.calls.length > 1);
});
