import { createHmac } from 'node:crypto';

import {
	isSigned,
	secretOf,
	signed,
	unsigned,
	withTriggerSecret,
} from '../../../nodes/InsightFaceSwap/jobs/callbackAddress';

const TOKEN = 'user:1-AbC';
const PATH = 'f2a4/insightfaceswap';
const ORIGIN = 'https://n8n.example.com';
const URL_ = `https://n8n.example.com/webhook/${PATH}`;

test('the secret is the HMAC of the path under the token, so every process derives the same', () => {
	const hmac = createHmac('sha256', TOKEN).update(PATH).digest('base64url');
	expect(secretOf(TOKEN, PATH)).toBe(hmac);
	expect(secretOf('user:1-other', PATH)).not.toBe(hmac);
	expect(secretOf(TOKEN, 'other/insightfaceswap')).not.toBe(hmac);
});

test.each(['', ' '])('an empty token (%j) signs nothing and accepts nothing', (token) => {
	const refusal = 'The credential has no API token';
	expect(() => signed(URL_, token, PATH)).toThrow(refusal);
	const secret = createHmac('sha256', token).update(PATH).digest('base64url');
	expect(() => isSigned({ secret }, token, PATH)).toThrow(refusal);
});

test('a signed address carries it, and is recognised', () => {
	const { searchParams } = new URL(signed(URL_, TOKEN, PATH));
	expect(isSigned(Object.fromEntries(searchParams), TOKEN, PATH)).toBe(true);
	expect(unsigned(signed(URL_, TOKEN, PATH))).toBe(URL_);
});

test('an address is not signed twice', () => {
	const once = signed(URL_, TOKEN, PATH);
	expect(signed(once, TOKEN, PATH)).toBe(once);
});

test.each([undefined, null, {}, { secret: '' }, { secret: 1 }, { secret: ['x'] }, { secret: 'ü' }])(
	'%p is no secret',
	(query) => expect(isSigned(query, TOKEN, PATH)).toBe(false),
);

describe('the reply URL of a job', () => {
	test('that is a trigger gets its secret, in a test run too', () => {
		for (const part of ['webhook', 'webhook-test', 'n8n/webhook']) {
			const shown = `https://n8n.example.com/${part}/${PATH}`;
			expect(withTriggerSecret(shown, TOKEN, ORIGIN)).toBe(signed(shown, TOKEN, PATH));
		}
	});

	test.each([
		'https://example.com/webhook/abc',
		'https://example.com/insightfaceswap',
		`https://elsewhere.example.com/webhook/${PATH}`,
		`http://n8n.example.com/webhook/${PATH}`,
		`https://n8n.example.com:8443/webhook/${PATH}`,
		`${URL_}?secret=mine`,
		`${URL_}/more`,
	])('%s stays as it is', (url) => expect(withTriggerSecret(url, TOKEN, ORIGIN)).toBe(url));
});
