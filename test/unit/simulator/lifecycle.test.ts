import { call, readJob, simulate, submit } from './support';

test('closes at once, also with requests in flight', async () => {
	const simulator = await simulate({ channels: 1, blockingMs: 60_000 });
	const lost = submit(simulator, 'listid', {}).catch((error: Error) => error);
	while (simulator.jobs.length === 0) await new Promise(setImmediate);
	const began = Date.now();
	await simulator.close();
	await lost;
	expect(Date.now() - began).toBeLessThan(500);
});

test('forgets everything but its address at a reset', async () => {
	const simulator = await simulate({ channels: 1 });
	const { journal } = simulator;
	simulator.settings.subscription = 'none';
	simulator.script({ respond: { status: 500 }, times: Infinity });
	await call(simulator, 'DELETE', `/v1/faceswap/account/${simulator.channels[0]}`);
	simulator.reset();
	expect([simulator.journal, simulator.jobs, journal]).toEqual([[], [], []]);
	expect((await submit(simulator, 'listid', {})).status).toBe(200);
});

test('answers 503 to calls that a reset breaks off', async () => {
	const simulator = await simulate({ channels: 1, blockingMs: 60_000 });
	const broken = submit(simulator, 'listid', {});
	while (simulator.jobs.length === 0) await new Promise(setImmediate);
	const jobid = simulator.jobs[0]?.jobid;
	simulator.reset();
	expect((await broken).status).toBe(503);
	expect((await readJob(simulator, jobid)).status).toBe(404);
});

test('adds its latency to every answer', async () => {
	const simulator = await simulate({ latencyMs: 60 });
	const began = Date.now();
	await call(simulator, 'GET', '/v1/faceswap/account');
	expect(Date.now() - began).toBeGreaterThanOrEqual(55);
});
