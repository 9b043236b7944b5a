import { call, simulate, submit } from './support';

test.each([
	['no token', {}],
	['a wrong token', { authorization: 'Bearer user:1-other' }],
	['a URL-encoded token', { authorization: 'Bearer user%3A1-simulator' }],
])('refuses %s with 401', async (_name, headers: Record<string, string>) => {
	const simulator = await simulate();
	const response = await fetch(`${simulator.url}/v1/faceswap/account`, { headers });
	expect([response.status, await response.json()]).toEqual([
		401,
		{ error: 'Unauthorized', code: 401 },
	]);
});

test('answers faceswap calls with 402 without a subscription', async () => {
	const simulator = await simulate({ subscription: 'expired', channels: 1 });
	const answer = await submit(simulator, 'listid', {});
	expect([answer.status, answer.json]).toEqual([
		402,
		{ error: 'Account has no subscription or subscription expired', code: 402 },
	]);
});

test.each([
	['an unknown path', '/v1/faceswap/nothing', undefined, { error: 'Not Found', code: 404 }],
	['broken JSON', '/v2/account', '{', { error: 'Unable to parse JSON body', code: 400 }],
])('answers %s in the shape of the API', async (_name, path, body, expected) => {
	const simulator = await simulate();
	const headers = { 'content-type': 'application/json' };
	const answer = await call(simulator, 'POST', path, { headers, body });
	expect([answer.status, answer.json]).toEqual([expected.code, expected]);
});
