import { call, readJob, simulate, someFile, submit, until } from './support';

const background = { a_background_photo_of: 'sunny beach', image: someFile() };
const swap = { source_image: someFile(), target_image_gif_or_video: someFile(), options: '-m' };
const UNDRAWN = { drawResults: false };

test('answers a blocking verb with the completed job', async () => {
	const simulator = await simulate(UNDRAWN);
	const { json } = await submit(simulator, 'picsi', { ...swap, replyRef: 'my reference' });
	expect(json).toMatchObject({
		verb: 'faceswap-picsi',
		status: 'completed',
		options: '-m',
		source_image: { size: 10, type: 'image/png' },
		discord: expect.stringMatching(/^SIM…secured…00\d$/) as string,
		replyRef: 'my reference',
		content: expect.stringMatching(/^<@\d+>$/) as string,
		attachments: [{ content_type: 'image/png', width: 64, height: 64 }],
		code: 200,
	});
	expect((await readJob(simulator, json.jobid)).json).toMatchObject({ status: 'completed' });
});

test('leads an asynchronous job from started over progress to completed', async () => {
	const simulator = await simulate({ ...UNDRAWN, asyncMs: 120 });
	const submitted = await submit(simulator, 'changebg', background);
	expect(submitted.json).toMatchObject({ status: 'started' });
	expect(submitted.json).not.toHaveProperty('attachments');
	await until(() => simulator.jobs[0]?.status === 'progress');
	await until(() => simulator.jobs[0]?.status === 'completed');
	const done = await readJob(simulator, submitted.json.jobid);
	expect(done.json).toMatchObject({ attachments: [{}], content: submitted.json.content });
});

test('tells price, prompt and credits left of a submitted job', async () => {
	const simulator = await simulate({ ...UNDRAWN, channels: 1 });
	const { json } = await submit(simulator, 'changebg', background);
	expect(json.content).toMatch(
		/^<@\d+> Picsi\.Ai ChangeBG Job Submitted \[jobid: [0-9a-f]{32}\] \[credits: 4\] \[prompt: 'sunny beach'\] \[time: .+\] \[SaveID: '_'\] \(796\/800 credits remaining\)$/,
	);
});

test('answers picsi with started where that is set', async () => {
	const simulator = await simulate({ ...UNDRAWN, picsiAnswersStarted: true });
	const { json } = await submit(simulator, 'picsi', swap);
	expect(json.status).toBe('started');
	await until(() => simulator.jobs[0]?.status === 'completed');
});

test.each([
	['array', (jobs: unknown) => jobs],
	['object', (jobs: unknown) => Object.values(jobs as object)],
	['wrapped', (jobs: unknown) => Object.values((jobs as { jobs: object }).jobs)],
] as const)('lists running jobs alone, as %s', async (jobsShape, unwrap) => {
	const simulator = await simulate({ ...UNDRAWN, jobsShape, channels: 1, asyncMs: 60_000 });
	await submit(simulator, 'picsi', swap);
	const { json } = await submit(simulator, 'changebg', background);
	const answer = await call(simulator, 'GET', '/v1/faceswap/jobs');
	expect(unwrap(answer.json)).toMatchObject([{ jobid: json.jobid, status: 'started' }]);
});

test('reads a job with and without the slash before the query', async () => {
	const simulator = await simulate(UNDRAWN);
	const { json } = await submit(simulator, 'picsi', swap);
	const answer = await call(simulator, 'GET', `/v1/faceswap/jobs?jobid=${String(json.jobid)}`);
	expect(answer.json).toMatchObject({ jobid: json.jobid });
});

test.each([
	['/v1/faceswap/jobs/?jobid=none', 404, 'Unable to locate job none'],
	['/v1/faceswap/jobs/cancel/?jobid=none', 404, 'Unable to locate job none'],
	['/v1/faceswap/jobs/', 400, 'Required param jobid is missing or empty'],
	['/v1/faceswap/jobs?jobid=', 400, 'Required param jobid is missing or empty'],
	['/v1/faceswap/jobs/cancel/', 400, 'Required param jobid is missing or empty'],
])('answers GET %s with %i', async (path, code, error) => {
	const simulator = await simulate();
	const answer = await call(simulator, 'GET', path);
	expect([answer.status, answer.json]).toEqual([code, { error, code }]);
});

test('cancels a running job, which then stays cancelled', async () => {
	const simulator = await simulate({ ...UNDRAWN, asyncMs: 3_600_000 });
	const { json } = await submit(simulator, 'changebg', background);
	const path = `/v1/faceswap/jobs/cancel/?jobid=${String(json.jobid)}`;
	const cancelled = await call(simulator, 'GET', path);
	expect(cancelled.json).toEqual({ jobid: json.jobid, status: 'cancelled' });
	simulator.skipTime();
	expect((await readJob(simulator, json.jobid)).json.status).toBe('cancelled');
	expect(simulator.jobs).toMatchObject([{ status: 'cancelled' }]);
	expect((await call(simulator, 'GET', path)).status).toBe(400);
});

test('forgets a job after its time', async () => {
	const simulator = await simulate({ ...UNDRAWN, jobTtlMs: 30 });
	const { json } = await submit(simulator, 'picsi', swap);
	let answer = await readJob(simulator, json.jobid);
	while (answer.status === 200) answer = await readJob(simulator, json.jobid);
	expect([answer.status, answer.json]).toEqual([410, { error: 'Job has expired', code: 410 }]);
});

test('skips time on demand', async () => {
	const simulator = await simulate({ ...UNDRAWN, asyncMs: 3_600_000 });
	await submit(simulator, 'changebg', background);
	await until(() => {
		simulator.skipTime();
		return simulator.jobs[0]?.status === 'completed';
	});
});
