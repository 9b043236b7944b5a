import type { LostAnswer } from '../../../simulator';
import { call, readJob, simulate, someFile, submit, until } from './support';

const picsi = { source_image: someFile(), target_image_gif_or_video: someFile() };
/** How fetch reports a connection that breaks before, and within, the answer. */
const BROKEN = /fetch failed|terminated/;
const UNDRAWN = { drawResults: false, channels: 1 };

test.each(['reset', 'cutBody'] as const)(
	'takes a job and then breaks the connection (%s)',
	async (acceptThen) => {
		const simulator = await simulate(UNDRAWN);
		simulator.script({ acceptThen });
		await expect(submit(simulator, 'picsi', picsi)).rejects.toThrow(BROKEN);
		expect(simulator.jobs).toMatchObject([{ status: 'completed' }]);
		expect(simulator.journal).toMatchObject([{ fault: acceptThen, jobid: expect.anything() }]);
		expect((await submit(simulator, 'picsi', picsi)).status).toBe(200);
	},
);

test('takes a job and then never answers', async () => {
	const simulator = await simulate(UNDRAWN);
	simulator.script({ acceptThen: 'hang' });
	const form = new FormData();
	for (const [name, file] of Object.entries(picsi)) form.append(name, file);
	const abort = new AbortController();
	const init = { body: form, signal: abort.signal };
	const answer = call(simulator, 'POST', '/v1/faceswap/picsi', init).catch(
		({ name }: Error) => name,
	);
	await until(() => simulator.jobs[0]?.status === 'completed');
	abort.abort();
	expect(await answer).toBe('AbortError');
	expect(simulator.journal[0]).not.toHaveProperty('status');
});

test('takes a job and then answers half of the JSON', async () => {
	const simulator = await simulate(UNDRAWN);
	simulator.script({ acceptThen: 'cutJson' });
	const answer = await submit(simulator, 'picsi', picsi);
	expect(answer.status).toBe(200);
	expect(() => JSON.parse(answer.text) as unknown).toThrow(SyntaxError);
	expect(simulator.jobs).toHaveLength(1);
});

test('takes a job and then answers something else', async () => {
	const simulator = await simulate(UNDRAWN);
	const acceptThen: LostAnswer = { status: 502, body: '<html>Bad gateway</html>' };
	simulator.script({ acceptThen });
	const answer = await submit(simulator, 'picsi', picsi);
	expect([answer.status, answer.text]).toEqual([502, '<html>Bad gateway</html>']);
	expect(simulator.jobs).toHaveLength(1);
});

test('loses the answer to a cancellation that was carried out', async () => {
	const simulator = await simulate({ ...UNDRAWN, asyncMs: 60_000 });
	const { json } = await submit(simulator, 'headshot', { prompt: 'a king' });
	simulator.script({ match: { path: /cancel/ }, acceptThen: 'reset' });
	const path = `/v1/faceswap/jobs/cancel/?jobid=${String(json.jobid)}`;
	await expect(call(simulator, 'GET', path)).rejects.toThrow(BROKEN);
	expect((await readJob(simulator, json.jobid)).json.status).toBe('cancelled');
});

test('breaks the connection in the middle of an upload, without a job', async () => {
	const simulator = await simulate(UNDRAWN);
	simulator.script({ match: { verb: 'picsi' }, resetAfterBytes: 50_000 });
	const large = { ...picsi, source_image: someFile('image/png', 2_000_000) };
	await expect(submit(simulator, 'picsi', large)).rejects.toThrow(BROKEN);
	expect(simulator.jobs).toEqual([]);
	expect((await submit(simulator, 'picsi', large)).status).toBe(200);
});

test('refuses a rule that breaks uploads by a part of the upload', async () => {
	const simulator = await simulate();
	const rule = { match: { replyRef: 'x' }, resetAfterBytes: 1 };
	expect(() => simulator.script(rule)).toThrow('before the body is read');
});

test('answers late on demand', async () => {
	const simulator = await simulate(UNDRAWN);
	simulator.script({ delayMs: 80 });
	const began = Date.now();
	await submit(simulator, 'picsi', picsi);
	expect(Date.now() - began).toBeGreaterThanOrEqual(75);
});

test('refuses connections while it is down, and is back on the same port', async () => {
	const simulator = await simulate(UNDRAWN);
	await simulator.goDown();
	await expect(submit(simulator, 'listid', {})).rejects.toMatchObject({
		cause: { code: 'ECONNREFUSED' },
	});
	await simulator.comeUp();
	expect((await submit(simulator, 'listid', {})).status).toBe(200);
});

test('carries jobs on while it is down', async () => {
	const simulator = await simulate(UNDRAWN);
	const { json } = await submit(simulator, 'headshot', { prompt: 'a king' });
	await simulator.goDown();
	await until(() => simulator.jobs[0]?.status === 'completed');
	await simulator.comeUp();
	expect((await readJob(simulator, json.jobid)).json.status).toBe('completed');
});
