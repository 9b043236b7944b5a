/** The trigger in a real n8n, with the simulator calling back over HTTP. */
import { readFile } from 'node:fs/promises';

import { startSimulator, type JobView, type Simulator } from '../../simulator';
import { State } from '../../nodes/InsightFaceSwap/jobs/triggerCall';
import { TriggerN8n } from './support/triggerN8n';
import { until } from '../../tooling/n8n/until';
import { random } from '../support/random';

const LISTENER = 'listener';
const SIBLING = 'sibling';
/** A burst of callbacks: of so many jobs, and so many of each other kind. They come faster than n8n can take them. */
const GENUINE = 40;
const OTHERS = 20;
const CALL_EVERY_MS = 20;

let api: Simulator;
let n8n: TriggerN8n;

const account = async (body?: object): Promise<{ replyUrl?: string }> => {
	const answer = await fetch(`${api.url}/v2/account`, {
		method: body ? 'POST' : 'GET',
		headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
		body: body && JSON.stringify(body),
	});
	return (await answer.json()) as { replyUrl?: string };
};
const replyUrl = async () => (await account()).replyUrl;
const registered = async (part: string) =>
	await until(`a reply URL with ${part}`, async () => {
		const url = await replyUrl();
		return url?.includes(part) && url;
	});
const free = async () => await until('the reply URL to be free', async () => !(await replyUrl()));

const listen = async (parameters: Record<string, unknown> = {}, id = LISTENER) => {
	await n8n.saveListener(id, parameters);
	await n8n.activate(id);
	return await registered(`/webhook/${id}`);
};

/** POSTs as the API does, and says how it was answered, with which text, and after how many milliseconds. */
const post = async (url: string, body: unknown) => {
	const began = Date.now();
	const answer = await fetch(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: typeof body === 'string' ? body : JSON.stringify(body),
	});
	const text = await answer.text();
	return { status: answer.status, text, ms: Date.now() - began };
};

/** Why n8n could not publish a workflow. */
const failureOf = async (id: string) => JSON.stringify(await n8n.publicationOf(id));

const count = async (id = LISTENER) => (await n8n.executions(id)).length;

const jobs = async (number: number): Promise<JobView[]> => {
	for (let index = 0; index < number; index++) {
		const form = new FormData();
		form.set('idname', 'me');
		const headers = { authorization: `Bearer ${api.token}` };
		await fetch(`${api.url}/v1/faceswap/listid`, { method: 'POST', headers, body: form });
	}
	return api.jobs.slice(-number);
};

beforeAll(async () => {
	api = await startSimulator({ channels: 1, blockingMs: 1, drawResults: false });
	n8n = await TriggerN8n.start('trigger');
	await n8n.saveCredential(api.token, api.url);
}, 600_000);

beforeEach(() => {
	api.settings.asyncMs = 300;
});

afterEach(async () => {
	for (const id of [LISTENER, SIBLING]) await n8n.deactivate(id).catch(() => {});
	await account({ replyUrl: '' });
});

afterAll(async () => {
	await n8n?.stop();
	await api?.close();
});

describe('registration', () => {
	test('activating takes the reply URL, deactivating gives it back', async () => {
		expect(await listen()).toMatch(/\/webhook\/listener-0\/insightfaceswap\?secret=[\w-]{43}$/);
		await n8n.deactivate(LISTENER);
		await free();
	});

	test('publishing five times in a row leaves one registration', async () => {
		for (const status of ['failed', 'completed', 'moderated', 'cancelled', 'progress']) {
			await n8n.saveListener(LISTENER, { statuses: [status] });
			await n8n.client.activate(LISTENER);
		}
		const url = await registered(LISTENER);
		// n8n publishes after it has answered: for a moment an earlier version may take a job, or none.
		await until('only the last version to listen, which wants no ended job', async () => {
			const before = await count();
			const [job] = await jobs(1);
			const { text } = await post(url, job);
			return text.includes('Ignored: not wanted') && (await count()) === before;
		});
		await n8n.deactivate(LISTENER);
		await free();
	});

	test('a reply URL of somebody else stays, and n8n shows at once whose it is', async () => {
		await account({ replyUrl: 'https://hooks.example.org/runway' });
		await n8n.saveListener(LISTENER);
		const began = Date.now();
		await n8n.activate(LISTENER);
		// n8n repeats an activation for 15 seconds where it takes the error for a passing one.
		expect(Date.now() - began).toBeLessThan(15_000);
		expect(await failureOf(LISTENER)).toContain('hooks.example.org');
		expect(await replyUrl()).toBe('https://hooks.example.org/runway');
	});

	test('a second trigger is told that the first has it', async () => {
		await listen();
		await n8n.saveListener(SIBLING);
		await n8n.activate(SIBLING);
		expect(await failureOf(SIBLING)).toContain('Another InsightFaceSwap Trigger of this n8n');
		expect(await replyUrl()).toContain(LISTENER);
	});

	test('a test run borrows the reply URL of the active workflow', async () => {
		await listen();
		await n8n.listen(LISTENER);
		await registered('/webhook-test/');
		await n8n.stopListening(LISTENER);
		expect(await registered('/webhook/')).toContain(LISTENER);
	});

	test('a test run ends with the first callback', async () => {
		await n8n.saveListener(LISTENER);
		await n8n.listen(LISTENER);
		const url = await registered('/webhook-test/');
		const [job] = await jobs(1);
		await free();
		await n8n.listen(LISTENER);
		await registered('/webhook-test/');
		expect((await post(url, job)).status).toBe(200);
		await free();
	});

	test('a start of n8n changes nothing, and one at another address moves the registration', async () => {
		const url = await listen();
		await n8n.restart();
		expect(await replyUrl()).toBe(url);
		await n8n.restart({ WEBHOOK_URL: n8n.url.replace('127.0.0.1', 'localhost') });
		await registered('//localhost:');
		await n8n.deactivate(LISTENER);
		await free();
		await n8n.restart();
	});
});

