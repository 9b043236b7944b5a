import type { INodeParameters } from 'n8n-workflow';

import * as pauses from '../../nodes/InsightFaceSwap/shared/backoff';
import type { ScriptRule, VerbName } from '../../simulator';
import { until } from '../../tooling/n8n/until';
import { nodeOfAnotherProcess, type NodeResult, type NodeRun } from '../support/engine';
import { said } from '../support/errors';
import { locator, scenario } from '../support/scenario';

const test_ = scenario({ blockingMs: 3, submitMs: 3, asyncMs: 60 });
const { run } = test_;

interface Submission {
	operation: string;
	verb: VerbName;
	parameters: () => Promise<INodeParameters>;
	/** Answers `started`, so that a lost answer leaves a running job behind. */
	asynchronous?: true;
}

const me = locator('me', 'name');
const saveMe = async () => await run('identity/save', { idName: me });

const submissions: Submission[] = [
	{ operation: 'picsi/swap', verb: 'picsi', parameters: async () => ({}) },
	{ operation: 'picsi/swapImages', verb: 'swap', parameters: async () => ({}) },
	{
		operation: 'picsi/swapIdentity',
		verb: 'swapid',
		parameters: async () => {
			await saveMe();
			return { idName: me };
		},
	},
	{
		operation: 'picsi/swapMessage',
		verb: 'inswapper',
		parameters: async () => {
			await saveMe();
			const { items } = await run('picsi/swap', { simplify: false });
			return { messageId: String(items[0]?.json.messageId) };
		},
	},
	{
		operation: 'changeBackground/create',
		verb: 'changebg',
		parameters: async () => ({ prompt: 'beach' }),
		asynchronous: true,
	},
	{
		operation: 'headshot/create',
		verb: 'headshot',
		parameters: async () => ({ prompt: 'a chef' }),
		asynchronous: true,
	},
];

/** Each takes the time that a later request would, and then the job is done all the same. */
const notTaken: Array<[string, ScriptRule]> = [
	['429 with Retry-After', { respond: { status: 429, headers: { 'retry-after': '0' } } }],
	[
		'429 with retryAfter',
		{ respond: { status: 429, body: { retryAfter: new Date().toISOString() } } },
	],
	[
		"429 with Discord's retry_after",
		{ respond: { status: 429, body: { errorDetails: '{"retry_after":0.01}' } } },
	],
	[
		'429 that tells no time, twice',
		{ respond: { status: 429, body: { error: 'Unable to lock Discord' } }, times: 2 },
	],
];

