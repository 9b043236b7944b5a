import { scenario } from '../support/scenario';

/** Two backgrounds a channel. */
const test_ = scenario({ channels: 3, credits: { total: 8, used: 0 } });

test('the last credits of a channel that the API chose do not end the batch', async () => {
	test_.simulator.script({
		match: { path: '/v1/faceswap/account' },
		respond: { status: 503 },
		times: 5,
	});
	const body = { jobid: 'a-job', status: 'completed', content: '(0/8 credits remaining)' };
	test_.simulator.script({ match: { verb: 'picsi' }, respond: { status: 200, body } });
	const { items } = await test_.run(
		'picsi/swap',
		{ downloadResults: false },
		{ items: Array(4).fill(await test_.item()) },
	);
	expect(items.map(({ json }) => json.status)).toEqual(Array(4).fill('completed'));
});

test('a channel that has spent its last credits is asked no more', async () => {
	const parameters = { prompt: 'beach', waitMode: 'none' };
	const { items } = await test_.run('changeBackground/create', parameters, {
		items: Array(7).fill(await test_.item()),
		onError: 'continueRegularOutput',
	});
	expect(items.filter(({ json }) => !json.error)).toHaveLength(6);
	expect(items.filter(({ json }) => /out of credits/.test(String(json.error)))).toHaveLength(1);
	expect(test_.requests('/v1/faceswap/changebg')).toHaveLength(6);
});