describe('jobs of the action node in another workflow', () => {
	test.each([
		['picsi.swap', { resource: 'picsi', operation: 'swap' }],
		[
			'changeBackground.create',
			{ resource: 'changeBackground', operation: 'create', prompt: 'sunny beach' },
		],
	])('%s starts the workflow with its result', async (operation, parameters) => {
		await listen();
		const before = await count();
		const { status, error } = await n8n.submit('submit', { ...parameters, waitMode: 'none' });
		expect([status, error?.message]).toEqual(['success', undefined]);
		const [execution] = await n8n.ended(LISTENER, before + 1);
		const [item] = await n8n.output(execution?.id ?? '');
		const job = api.jobs.at(-1);
		expect(item?.json).toMatchObject({
			jobId: job?.jobid,
			operation,
			status: 'completed',
			verified: true,
		});
		const fileName = `${operation.replace('.', '-')}-${job?.jobid}.png`;
		expect(item?.binary?.data).toMatchObject({ mimeType: 'image/png', fileName });
	});

	test('a job that ends after n8n was started anew starts the workflow', async () => {
		await listen();
		api.settings.asyncMs = 3_600_000;
		const before = await count();
		const headshot = { resource: 'headshot', operation: 'create', prompt: 'a knight' };
		await n8n.submit('submit', { ...headshot, waitMode: 'none' });
		await n8n.restart();
		await until('the job to end', async () => {
			api.skipTime();
			return api.jobs.at(-1)?.status === 'completed';
		});
		await n8n.ended(LISTENER, before + 1);
		const { jobid = '' } = api.jobs.at(-1) ?? {};
		await until('n8n to store that the job was put out', async () => {
			const stored = JSON.stringify(await n8n.client.exportWorkflow(LISTENER));
			return stored.includes(`"${jobid}":"${State.done}`);
		});
		await n8n.restart();
		const { url = '', body } = api.callbacks.at(-1) ?? {};
		expect((await post(url, body)).text).toContain('Ignored: known already');
		expect(await count()).toBe(before + 1);
	});
});

describe('calls without the secret', () => {
	test.each([
		['no JSON', '{"jobid": ', 422],
		['a text', '"hello"', 400],
		['ten megabytes', JSON.stringify({ verb: 'faceswap-picsi', x: 'x'.repeat(1e7) }), 413],
		['more than n8n takes', 'x'.repeat(2e7), 413],
		[
			'a jobid that is a path',
			{ verb: 'faceswap-x', jobid: '../account', status: 'completed' },
			400,
		],
	])('%s starts nothing', async (_name, body, expected) => {
		const url = await listen();
		const before = await count();
		// The trigger lists the running jobs whenever it is time to.
		const asked = () => api.journal.filter(({ path }) => path !== '/v1/faceswap/jobs').length;
		const askedBefore = asked();
		const { status } = await post(url, body);
		expect([expected, 500]).toContain(status);
		expect(asked()).toBe(askedBefore);
		// The callback of a job that comes after it is the only one to start the workflow.
		await jobs(1);
		await n8n.ended(LISTENER, before + 1);
		expect(await count()).toBe(before + 1);
	});
});

