import { call, sendJson, simulate, submit } from './support';

const UNAUTHORIZED = { error: 'Unauthorized', code: 401 };
const EXPIRED = { error: 'Account has no subscription or subscription expired', code: 402 };

test.each([
	['no token', {}],
	['a wrong token', { authorization: 'Bearer user:1-other' }],
	['a URL-encoded token', { authorization: 'Bearer user%3A1-simulator' }],
	['a token without Bearer', { authorization: 'user:1-simulator' }],
])('refuses %s with 401', async (_name, headers: Record<string, string>) => {
	const simulator = await simulate();
	const response = await fetch(`${simulator.url}/v1/faceswap/account`, { headers });
	expect([response.status, await response.json()]).toEqual([401, UNAUTHORIZED]);
});

test.each(['expired', 'none'] as const)(
	'answers faceswap calls with 402 when the subscription is %s',
	async (subscription) => {
		const simulator = await simulate({ subscription });
		const answer = await submit(simulator, 'listid', { channel: simulator.channels[0] ?? '' });
		expect([answer.status, answer.json]).toEqual([402, EXPIRED]);
	},
);

test('still tells about the account without a subscription', async () => {
	const simulator = await simulate({ subscription: 'expired' });
	const answer = await call(simulator, 'GET', '/v2/account');
	expect(answer.status).toBe(200);
	expect(answer.json).toMatchObject({ subscriptionIsActive: false });
});

test('keeps the default replyUrl of the account', async () => {
	const simulator = await simulate();
	await sendJson(simulator, '/v2/account', { replyUrl: 'http://127.0.0.1:1/all' });
	const answer = await call(simulator, 'GET', '/v2/account');
	expect(answer.json).toMatchObject({ replyUrl: 'http://127.0.0.1:1/all' });
});

test('removes the default replyUrl for an empty one', async () => {
	const simulator = await simulate();
	await sendJson(simulator, '/v2/account', { replyUrl: 'http://127.0.0.1:1/all' });
	const answer = await sendJson(simulator, '/v2/account', { replyUrl: '' });
	expect(answer.json).not.toHaveProperty('replyUrl');
});

test('refuses a default replyUrl that is too long', async () => {
	const simulator = await simulate();
	const answer = await sendJson(simulator, '/v2/account', { replyUrl: 'x'.repeat(1025) });
	expect([answer.status, answer.json]).toEqual([400, { error: 'replyUrl is too long', code: 400 }]);
});

test('answers an unknown path in the shape of the API', async () => {
	const simulator = await simulate();
	const answer = await call(simulator, 'GET', '/v1/faceswap/nothing');
	expect([answer.status, answer.json]).toEqual([404, { error: 'Not Found', code: 404 }]);
});

test('answers broken JSON in the shape of the API', async () => {
	const simulator = await simulate();
	const answer = await call(simulator, 'POST', '/v2/account', {
		headers: { 'content-type': 'application/json' },
		body: '{',
	});
	expect(answer.json).toEqual({ error: 'Unable to parse JSON body', code: 400 });
});
