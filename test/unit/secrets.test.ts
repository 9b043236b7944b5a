import { withoutSecrets } from '../../nodes/InsightFaceSwap/api/redact';

const token = 'MTIzNDU2Nzg5MDEyMzQ1Njc4OQ.GabcDE.abcdefghijklmnopqrstuvwxyz';

describe('secrets in what the API answers', () => {
	test('a Discord token keeps its first and last three characters', () => {
		expect(withoutSecrets({ discord: token })).toEqual({ discord: 'MTI…secured…xyz' });
	});

	test('a token that the API has masked stays as it is', () => {
		expect(withoutSecrets({ discord: 'MTI…secured…xyz' })).toEqual({ discord: 'MTI…secured…xyz' });
	});

	test('a short token is hidden whole', () => {
		expect(withoutSecrets({ discord: 'short' })).toEqual({ discord: '…secured…' });
	});

	test('it is masked at any depth', () => {
		const body = { '1': { discord: token }, list: [{ deep: { discord: token } }] };
		expect(JSON.stringify(withoutSecrets(body))).not.toContain(token);
	});

	test('a known secret is blanked in any text', () => {
		const body = { error: `Channel 1 has the same value ${token}` };
		expect(withoutSecrets(body, [token])).toEqual({
			error: 'Channel 1 has the same value …secured…',
		});
	});

	test('the secret of a reply URL is blanked, except for whoever registers it', () => {
		const replyUrl = 'https://n8n.example.com/webhook/a/insightfaceswap?a=1&secret=abc-_1&b=2';
		const hidden = replyUrl.replace('abc-_1', '…secured…');
		expect(withoutSecrets({ job: { replyUrl } })).toEqual({ job: { replyUrl: hidden } });
		expect(withoutSecrets({ replyUrl }, [], { wholeReplyUrls: true })).toEqual({ replyUrl });
	});

	test('everything else stays as it is', () => {
		const body = { a: 1, b: null, c: [true, 'text'], d: undefined };
		expect(withoutSecrets(body, [''])).toEqual(body);
	});
});