describe('an answer within five seconds', () => {
	const report = (jobid: string) => ({ verb: 'faceswap-headshot', status: 'completed', jobid });

	test('while the API has not answered yet', async () => {
		const url = await listen({ options: { acceptUnverified: true } });
		const before = await count();
		// The list of running jobs, which Catch Up reads, is answered.
		api.script({ match: { path: /jobs\/$/ }, delayMs: 60_000 });
		expect((await post(url, report('slow'))).status).toBe(200);
		const [asked] = api.journal.filter(({ query }) => query.jobid === 'slow');
		expect(asked).toBeDefined();
		expect(asked).not.toHaveProperty('status');
		const [execution] = await n8n.ended(LISTENER, before + 1);
		const [item] = await n8n.output(execution?.id ?? '');
		expect(item?.json).toMatchObject({ jobId: 'slow', verified: false });
	});
});

/**
 * n8n 2 sets up a virtual machine for the expressions of each call to a trigger, which takes it longer
 * than all the rest. Where the calls come faster than it can do that, they wait for it.
 */
test.each(['vm', 'legacy'])(
	'100 callbacks in 2 s, with expressions in %s',
	async (engine) => {
		const env = { N8N_EXPRESSION_ENGINE: engine };
		await n8n.restart(env);
		const reported = await jobs(GENUINE);
		await n8n.saveListener(LISTENER);
		await n8n.deactivate(LISTENER);
		await free();
		// A workflow of its own: all of its executions are those of this burst.
		const listener = `burst-${engine}`;
		const url = await listen({}, listener);
		const [address = ''] = url.split('?');
		const genuine = reported.map((job) => ({ kind: 'genuine', url, body: job as unknown }));
		const calls = shuffled([
			...genuine,
			...genuine.slice(0, OTHERS).map((call) => ({ ...call, kind: 'duplicate' })),
			...genuine.slice(0, OTHERS).map(({ body }, index) => ({
				kind: 'forged',
				url: index % 2 ? address : `${address}?secret=${'x'.repeat(43)}`,
				body,
			})),
			...Array.from({ length: OTHERS }, (_, index) => ({
				kind: 'foreign',
				url,
				body: { jobid: `video-${index}`, verb: 'kling-video', status: 'completed' } as unknown,
			})),
		]);

		const began = Date.now();
		const answers = await Promise.all(
			calls.map(async (call, index) => {
				await new Promise((resolve) => setTimeout(resolve, index * CALL_EVERY_MS));
				return { kind: call.kind, ...(await post(call.url, call.body)) };
			}),
		);
		for (const { kind, status } of answers) expect([kind, status]).toEqual([kind, expected(kind)]);
		const executions = await n8n.ended(listener, GENUINE);
		console.log(figures(engine, answers, Date.now() - began));

		expect(executions).toHaveLength(GENUINE);
		expect(executions.every(({ status }) => status === 'success')).toBe(true);
		const started = await Promise.all(
			executions.map(async ({ id }) => (await n8n.output(id)).map(({ json }) => json.jobId)),
		);
		expect(started.flat().sort()).toEqual(reported.map(({ jobid }) => jobid).sort());

		await n8n.restart(env);
		const again = await Promise.all(genuine.map(async ({ body }) => await post(url, body)));
		const known = JSON.stringify({ message: 'Ignored: known already' });
		expect(again.map(({ text }) => text)).toEqual(Array(GENUINE).fill(known));
		expect(await count(listener)).toBe(GENUINE);
		await n8n.deactivate(listener);
	},
	600_000,
);

test('neither the token nor a secret is in the log', async () => {
	const url = new URL(await listen());
	const log = await readFile(n8n.logFile, 'utf8');
	expect(log).not.toContain(api.token);
	expect(log).not.toContain(url.searchParams.get('secret'));
});

const next = random(20_261_125);

/** The same calls in another order, which is the same in every run. */
function shuffled<Call>(calls: Call[]): Call[] {
	const placed = calls.map((call) => ({ call, place: next() }));
	return placed.sort((one, other) => one.place - other.place).map(({ call }) => call);
}

const expected = (kind: string) => (kind === 'forged' ? 401 : 200);

/** A table of how the calls were answered. */
function figures(
	engine: string,
	answers: Array<{ kind: string; status: number; ms: number }>,
	ms: number,
): string {
	const kinds = [...new Set(answers.map(({ kind }) => kind))].sort();
	const lines = kinds.map((kind) => {
		const some = answers.filter((answer) => answer.kind === kind);
		const times = some.map((answer) => answer.ms).sort((one, other) => one - other);
		const at = (share: number) => times[Math.ceil(times.length * share) - 1];
		const statuses = [...new Set(some.map(({ status }) => status))].join(', ');
		return `${kind}: ${some.length} answered ${statuses}; median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms`;
	});
	const total = `${answers.length} callbacks (${engine}): all executions ended after ${ms} ms`;
	return [total, ...lines].join('\n');
}
