import type { ScriptRule } from '../../../simulator';
import { rawRequest } from './raw-request';
import { call, readJob, receiver, resultUrl, simulate, someFile, submit, until } from './support';

const picsi = { source_image: someFile(), target_image_gif_or_video: someFile() };
/** How fetch reports a connection that breaks before, and within, the answer. */
const BROKEN = /fetch failed|terminated/;
const UNDRAWN = { drawResults: false, channels: 1 };

describe('a request that is not processed', () => {
	test('is answered with any status, and makes no job', async () => {
		const simulator = await simulate(UNDRAWN);
		const body = { error: 'scripted', code: 596 };
		simulator.script({ match: { verb: 'picsi' }, respond: { status: 596, body } });
		const answer = await submit(simulator, 'picsi', picsi);
		expect([answer.status, answer.json]).toEqual([596, body]);
		expect(simulator.jobs).toEqual([]);
		expect((await submit(simulator, 'picsi', picsi)).status).toBe(200);
	});

	test.each([
		['a page', '<html>Bad gateway</html>', {}, 'text/html'],
		['plain text', '404 page not found', { 'Content-Type': 'text/plain' }, 'text/plain'],
		['nothing', '', {}, 'text/html'],
		['JSON', { message: 'no Route matched' }, {}, 'application/json; charset=utf-8'],
	])('is answered with %s', async (_name, body, headers, type) => {
		const simulator = await simulate(UNDRAWN);
		simulator.script({ respond: { status: 404, body, headers } });
		const answer = await submit(simulator, 'picsi', picsi);
		expect(answer.text).toBe(typeof body === 'string' ? body : JSON.stringify(body));
		expect(answer.headers.get('content-type')).toBe(type);
	});

	test('is answered with compressed JSON', async () => {
		const simulator = await simulate(UNDRAWN);
		const body = { jobs: 'x'.repeat(1_000_000) };
		simulator.script({ respond: { status: 200, body, gzip: true } });
		const { headers, json } = await call(simulator, 'GET', '/v1/faceswap/jobs');
		expect(headers.get('content-encoding')).toBe('gzip');
		expect(json).toEqual(body);
	});

	test('breaks in the middle of an upload', async () => {
		const simulator = await simulate(UNDRAWN);
		simulator.script({ match: { verb: 'picsi' }, resetAfterBytes: 50_000 });
		const large = { ...picsi, source_image: someFile('image/png', 2_000_000) };
		await expect(submit(simulator, 'picsi', large)).rejects.toThrow(BROKEN);
		expect(simulator.jobs).toEqual([]);
		expect((await submit(simulator, 'picsi', large)).status).toBe(200);
	});

	test('is answered in the middle of an upload, before the connection breaks', async () => {
		const simulator = await simulate(UNDRAWN);
		const body = { error: 'Unauthorized', code: 401 };
		simulator.script({ resetAfterBytes: 100, respond: { status: 401, body } });
		const head = ['POST /v1/faceswap/picsi HTTP/1.1', 'Content-Length: 1000000'];
		const answer = await rawRequest(simulator, head, 'x'.repeat(200));
		expect(answer).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
		expect(answer.endsWith(JSON.stringify(body))).toBe(true);
		expect(simulator.journal).toMatchObject([{ fault: 'resetAfterBytes', status: 401 }]);
	});
});

describe('an answer that is lost', () => {
	test.each(['reset', 'cutBody'] as const)(
		'breaks off (%s), and the job is there',
		async (lost) => {
			const simulator = await simulate(UNDRAWN);
			simulator.script({ acceptThen: lost });
			await expect(submit(simulator, 'picsi', picsi)).rejects.toThrow(BROKEN);
			expect(simulator.jobs).toMatchObject([{ status: 'completed' }]);
			expect(simulator.journal).toMatchObject([{ fault: lost, jobid: expect.anything() }]);
		},
	);

	test('never comes', async () => {
		const simulator = await simulate(UNDRAWN);
		simulator.script({ match: { path: '/v1/faceswap/jobs' }, acceptThen: 'hang' });
		const abort = new AbortController();
		const { signal } = abort;
		const asked = call(simulator, 'GET', '/v1/faceswap/jobs', { signal });
		await until(() => simulator.journal[0]?.fault === 'hang');
		expect(simulator.journal[0]).not.toHaveProperty('status');
		abort.abort();
		await expect(asked).rejects.toThrow('aborted');
	});

	test('is half of its JSON', async () => {
		const simulator = await simulate(UNDRAWN);
		simulator.script({ acceptThen: 'cutJson' });
		const answer = await submit(simulator, 'picsi', picsi);
		expect(answer.status).toBe(200);
		expect(() => JSON.parse(answer.text) as unknown).toThrow(SyntaxError);
	});

	test('is another one', async () => {
		const simulator = await simulate(UNDRAWN);
		simulator.script({ acceptThen: { status: 502, body: 'Bad gateway' } });
		const answer = await submit(simulator, 'picsi', picsi);
		expect([answer.status, answer.text]).toEqual([502, 'Bad gateway']);
		expect(simulator.jobs).toHaveLength(1);
	});
});

