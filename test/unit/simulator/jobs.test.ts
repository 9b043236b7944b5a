import { call, readJob, simulate, someFile, submit, until } from './support';

const someBackground = { a_background_photo_of: 'sunny beach', image: someFile() };
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
	const submitted = await submit(simulator, 'changebg', someBackground);
	expect(submitted.json).toMatchObject({ status: 'started' });
	expect(submitted.json).not.toHaveProperty('attachments');
	await until(() => simulator.jobs[0]?.status === 'progress');
	await until(() => simulator.jobs[0]?.status === 'completed');
	const done = await readJob(simulator, submitted.json.jobid);
	expect(done.json).toMatchObject({ attachments: [{}], content: submitted.json.content });
});

test('tells price, prompt and credits left of a submitted job', async () => {
	const simulator = await simulate({ ...UNDRAWN, channels: 1 });
	const { json } = await submit(simulator, 'changebg', someBackground);
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
	const { json } = await submit(simulator, 'changebg', someBackground);
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
	['/v1/faceswap/jobs/', 400, 'Query param jobid not provided'],
	['/v1/faceswap/jobs/cancel/', 400, 'Query param jobid not provided'],
])('answers GET %s with %i', async (path, code, error) => {
	const simulator = await simulate();
	const answer = await call(simulator, 'GET', path);
	expect([answer.status, answer.json]).toEqual([code, { error, code }]);
});

test('cancels a running job, which then stays cancelled', async () => {
	const simulator = await simulate({ ...UNDRAWN, asyncMs: 3_600_000 });
	const { json } = await submit(simulator, 'changebg', someBackground);
	const path = `/v1/faceswap/jobs/cancel/?jobid=${String(json.jobid)}`;
	const cancelled = await call(simulator, 'GET', path);
	expect(cancelled.json).toEqual({ jobid: json.jobid, status: 'cancelled' });
	simulator.skipTime();
	const read = await readJob(simulator, json.jobid);
	expect(read.json).toMatchObject({ status: 'cancelled', content: json.content });
	expect(read.json).not.toHaveProperty('error');
});

test.each([
	['status', 200, { status: 'completed' }],
	['refused', 400, { error: expect.stringContaining('Unable to cancel') as string }],
	['unknown', 404, { error: expect.stringContaining('Unable to locate') as string }],
] as const)(
	'answers the cancel of an ended job as set: %s',
	async (cancelOfEnded, status, body) => {
		const simulator = await simulate({ ...UNDRAWN, cancelOfEnded });
		const { json } = await submit(simulator, 'picsi', swap);
		const path = `/v1/faceswap/jobs/cancel/?jobid=${String(json.jobid)}`;
		const answer = await call(simulator, 'GET', path);
		expect(answer.status).toBe(status);
		expect(answer.json).toMatchObject(body);
	},
);

test('knows under /jobs only the documented verbs where that is set', async () => {
	const settings = { jobsKnown: 'documented', channels: 1, asyncMs: 60_000 } as const;
	const simulator = await simulate({ ...UNDRAWN, ...settings });
	const blocking = await submit(simulator, 'picsi', swap);
	simulator.settings.picsiAnswersStarted = true;
	const started = await submit(simulator, 'picsi', swap);
	const background = await submit(simulator, 'changebg', someBackground);
	const statuses = [blocking, started, background].map(
		async ({ json }) => (await readJob(simulator, json.jobid)).status,
	);
	expect(await Promise.all(statuses)).toEqual([404, 200, 200]);
	const cancel = `/v1/faceswap/jobs/cancel/?jobid=${String(blocking.json.jobid)}`;
	expect((await call(simulator, 'GET', cancel)).status).toBe(404);
});

test('shows embeds where they are set', async () => {
	const simulator = await simulate({ ...UNDRAWN, embeds: [{ title: 'More' }] });
	const { json } = await submit(simulator, 'picsi', swap);
	expect((await readJob(simulator, json.jobid)).json.embeds).toEqual([{ title: 'More' }]);
});

test('takes options of a headshot, and names its face apart from the prompt', async () => {
	const parts = { prompt: 'me, a mad king. --no green --square', options: '-f' };
	const simulator = await simulate({ ...UNDRAWN, channels: 1 });
	await submit(simulator, 'saveid', { idname: 'me', image: someFile() });
	const { json } = await submit(simulator, 'headshot', parts);
	expect(json).toMatchObject({ ...parts, status: 'started' });
	expect(json.content).toContain("[prompt: 'a mad king. --no green --square']");
	expect(json.content).toContain("[SaveID: 'me']");
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
	await submit(simulator, 'changebg', someBackground);
	await until(() => {
		simulator.skipTime();
		return simulator.jobs[0]?.status === 'completed';
	});
});
