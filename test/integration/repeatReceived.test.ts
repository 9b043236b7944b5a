/** A connection that broke, and a trigger of the same n8n that hears of the job. */
import type { INodeParameters } from 'n8n-workflow';

import { secretOf } from '../../nodes/InsightFaceSwap/jobs/callbackSignature';
import { accountsWatched } from '../../nodes/InsightFaceSwap/jobs/accountJobs';
import type { JobView } from '../../simulator';
import { until } from '../../tooling/n8n/until';
import type { NodeResult } from '../support/engine';
import { scenario } from '../support/scenario';
import { TestTrigger, type Started } from '../support/trigger';
import { Webhooks } from '../support/triggerWebhooks';

const test_ = scenario({ asyncMs: 3_600_000 });
const withReference = { additionalFields: { replyRef: 'order-1' } };

let webhooks: Webhooks;
let count = 0;
let one: TestTrigger;
let started: Started;

beforeAll(async () => {
	webhooks = await Webhooks.start();
});

afterEach(async () => {
	await started.stop();
	expect(accountsWatched()).toBe(0);
});

afterAll(async () => await webhooks.close());

const listed = () => test_.requests('/v1/faceswap/jobs').length;

/** Activates a trigger, and waits for its first look at the jobs. */
const listen = async (parameters: INodeParameters = {}) => {
	const { token, url } = test_.simulator;
	const credentials = { useApiNetApi: { apiToken: token, baseUrl: url } };
	const webhookId = `received-${++count}`;
	one = webhooks.serve(
		new TestTrigger({ credentials, parameters, webhookId, address: webhooks.address }),
	);
	await one.activate();
	started = await one.start();
};

const path = () => `${one.node.webhookId}/insightfaceswap`;

/** Posts a job to the trigger, as the API does. */
const callBack = async (
	job: Partial<JobView> = test_.simulator.jobs[0] ?? {},
	query = { secret: secretOf(test_.simulator.token, path()) },
) => await one.call({ query, body: job });

/** The API takes the next job, and its answer gets lost. */
const breakConnection = (callback: 'missing' | 'early' = 'missing') =>
	test_.simulator.script({ match: { verb: 'picsi' }, acceptThen: 'reset', callback });

const swap = async (parameters: INodeParameters = {}) => await test_.run('picsi/swap', parameters);

const swapWithUnknownOutcome = async (parameters: INodeParameters = {}) => {
	breakConnection();
	expect((await swap(parameters)).error?.message).toContain('Outcome unknown');
};

const expectTheSameJob = ({ items, error }: NodeResult) => {
	expect(error).toBeUndefined();
	expect(items[0]?.json).toMatchObject({ status: 'completed', resumed: true });
	expect(test_.simulator.jobs).toHaveLength(1);
};

describe.each([
	['made up by the node', {}],
	['of the user', withReference],
])('With a reply reference %s', (_name, parameters) => {
	test('the next run continues the job whose callback came, though another node has read it', async () => {
		await listen();
		await swapWithUnknownOutcome(parameters);
		await callBack();
		const jobId = test_.simulator.jobs[0]?.jobid ?? '';
		expect((await test_.run('job/get', { jobId })).error).toBeUndefined();
		expectTheSameJob(await swap(parameters));
	});

	test('the next run continues the job whose callback came', async () => {
		await listen();
		await swapWithUnknownOutcome(parameters);
		await callBack();
		expectTheSameJob(await swap(parameters));
	});

	test('the run itself continues, where the callback came before the connection broke', async () => {
		await listen();
		breakConnection('early');
		const { items, error } = await swap(parameters);
		expect(error).toBeUndefined();
		expect(items[0]?.json.status).toBe('completed');
		expect(items[0]?.json).not.toHaveProperty('resumed');
		expect(test_.simulator.jobs).toHaveLength(1);
	});
});

test.each<[string, INodeParameters]>([
	['does not start its workflow for such jobs', { statuses: ['failed'] }],
	['does not catch up', { options: { catchUp: false } }],
])('A trigger counts, too, that %s', async (_name, parameters) => {
	await listen(parameters);
	await swapWithUnknownOutcome();
	await callBack();
	expectTheSameJob(await swap());
});

test('A trigger that catches up hears of a job by the list of running jobs', async () => {
	await listen();
	await until('its first look', async () => listed() > 0);
	const background = { prompt: 'beach' };
	test_.simulator.script({ match: { verb: 'changebg' }, acceptThen: 'reset', callback: 'missing' });
	const fails = { match: { path: '/v1/faceswap/jobs' }, times: 2 };
	test_.simulator.script({ ...fails, respond: { status: 500 } });
	const during = async () => {
		await until('the looks of the run', async () => listed() > 2);
		const now = Date.now();
		jest.spyOn(Date, 'now').mockReturnValue(now + 60_000);
		started.tick();
		await until('the look of the trigger', async () => listed() > 3);
		jest.mocked(Date.now).mockRestore();
	};
	const [first] = await Promise.all([test_.run('changeBackground/create', background), during()]);
	expect(first.error?.message).toContain('Outcome unknown');
	await until('the end', async () => {
		test_.simulator.skipTime();
		return test_.simulator.jobs[0]?.status === 'completed';
	});
	expectTheSameJob(await test_.run('changeBackground/create', background));
});

describe('The outcome stays unknown', () => {
	const expectUnknown = async (parameters: INodeParameters = {}) => {
		expect((await swap(parameters)).error?.message).toContain('Outcome unknown');
	};

	test('where the callback has no secret', async () => {
		await listen();
		await swapWithUnknownOutcome();
		await callBack(undefined, { secret: 'none' });
		await expectUnknown();
	});

	test('where the callback names a job that the API has with another reference', async () => {
		await swap();
		await listen();
		const [other] = test_.simulator.jobs;
		await swapWithUnknownOutcome();
		await callBack({ ...test_.simulator.jobs[1], jobid: other?.jobid });
		await expectUnknown();
	});

	test('where the job is that of another run, with the same reference of the user', async () => {
		await listen();
		await swap(withReference);
		await callBack();
		test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 500 } });
		await expectUnknown(withReference);
	});

	test('once the trigger is deactivated', async () => {
		await listen();
		await swapWithUnknownOutcome();
		await callBack();
		await started.stop();
		await expectUnknown();
	});
});

test('A job that failed meanwhile is submitted anew', async () => {
	await listen();
	test_.simulator.script({
		match: { verb: 'picsi' },
		acceptThen: 'reset',
		outcome: 'failed',
		callback: 'missing',
	});
	expect((await swap()).error?.message).toContain('Outcome unknown');
	await callBack();
	const { items, error } = await swap();
	expect(error).toBeUndefined();
	expect(items[0]?.json).not.toHaveProperty('resumed');
	expect(test_.simulator.jobs).toHaveLength(2);
});
