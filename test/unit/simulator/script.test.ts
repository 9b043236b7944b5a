import { readJob, simulate, someFile, submit, until } from './support';

const picsi = { source_image: someFile(), target_image_gif_or_video: someFile() };
const UNDRAWN = { drawResults: false, channels: 1 };

test.each([400, 401, 402, 403, 404, 410, 412, 422, 429, 500, 502, 503, 504, 596])(
	'answers %i on demand without taking the job',
	async (status) => {
		const simulator = await simulate(UNDRAWN);
		const body = { error: 'scripted', code: status };
		simulator.script({ match: { verb: 'picsi' }, respond: { status, body } });
		const answer = await submit(simulator, 'picsi', picsi);
		expect([answer.status, answer.json]).toEqual([status, body]);
		expect(simulator.jobs).toEqual([]);
		expect((await submit(simulator, 'picsi', picsi)).status).toBe(200);
	},
);

test.each([
	['HTML', '<html><body>Bad gateway</body></html>', 'text/html'],
	['nothing', '', 'text/html'],
	['an array', [1, 2], 'application/json; charset=utf-8'],
])('answers %s on demand', async (_name, body, type) => {
	const simulator = await simulate(UNDRAWN);
	simulator.script({ respond: { status: 502, body } });
	const answer = await submit(simulator, 'picsi', picsi);
	expect(answer.text).toBe(typeof body === 'string' ? body : JSON.stringify(body));
	expect(answer.headers.get('content-type')).toBe(type);
});

test('answers scripted headers', async () => {
	const simulator = await simulate(UNDRAWN);
	const headers = { 'Retry-After': '7', 'Content-Type': 'application/problem+json' };
	simulator.script({ respond: { status: 429, headers, body: '{}' } });
	const answer = await submit(simulator, 'picsi', picsi);
	expect(answer.headers.get('retry-after')).toBe('7');
	expect(answer.headers.get('content-type')).toContain('application/problem+json');
});

test('uses a rule as often as it says', async () => {
	const simulator = await simulate(UNDRAWN);
	simulator.script({ times: 2, respond: { status: 503 } });
	const statuses = [];
	for (let count = 0; count < 3; count += 1) {
		statuses.push((await submit(simulator, 'picsi', picsi)).status);
	}
	expect(statuses).toEqual([503, 503, 200]);
});

test.each([
	{ verb: 'faceswap-picsi' },
	{ verb: 'picsi' },
	{ replyRef: 'second' },
	{ path: '/v1/faceswap/picsi' },
	{ path: /picsi$/ },
	{ method: 'post' },
] as const)('applies a rule for %j', async (match) => {
	const simulator = await simulate(UNDRAWN);
	simulator.script({ match, respond: { status: 500 } });
	await submit(simulator, 'delall', { replyRef: 'first' });
	await submit(simulator, 'picsi', { ...picsi, replyRef: 'second' });
	expect(simulator.journal.map(({ status }) => status)).toEqual([200, 500]);
});

test.each(['failed', 'moderated', 'cancelled'] as const)('ends a job as %s', async (outcome) => {
	const simulator = await simulate(UNDRAWN);
	simulator.script({ outcome, content: 'The bot says no' });
	const answer = await submit(simulator, 'picsi', picsi);
	expect(answer.status).toBe(200);
	expect(answer.json).toMatchObject({
		status: outcome,
		content: 'The bot says no',
		error: 'The bot says no',
	});
});

test('ends an asynchronous job as scripted', async () => {
	const simulator = await simulate(UNDRAWN);
	simulator.script({ outcome: 'moderated' });
	const { json } = await submit(simulator, 'headshot', { prompt: 'a king' });
	expect(json.status).toBe('started');
	await until(() => simulator.jobs[0]?.status === 'moderated');
});

test('keeps an outcome for the first job that is taken', async () => {
	const simulator = await simulate(UNDRAWN);
	simulator.script({ outcome: 'failed' });
	await submit(simulator, 'picsi', {});
	expect((await submit(simulator, 'picsi', picsi)).json.status).toBe('failed');
});

test('applies to reading jobs as well', async () => {
	const simulator = await simulate(UNDRAWN);
	const { json } = await submit(simulator, 'picsi', picsi);
	simulator.script({ match: { path: '/v1/faceswap/jobs' }, respond: { status: 503 } });
	expect((await readJob(simulator, json.jobid)).status).toBe(503);
	expect((await readJob(simulator, json.jobid)).status).toBe(200);
});
