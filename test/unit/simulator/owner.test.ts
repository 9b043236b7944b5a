import type { Settings } from '../../../simulator';
import { call, sendJson, simulate } from './support';

const PATH = '/v2/account';
const REPLY_URL = 'http://127.0.0.1:1/all';
const DATE = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string;

test('shows the account with numbers and dates, and the channels counted', async () => {
	const [channel = ''] = (await simulate()).channels;
	const simulator = await simulate({ outOfUse: [channel] });
	expect((await call(simulator, 'GET', PATH)).json).toEqual({
		id: 1,
		email: 'owner@example.com',
		name: 'Simulator',
		created: DATE,
		verified: DATE,
		sub: expect.stringMatching(/^\d{6}$/) as string,
		subscriptionIsActive: true,
		subscriptions: 1,
		maxAccountsPerAPI: 3,
		accounts: { 'InsightFaceSwap API': { total: 3, active: 2, error: 1 } },
	});
});

test('answers without a subscription, too', async () => {
	const simulator = await simulate({ subscription: 'none' });
	const { status, json } = await call(simulator, 'GET', PATH);
	expect(status).toBe(200);
	expect(json).toMatchObject({ subscriptionIsActive: false, subscriptions: 0 });
	expect(json).not.toHaveProperty('sub');
});

test.each<[Settings['accountUpdateAnswer'], string]>([
	[{ status: 200, body: 'account' }, '{"id":1'],
	[{ status: 201, body: 'text' }, 'OK'],
	[{ status: 200, body: 'none' }, ''],
	[{ status: 204, body: 'account' }, ''],
])('takes the default replyUrl and answers %j', async (accountUpdateAnswer, body) => {
	const simulator = await simulate({ accountUpdateAnswer });
	const answer = await sendJson(simulator, PATH, { replyUrl: REPLY_URL });
	expect([answer.status, answer.text.slice(0, 7)]).toEqual([accountUpdateAnswer.status, body]);
	expect((await call(simulator, 'GET', PATH)).json).toMatchObject({ replyUrl: REPLY_URL });
});

test.each([
	[true, undefined],
	[false, REPLY_URL],
])('removes the default replyUrl for an empty one: %s', async (emptyReplyUrlClears, left) => {
	const simulator = await simulate({ emptyReplyUrlClears });
	await sendJson(simulator, PATH, { replyUrl: REPLY_URL });
	await sendJson(simulator, PATH, { replyUrl: '' });
	expect((await call(simulator, 'GET', PATH)).json.replyUrl).toBe(left);
});

test('refuses a default replyUrl that is too long', async () => {
	const simulator = await simulate();
	const answer = await sendJson(simulator, PATH, { replyUrl: 'x'.repeat(1025) });
	expect([answer.status, answer.json]).toEqual([400, { error: 'replyUrl is too long', code: 400 }]);
});