/** The API takes the job, and its answer is lost. */
const lostAnswers: Array<[string, ScriptRule]> = [
	['a reset', { acceptThen: 'reset' }],
	['502 with HTML', { acceptThen: { status: 502, body: '<html>Bad gateway</html>' } }],
	['504 without a body', { acceptThen: { status: 504 } }],
	['JSON that is cut', { acceptThen: 'cutJson' }],
	['a connection that breaks within the answer', { acceptThen: 'cutBody' }],
	['an empty answer', { acceptThen: { status: 200, body: '' } }],
	[
		'JSON that is nested 10,000 deep',
		{
			acceptThen: {
				status: 200,
				headers: { 'content-type': 'application/json' },
				body: `${'{"status":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
			},
		},
	],
	['JSON that is no job', { acceptThen: { status: 200, body: [] } }],
];

/** The answer is lost, and whether the API takes the job is open to the node; it does not. */
const brokenUploads: Array<[string, ScriptRule]> = [
	['before the first byte', { resetAfterBytes: 0 }],
	['after some bytes', { resetAfterBytes: 100 }],
	['500 at once', { respond: { status: 500, body: { error: 'oops' } } }],
	['408', { respond: { status: 408 } }],
	['425', { respond: { status: 425 } }],
];

/** What the simulator took of a command, beside what the node said of it. */
function ledger(verb: VerbName, { items, error }: NodeResult) {
	const jobs = test_.simulator.jobs.filter((job) => job.verb === `faceswap-${verb}`);
	const said = JSON.stringify([items.map(({ json }) => json), error?.message, error?.description]);
	return {
		taken: jobs.length,
		unreported: jobs.filter(
			({ jobid, replyRef }) => !said.includes(jobid) && !said.includes(replyRef ?? '?'),
		),
	};
}

/** Lets the API listen again once the node waits to connect again. */
function comeUpWhenRetried(): void {
	jest
		.spyOn(pauses, 'reconnectDelay')
		.mockReturnValue(100)
		.mockImplementationOnce(() => {
			void test_.simulator.comeUp();
			return 100;
		});
}

/** Has jobs run until the node has listed them, however long that takes. */
async function endJobsOnceListed(): Promise<void> {
	const { simulator } = test_;
	simulator.settings.asyncMs = 3_600_000;
	await until('the list', async () => test_.requests('/v1/faceswap/jobs').length > 0);
	await until('the jobs to end', async () => {
		simulator.skipTime();
		return simulator.jobs.every(({ status }) => status === 'completed');
	});
}

describe.each(submissions)('$operation', ({ operation, verb, parameters, asynchronous }) => {
	const submit = async (rule: ScriptRule, extra: INodeParameters = {}) => {
		const given = { ...(await parameters()), ...extra };
		const before = test_.simulator.jobs.filter((job) => job.verb === `faceswap-${verb}`).length;
		test_.simulator.script({ match: { verb }, ...rule });
		const result = await run(operation, given);
		const { taken, unreported } = ledger(verb, result);
		return { ...result, taken: taken - before, unreported: unreported.slice(before) };
	};

	test.each(notTaken)('%s: waits, and submits once', async (_fault, rule) => {
		const { taken, items } = await submit(rule);
		expect(items[0]?.json.status).toBe('completed');
		expect(taken).toBe(1);
	});

	test.each(lostAnswers)('%s: is not submitted again, and is reported', async (_fault, rule) => {
		const [{ taken, unreported, items, error }] = await Promise.all([
			submit(rule),
			asynchronous && endJobsOnceListed(),
		]);
		expect(taken).toBe(1);
		expect(unreported).toEqual([]);
		expect(error?.message ?? items[0]?.json.status).toMatch(
			asynchronous ? 'completed' : /^Outcome unknown: .*\(reply reference n8n-/,
		);
	});

	test.each(brokenUploads)('%s: is not submitted again either', async (_fault, rule) => {
		const { taken, error } = await submit(rule);
		expect(taken).toBe(0);
		expect(error?.message).toMatch(/^Outcome unknown/);
	});

	test('a connection that is never made is tried again', async () => {
		const given = await parameters();
		const before = test_.simulator.jobs.length;
		await test_.simulator.goDown();
		comeUpWhenRetried();
		const { items } = await run(operation, given);
		expect(items[0]?.json.status).toBe('completed');
		expect(test_.simulator.jobs.length - before).toBe(1);
	});

	test('Start It Again submits exactly once more', async () => {
		const extra = { additionalFields: { ifOutcomeUnknown: 'resubmit' } };
		const { taken, items } = await submit({ respond: { status: 500 } }, extra);
		expect(items[0]?.json.status).toBe('completed');
		expect(taken).toBe(1);
		const twice = await submit({ respond: { status: 500 }, times: 2 }, extra);
		expect(twice.error?.message).toMatch(/^Outcome unknown/);
	});
});

describe('identity commands, whose effect is the same when repeated', () => {
	test.each([...lostAnswers, ...brokenUploads])('%s: are sent again', async (_fault, rule) => {
		test_.simulator.script({ match: { verb: 'saveid' }, ...rule });
		const { items, error } = await saveMe();
		expect(error).toBeUndefined();
		expect(items[0]?.json.status).toBe('completed');
	});
});

describe('a busy channel', () => {
	const uploads = () => test_.requests('/v1/faceswap/picsi').length;

	test.each([
		['0 seconds', { 'retry-after': '0' }],
		['a date that has passed', { 'retry-after': new Date(0).toUTCString() }],
	])('that asks for %s gets no flood of uploads', async (_wait, headers) => {
		jest.mocked(pauses.busyDelay).mockRestore();
		const respond = { status: 429, headers };
		test_.simulator.script({ match: { verb: 'picsi' }, respond, times: Infinity });
		const { error } = await run('picsi/swap', { additionalFields: { maximumWait: 3 } });
		expect(error?.message).toMatch(/^The API is busy/);
		expect(uploads()).toBe(1);
	});

	test('that asks for longer than Maximum Wait fails the item at once, and says so', async () => {
		const respond = { status: 429, headers: { 'retry-after': '120' } };
		test_.simulator.script({ match: { verb: 'picsi' }, respond });
		const { error } = await run('picsi/swap', { additionalFields: { maximumWait: 30 } });
		expect(said(error)).toMatch(/\(tried for 0 seconds, and the next try would take 120 more\)$/);
		expect(uploads()).toBe(1);
	});

	test('that asks for longer than Maximum Wait fails the other items of the channel without a call', async () => {
		const respond = { status: 429, headers: { 'retry-after': '3600' } };
		test_.simulator.script({ match: { verb: 'picsi' }, respond, times: Infinity });
		const channel = locator(test_.simulator.channels[0] ?? '');
		const { items } = await run(
			'picsi/swap',
			{ channel, additionalFields: { maximumWait: 600 } },
			{ items: Array(5).fill(await test_.item()), onError: 'continueRegularOutput' },
		);
		expect(items).toHaveLength(5);
		for (const { json } of items)
			expect(json.error).toMatch(/^The API is busy.* 3600( seconds)? more/);
		expect(uploads()).toBe(1);
	});

	test('that asks for nothing fails an item after Maximum Wait, and no other one', async () => {
		test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 429 }, times: 2 });
		const channel = locator(test_.simulator.channels[0] ?? '');
		const { items } = await run(
			'picsi/swap',
			{ channel, additionalFields: { maximumWait: 0.001 } },
			{ items: Array(4).fill(await test_.item()), onError: 'continueRegularOutput' },
		);
		expect(items.filter(({ json }) => json.error).length).toBeLessThanOrEqual(2);
		expect(uploads()).toBeGreaterThanOrEqual(4);
	});

	test('is not called for the next item until the time that it has asked for', async () => {
		const { simulator } = test_;
		const [channel = ''] = simulator.channels;
		const respond = { status: 429, headers: { 'retry-after': '1' } };
		simulator.script({ match: { replyRef: 'item 0' }, respond });
		const refused = Date.now();
		const { items } = await run(
			'picsi/swap',
			{
				channel: locator(channel),
				additionalFields: {
					replyRef: '={{ "item " + $itemIndex }}',
					maximumWait: '={{ $itemIndex ? 60 : 0.5 }}',
				},
			},
			{ items: [await test_.item(), await test_.item()], onError: 'continueRegularOutput' },
		);
		expect(items.map(({ json }) => json.status ?? 'failed')).toEqual(['failed', 'completed']);
		expect(Date.now() - refused).toBeGreaterThanOrEqual(1000);
	});

	test('keeps no other execution waiting until after its Maximum Wait', async () => {
		const channel = locator(test_.simulator.channels[0] ?? '');
		const respond = { status: 429, headers: { 'retry-after': '40' } };
		test_.simulator.script({ match: { verb: 'picsi' }, respond });
		let stop = () => {};
		const during: NodeRun['during'] = (execution) => (stop = () => execution.cancel());
		const patient = run('picsi/swap', { channel }, { during }).catch(() => {});
		await until('the refusal', async () => test_.requests('/v1/faceswap/picsi')[0]?.status === 429);
		const began = performance.now();
		const additionalFields = { maximumWait: 3 };
		for (const parameters of [{ additionalFields }, { channel, additionalFields }]) {
			const { error } = await run('picsi/swap', parameters);
			expect(error?.message).toMatch(/^The API is busy .* the next try would take (39|40) more\)/);
		}
		expect(performance.now() - began).toBeLessThan(3_000);
		expect(uploads()).toBe(1);
		stop();
		await patient;
	});

	test('leaves all tries for a connection that fails afterwards', async () => {
		test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 429 }, times: 6 });
		const busy = jest.mocked(pauses.pollDelay);
		for (let pause = 1; pause < 6; pause++) busy.mockReturnValueOnce(10);
		busy.mockImplementationOnce(() => {
			void test_.simulator.goDown();
			return 100;
		});
		comeUpWhenRetried();
		const { items, error } = await run('picsi/swap');
		expect(error).toBeUndefined();
		expect(items[0]?.json.status).toBe('completed');
	});

	test('gives up when Maximum Wait ends, and says how long it waited', async () => {
		test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 429 }, times: Infinity });
		const { error } = await run('picsi/swap', { additionalFields: { maximumWait: 0.05 } });
		expect(said(error)).toMatch(/^The API is busy .*\(tried for 0 seconds, .*\)$/);
	});
});

describe('a reading call', () => {
	const reads = () => test_.requests('/v1/faceswap/jobs').length;
	const respondTo = (status: number, headers = {}) =>
		test_.simulator.script({
			match: { path: /^\/v1\/faceswap\/jobs/ },
			respond: { status, headers },
		});
	const get = async () => await run('job/get', { jobId: test_.simulator.jobs[0]?.jobid ?? '' });

	beforeEach(async () => {
		await saveMe();
	});

	test('that the API is too busy for is repeated once it may be', async () => {
		respondTo(429, { 'retry-after': '1' });
		const began = Date.now();
		expect((await get()).items[0]?.json.status).toBe('completed');
		expect(reads()).toBe(2);
		expect(Date.now() - began).toBeGreaterThanOrEqual(1000);
	});

	test('that fails is repeated with growing delays, though other calls could be made', async () => {
		jest.mocked(pauses.reconnectDelay).mockImplementation((failures) => 200 * 2 ** failures);
		for (let failure = 0; failure < 3; failure++) respondTo(503);
		const began = Date.now();
		expect((await get()).items[0]?.json.status).toBe('completed');
		expect(Date.now() - began).toBeGreaterThanOrEqual(1400);
	});
});

describe('an answer that says too little', () => {
	const headshot = async (extra: INodeParameters = {}) =>
		await run('headshot/create', { prompt: 'a chef', ...extra });
	test('with a job whose status it leaves out has the job read', async () => {
		const { simulator } = test_;
		simulator.settings.asyncMs = 300;
		await headshot({ waitMode: 'none' });
		const { jobid = '' } = simulator.jobs[0] ?? {};
		simulator.script({ match: { verb: 'headshot' }, respond: { status: 200, body: { jobid } } });
		const { items } = await headshot();
		expect(items[0]?.json).toMatchObject({ jobId: jobid, status: 'completed' });
		expect(items[0]?.binary?.data).toBeDefined();
	});

	test('without the ID of the job has the job looked for', async () => {
		test_.simulator.settings.asyncMs = 3_600_000;
		const answer: ScriptRule = { acceptThen: { status: 200, body: { status: 'started' } } };
		test_.simulator.script({ match: { verb: 'headshot' }, ...answer });
		const running = headshot();
		await endJobsOnceListed();
		const { items } = await running;
		expect(items[0]?.json).toMatchObject({
			jobId: test_.simulator.jobs[0]?.jobid,
			status: 'completed',
		});
	});

	test.each([
		['an error', { status: 'error', message: 'maintenance' }],
		['another job', { jobid: 'another', status: 'completed' }],
	])('with %s instead of the job is no end of the job', async (_name, body) => {
		test_.simulator.script({
			match: { path: /^\/v1\/faceswap\/jobs/, method: 'GET' },
			respond: { status: 200, body },
		});
		const { items } = await headshot();
		expect(items[0]?.json).toMatchObject({ status: 'completed' });
		expect(items[0]?.json.jobId).toBe(test_.simulator.jobs[0]?.jobid);
	});
});

describe('a reply reference of the user, which need not be unique', () => {
	test('does not take over a job of another command', async () => {
		test_.simulator.settings.asyncMs = 500;
		const additionalFields = { replyRef: 'mine' };
		await run('changeBackground/create', { prompt: 'x', waitMode: 'none', additionalFields });
		test_.simulator.script({ match: { verb: 'headshot' }, respond: { status: 500 } });
		const { error } = await run('headshot/create', { prompt: 'x', additionalFields });
		expect(error?.message).toMatch(/^Outcome unknown/);
	});

	test.each([
		['the node has made up', {}],
		['the user has chosen', { replyRef: 'mine' }],
	])(
		'a job whose prompt has several lines is found by the reference that %s',
		async (_name, additionalFields) => {
			test_.simulator.script({ match: { verb: 'headshot' }, acceptThen: 'reset' });
			const running = run('headshot/create', { prompt: 'a chef,\nlaughing', additionalFields });
			await endJobsOnceListed();
			expect((await running).items[0]?.json.status).toBe('completed');
		},
	);

	test('does not take over a job of another worker with other options', async () => {
		const { simulator } = test_;
		simulator.settings.blockingMs = 60_000;
		const channel = locator(simulator.channels[0] ?? '');
		const parameters = { channel, additionalFields: { replyRef: 'mine' } };
		const theirs = run(
			'picsi/swap',
			{ ...parameters, picsiOptions: { sharpen: true } },
			{ nodeClass: nodeOfAnotherProcess() },
		);
		await until('their job', async () => simulator.jobs.length > 0);
		simulator.script({ match: { verb: 'picsi' }, respond: { status: 500 } });
		const { error } = await run('picsi/swap', { ...parameters, picsiOptions: { keepMouth: true } });
		expect(error?.message).toMatch(/^Outcome unknown/);
		simulator.skipTime();
		expect((await theirs).items[0]?.json.status).toBe('completed');
	});

	test('does not take over an equal job that another execution waits for', async () => {
		const { simulator } = test_;
		simulator.settings.asyncMs = 3_600_000;
		const parameters = { prompt: 'a pilot', additionalFields: { replyRef: 'mine' } };
		const theirs = run('headshot/create', parameters);
		await until('their job', async () => simulator.jobs.length > 0);
		simulator.script({ match: { verb: 'headshot' }, respond: { status: 500 } });
		const additionalFields = { replyRef: 'mine', maximumWait: 1 };
		const { error } = await run('headshot/create', { ...parameters, additionalFields });
		await endJobsOnceListed();
		expect(error?.message).toMatch(/^Outcome unknown/);
		expect((await theirs).items[0]?.json.status).toBe('completed');
	});

	test('does not take over a job with another prompt', async () => {
		test_.simulator.settings.asyncMs = 500;
		const additionalFields = { replyRef: 'mine' };
		await run('headshot/create', { prompt: 'a pilot', waitMode: 'none', additionalFields });
		test_.simulator.script({ match: { verb: 'headshot' }, respond: { status: 500 } });
		const { error } = await run('headshot/create', { prompt: 'a chef', additionalFields });
		expect(error?.message).toMatch(/^Outcome unknown/);
	});

	test('does not take over a job with another picture', async () => {
		test_.simulator.settings.asyncMs = 500;
		const parameters = { prompt: 'x', additionalFields: { replyRef: 'mine' } };
		await run('changeBackground/create', { ...parameters, waitMode: 'none' });
		test_.simulator.script({ match: { verb: 'changebg' }, respond: { status: 500 } });
		const other = { ...parameters, image: locator('target', 'binary') };
		const { error } = await run('changeBackground/create', other);
		expect(error?.message).toMatch(/^Outcome unknown/);
	});
});

describe('results', () => {
	const bytes = 300_000;
	const attachments = /^\/attachments\//;
	beforeEach(() => {
		test_.simulator.settings.resultSize = bytes;
	});

	test('a download that breaks off is taken up where it broke', async () => {
		test_.simulator.script({ match: { path: attachments }, acceptThen: 'cutBody', times: 2 });
		const { items } = await run('picsi/swap');
		expect(items[0]?.binary?.data?.bytes).toBe(bytes);
		expect(test_.requests('/attachments')).toHaveLength(3);
	});

	test('one that breaks for good is an error that names the job, not a short picture', async () => {
		test_.simulator.script({
			match: { path: attachments },
			acceptThen: 'cutBody',
			times: Infinity,
		});
		test_.simulator.script({ match: { path: attachments }, acceptThen: 'reset', times: Infinity });
		const { items, error } = await run('picsi/swap');
		expect(items).toEqual([]);
		expect(error?.message).toContain(`(job ${test_.simulator.jobs[0]?.jobid})`);
	});

	test('an expired link is replaced by the one that the job has when it is read again', async () => {
		test_.simulator.settings.freshLinks = true;
		test_.simulator.script({ match: { path: attachments }, respond: { status: 404 } });
		const { items } = await run('picsi/swap');
		expect(items[0]?.binary?.data?.bytes).toBe(bytes);
		expect(test_.requests('/v1/faceswap/jobs')).toHaveLength(1);
		const [first, second] = test_.requests('/attachments').map(({ query }) => query.hm);
		expect(second).not.toBe(first);
	});

	test('a link that stays expired says how to get the result', async () => {
		test_.simulator.settings.attachmentTtlMs = 0;
		const { error } = await run('picsi/swap');
		expect(error?.message).toMatch(/could not be downloaded: the server answered HTTP 404/);
		expect(error?.description).toMatch(/Job → Get/);
	});
});