describe('a slow answer', () => {
	test('is delayed', async () => {
		const simulator = await simulate(UNDRAWN);
		simulator.script({ delayMs: 80 });
		const began = performance.now();
		await submit(simulator, 'picsi', picsi);
		expect(performance.now() - began).toBeGreaterThanOrEqual(75);
	});

	test('has its headers at once and its body bit by bit, until it is whole', async () => {
		const simulator = await simulate(UNDRAWN);
		const body = { error: 'slow' };
		simulator.script({ respond: { status: 200, body }, drip: { everyMs: 3_600_000, bytes: 5 } });
		const headers = { authorization: `Bearer ${simulator.token}` };
		const response = await fetch(`${simulator.url}/v1/faceswap/account`, { headers });
		const chunks = response.body?.getReader();
		const bits: string[] = [];
		for (let bit = next(); ; bit = next()) {
			simulator.skipTime();
			const { done, value } = (await bit) ?? { done: true };
			if (done) break;
			bits.push(new TextDecoder().decode(value));
		}
		expect(bits).toEqual(['{"err', 'or":"', 'slow"', '}']);

		function next() {
			return chunks?.read();
		}
	});

	test('is a picture, byte by byte', async () => {
		const simulator = await simulate({ ...UNDRAWN, resultSize: 10_000 });
		const url = resultUrl(await submit(simulator, 'picsi', picsi));
		simulator.script({ match: { path: /^\/attachments\// }, drip: { everyMs: 1, bytes: 1000 } });
		const response = await fetch(url);
		expect((await response.arrayBuffer()).byteLength).toBe(10_000);
	});
});

describe('a job', () => {
	test.each(['failed', 'moderated', 'cancelled'] as const)('ends as %s', async (outcome) => {
		const simulator = await simulate(UNDRAWN);
		simulator.script({ outcome, content: 'The bot says no' });
		const { json } = await submit(simulator, 'picsi', picsi);
		expect(json).toMatchObject({ status: outcome, content: 'The bot says no' });
		expect(json.error).toBe(outcome === 'cancelled' ? undefined : 'The bot says no');
	});

	test('ends as scripted where it ends later', async () => {
		const simulator = await simulate(UNDRAWN);
		simulator.script({ outcome: 'moderated' });
		const { json } = await submit(simulator, 'headshot', { prompt: 'a king' });
		expect(json.status).toBe('started');
		await until(() => simulator.jobs[0]?.status === 'moderated');
	});

	test('has scripted fields, in its answer, when it is read, and in its callback', async () => {
		const simulator = await simulate(UNDRAWN);
		const { url, bodies } = await receiver();
		const scripted = { content: { text: 'an object' }, messageId: undefined };
		simulator.script({ match: { verb: 'picsi' }, job: scripted });
		const { json } = await submit(simulator, 'picsi', { ...picsi, replyUrl: url });
		await until(() => bodies.length === 1);
		for (const job of [json, (await readJob(simulator, json.jobid)).json, bodies[0]]) {
			expect(job).toMatchObject({ status: 'completed', content: scripted.content });
			expect(job).not.toHaveProperty('messageId');
		}
	});
});

describe('a rule', () => {
	test('is used as often as it says', async () => {
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
		{ replyRef: 'second' },
		{ path: '/v1/faceswap/picsi' },
		{ path: /picsi$/ },
		{ method: 'post' },
	] as const)('applies to %j', async (match) => {
		const simulator = await simulate(UNDRAWN);
		simulator.script({ match, respond: { status: 500 } });
		await submit(simulator, 'delall', { replyRef: 'first' });
		await submit(simulator, 'picsi', { ...picsi, replyRef: 'second' });
		expect(simulator.journal.map(({ status }) => status)).toEqual([200, 500]);
	});

	test.each<(jobid: string) => ScriptRule['match']>([
		(jobid) => ({ jobid }),
		() => ({ path: /\/$/ }),
	])('applies to the reading of a job, not to the list', async (matchOf) => {
		const simulator = await simulate(UNDRAWN);
		const { json } = await submit(simulator, 'picsi', picsi);
		simulator.script({ match: matchOf(String(json.jobid)), respond: { status: 404 } });
		expect((await call(simulator, 'GET', '/v1/faceswap/jobs')).status).toBe(200);
		expect((await readJob(simulator, json.jobid)).status).toBe(404);
	});

	test('waits for a job that is taken', async () => {
		const simulator = await simulate(UNDRAWN);
		simulator.script({ outcome: 'failed' });
		await submit(simulator, 'picsi', {});
		expect((await submit(simulator, 'picsi', picsi)).json.status).toBe('failed');
	});

	test('that breaks uploads by a part of the upload is refused', async () => {
		const simulator = await simulate();
		const rule = { match: { replyRef: 'x' }, resetAfterBytes: 1 };
		expect(() => simulator.script(rule)).toThrow('before the body is read');
	});
});

describe('an API that is down', () => {
	test('refuses connections, goes on with its jobs, and is back on the same port', async () => {
		const simulator = await simulate(UNDRAWN);
		const { json } = await submit(simulator, 'headshot', { prompt: 'a king' });
		await simulator.goDown();
		const refused = { cause: { code: 'ECONNREFUSED' } };
		await expect(submit(simulator, 'listid', {})).rejects.toMatchObject(refused);
		await until(() => simulator.jobs[0]?.status === 'completed');
		await simulator.comeUp();
		expect((await readJob(simulator, json.jobid)).json.status).toBe('completed');
	});
});
