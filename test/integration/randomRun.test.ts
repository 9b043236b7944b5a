import type { ScriptRule } from '../../simulator';
import { scenario } from '../support/scenario';
import { random } from '../support/random';

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

test('of 1,000 jobs over 5 channels with faults of all kinds, each is reported exactly once', async () => {
	const next = random(SEED);
	for (let index = 0; index < ITEMS; index++) {
		if (next() > FAULTY_SHARE) continue;
		const rule = FAULTS[Math.floor(next() * FAULTS.length)];
		test_.simulator.script({ match: { replyRef: reference(index) }, ...rule });
	}
	for (let cut = 0; cut < 10; cut++) {
		test_.simulator.script({ match: { path: /^\/attachments/ }, acceptThen: 'cutBody' });
	}

	const { binary } = await test_.item();
	const { items } = await test_.run(
		'picsi/swap',
		{ additionalFields: { replyRef: '={{ $json.reference }}' } },
		{
			items: Array.from({ length: ITEMS }, (_, index) => ({
				json: { reference: reference(index) },
				binary,
			})),
			onError: 'continueRegularOutput',
		},
	);

	const { jobs, maxConcurrentPerChannel } = test_.simulator;
	const reports = items.map(({ json }) => JSON.stringify(json));
	const naming = (jobid: string, replyRef = '') =>
		reports.filter((report) => report.includes(jobid) || report.includes(replyRef));

	expect(items.map(({ pairedItem }) => pairedItem)).toEqual(
		Array.from({ length: ITEMS }, (_, item) => ({ item })),
	);
	expect(new Set(jobs.map(({ replyRef }) => replyRef)).size).toBe(jobs.length);
	expect(jobs.filter(({ jobid, replyRef }) => naming(jobid, replyRef).length !== 1)).toEqual([]);
	expect(Object.values(maxConcurrentPerChannel)).toEqual([1, 1, 1, 1, 1]);
	const completed = jobs.filter(({ status }) => status === 'completed').length;
	const errors = items.filter(({ json }) => json.error).length;
	expect(completed).toBeGreaterThan(900);
	expect(errors).toBeGreaterThan(20);
}, 120_000);
