import { call, readJob, receiver, sendJson, simulate, someFile, submit, until } from './support';

const background = { a_background_photo_of: 'beach', image: someFile() };
const UNDRAWN = { drawResults: false, channels: 1 };

test.each(['changebg', 'listid'])(
	'posts a job of /%s when it ends, as it is read',
	async (verb) => {
		const simulator = await simulate(UNDRAWN);
		const { url, bodies } = await receiver();
		const parts = verb === 'changebg' ? background : {};
		const { json } = await submit(simulator, verb, { ...parts, replyUrl: url });
		await until(() => bodies.length === 1);
		expect(bodies).toEqual([(await readJob(simulator, json.jobid)).json]);
		await until(() => simulator.callbacks[0]?.responseStatus === 200);
	},
);

test('posts a cancelled job', async () => {
	const simulator = await simulate({ ...UNDRAWN, asyncMs: 60_000 });
	const { url, bodies } = await receiver();
	const { json } = await submit(simulator, 'changebg', { ...background, replyUrl: url });
	await call(simulator, 'GET', `/v1/faceswap/jobs/cancel?jobid=${String(json.jobid)}`);
	await until(() => bodies.length === 1);
	expect(bodies).toMatchObject([{ status: 'cancelled' }]);
});

test('posts to the default replyUrl of the account unless the job has its own', async () => {
	const simulator = await simulate(UNDRAWN);
	const [own, all] = await Promise.all([receiver(), receiver()]);
	await sendJson(simulator, '/v2/account', { replyUrl: all.url });
	await submit(simulator, 'listid', { replyUrl: own.url });
	await submit(simulator, 'delall', {});
	await until(() => own.bodies.length === 1 && all.bodies.length === 1);
	expect(all.bodies).toMatchObject([{ verb: 'faceswap-delall' }]);
});

test('tries a callback once, whatever the receiver answers', async () => {
	const simulator = await simulate(UNDRAWN);
	const { url, bodies } = await receiver(500);
	await submit(simulator, 'listid', { replyUrl: url });
	await until(() => simulator.callbacks[0]?.responseStatus === 500);
	await submit(simulator, 'delall', { replyUrl: url });
	await until(() => bodies.some(({ verb }) => verb === 'faceswap-delall'));
	expect(bodies).toMatchObject([{ verb: 'faceswap-listid' }, { verb: 'faceswap-delall' }]);
});

test('notes a callback that reached nobody', async () => {
	const simulator = await simulate(UNDRAWN);
	await submit(simulator, 'listid', { replyUrl: 'http://127.0.0.1:1/' });
	await until(() => simulator.callbacks[0]?.error);
});

test.each([
	['missing', []],
	['duplicate', ['completed', 'completed']],
	['progress', ['progress', 'completed']],
	['reordered', ['completed', 'progress']],
] as const)('sends %s callbacks on demand', async (callback, statuses) => {
	const simulator = await simulate(UNDRAWN);
	simulator.script({ callback });
	const { url, bodies } = await receiver();
	await submit(simulator, 'listid', { replyUrl: url });
	await until(() => bodies.length >= statuses.length);
	await submit(simulator, 'delall', { replyUrl: url });
	await until(() => bodies.some(({ verb }) => verb === 'faceswap-delall'));
	expect(bodies.map(({ status }) => status)).toEqual([...statuses, 'completed']);
});

test.each(['listid', 'changebg'])('calls back before it answers %s on demand', async (verb) => {
	const simulator = await simulate({ ...UNDRAWN, asyncMs: 60_000 });
	simulator.script({ callback: 'early' });
	const { url, bodies } = await receiver();
	const parts = verb === 'changebg' ? background : {};
	const submitted = submit(simulator, verb, { ...parts, replyUrl: url });
	await submitted;
	expect(bodies).toMatchObject([{ status: 'completed' }]);
});
