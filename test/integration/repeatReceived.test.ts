/** A connection that broke, and a trigger of the same n8n that hears of the job. */
import type { INodeParameters } from 'n8n-workflow';

import { secretOf } from '../../nodes/InsightFaceSwap/jobs/callbackAddress';
import * as backoff from '../../nodes/InsightFaceSwap/shared/backoff';
import { accountsWatched } from '../../nodes/InsightFaceSwap/jobs/accountJobs';
import type { JobView } from '../../simulator';
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

/** The trigger lists no jobs meanwhile: it hears of a job by its callback alone. */
beforeEach(() => jest.spyOn(backoff, 'listDelay').mockReturnValue(60_000));

afterEach(async () => {
	await started.stop();
	expect(accountsWatched()).toBe(0);
});

afterAll(async () => await webhooks.close());

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
