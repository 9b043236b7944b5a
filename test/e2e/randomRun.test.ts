import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import type { ScriptRule } from '../../simulator';
import { until } from '../../tooling/n8n/until';
import type { NodeRun } from '../support/engine';
import { random } from '../support/random';
import { scenario } from '../support/scenario';
import { TestTrigger } from '../support/trigger';
import { Webhooks } from '../support/triggerWebhooks';

const ITEMS = 1000;
const FAULTY_SHARE = 0.1;
const SEED = 20_261_121;

const test_ = scenario({
	channels: 5,
	blockingMs: 4,
	credits: { total: 100_000, used: 0 },
	seed: SEED,
});

const FAULTS: ScriptRule[] = [
	{ respond: { status: 429, headers: { 'retry-after': '0' } } },
	{ respond: { status: 429, body: { error: 'Unable to lock Discord after 5 attempts' } } },
	{ respond: { status: 429, body: { errorDetails: '{"retry_after":0.01}' } } },
	{ respond: { status: 400, body: { error: 'odd' } } },
	{ respond: { status: 422, body: { error: 'moderated' } } },
	{ respond: { status: 500 } },
	{ respond: { status: 596 } },
	{ acceptThen: 'reset' },
	{ acceptThen: 'cutJson' },
	{ acceptThen: 'cutBody' },
	{ acceptThen: { status: 502, body: '<html></html>' } },
	{ acceptThen: { status: 504, body: '' } },
	{ outcome: 'failed', content: 'No face' },
	{ outcome: 'moderated', content: 'Not allowed' },
	{ delayMs: 40 },
];

const reference = (index: number) => `item-${String(index).padStart(4, '0')}`;

const references = Array.from({ length: ITEMS }, (_, index) => reference(index));

/** Has one in ten items meet one of the faults, and some downloads break off. */
const scriptFaults = () => {
	const next = random(SEED);
	for (const replyRef of references) {
		if (next() > FAULTY_SHARE) continue;
		const rule = FAULTS[Math.floor(next() * FAULTS.length)];
		test_.simulator.script({ match: { replyRef }, ...rule });
	}
	for (let cut = 0; cut < 10; cut++) {
		test_.simulator.script({ match: { path: /^\/attachments/ }, acceptThen: 'cutBody' });
	}
};

const swap = async (
	wanted: string[],
	additionalFields: IDataObject = {},
	options: Partial<NodeRun> = {},
): Promise<INodeExecutionData[]> => {
	const { binary } = await test_.item();
	const { items } = await test_.run(
		'picsi/swap',
		{ additionalFields: { replyRef: '={{ $json.reference }}', ...additionalFields } as never },
		{
			items: wanted.map((name) => ({ json: { reference: name }, binary })),
			onError: 'continueRegularOutput',
			...options,
		},
	);
	expect(items.map(({ pairedItem }) => pairedItem)).toEqual(wanted.map((_, item) => ({ item })));
	return items;
};

const completed = () => test_.simulator.jobs.filter(({ status }) => status === 'completed');

test('of 1,000 jobs over 5 channels with faults of all kinds, each is reported exactly once', async () => {
	scriptFaults();
	const items = await swap(references);

	const { jobs, maxConcurrentPerChannel } = test_.simulator;
	const reports = items.map(({ json }) => JSON.stringify(json));
	const naming = (jobid: string, replyRef = '') =>
		reports.filter((report) => report.includes(jobid) || report.includes(replyRef));

	expect(new Set(jobs.map(({ replyRef }) => replyRef)).size).toBe(jobs.length);
	expect(jobs.filter(({ jobid, replyRef }) => naming(jobid, replyRef).length !== 1)).toEqual([]);
	expect(Object.values(maxConcurrentPerChannel)).toEqual([1, 1, 1, 1, 1]);
	expect(completed().length).toBeGreaterThan(900);
	expect(items.filter(({ json }) => json.error).length).toBeGreaterThan(20);
});

describe('With Retry On Fail, a trigger that hears of all jobs, and further runs of what failed', () => {
	let webhooks: Webhooks;
	let stop: (() => Promise<void>) | undefined;

	beforeAll(async () => {
		webhooks = await Webhooks.start();
	});

	afterEach(async () => await stop?.());

	afterAll(async () => await webhooks.close());

	/** Activates a trigger that starts its workflow for no job of these tests. */
	const listen = async () => {
		const { token: apiToken, url: baseUrl } = test_.simulator;
		const trigger = new TestTrigger({
			credentials: { useApiNetApi: { apiToken, baseUrl } },
			parameters: { verbs: ['headshot'] },
			address: webhooks.address,
		});
		await webhooks.serve(trigger).activate();
		stop = (await trigger.start()).stop;
	};

	const callbacksCame = async () =>
		await until(
			'the callbacks',
			async () => webhooks.results.length >= test_.simulator.jobs.length,
		);

	test('each of 1,000 items is delivered once, and each of their jobs is paid once', async () => {
		await listen();
		scriptFaults();
		// n8n tries a node again, whose errors are put out, where the first item has one.
		test_.simulator.script({ match: { replyRef: reference(0) }, respond: { status: 400 } });
		const delivered: INodeExecutionData[] = [];
		const run = async (wanted: string[], ...rest: [IDataObject?, Partial<NodeRun>?]) => {
			const items = await swap(wanted, ...rest);
			delivered.push(...items.filter(({ json }) => !json.error));
			await callbacksCame();
			return wanted.filter((_, index) => items[index]?.json.error);
		};

		const failed = await run(references, {}, { retryOnFail: true });
		const unknown = await run(failed);
		const left = await run(unknown, { ifOutcomeUnknown: 'resubmit' });

		expect(failed.length).toBeGreaterThan(10);
		expect(unknown.length).toBeGreaterThan(0);
		expect(left).toEqual([]);
		expect(delivered.map(({ json }) => json.replyRef).sort()).toEqual(references);
		const paid = completed().map(({ jobid, replyRef }) => [replyRef, jobid]);
		expect(delivered.map(({ json }) => [json.replyRef, json.jobId]).sort()).toEqual(paid.sort());
	});
});
