import { redactSecrets } from '../../nodes/InsightFaceSwap/shared/secrets';

const token = 'MTIzNDU2Nzg5MDEyMzQ1Njc4OQ.GabcDE.abcdefghijklmnopqrstuvwxyz';

describe('secrets in what the API answers', () => {
	test('a Discord token keeps its first and last three characters', () => {
		expect(redactSecrets({ discord: token })).toEqual({ discord: 'MTI…secured…xyz' });
	});

	test('a token that the API has masked stays as it is', () => {
		expect(redactSecrets({ discord: 'MTI…secured…xyz' })).toEqual({ discord: 'MTI…secured…xyz' });
	});

	test('a short token is masked completely', () => {
		expect(redactSecrets({ discord: 'short' })).toEqual({ discord: '…secured…' });
	});

	test('it is masked at any depth', () => {
		const body = { '1': { discord: token }, list: [{ deep: { discord: token } }] };
		expect(JSON.stringify(redactSecrets(body))).not.toContain(token);
	});

	test('a known secret is masked in any text', () => {
		const body = { error: `Channel 1 has the same value ${token}` };
		expect(redactSecrets(body, [token])).toEqual({
			error: 'Channel 1 has the same value …secured…',
		});
	});

	test('a secret that was pasted with spaces is masked without them', () => {
		const hidden = redactSecrets({ error: 'Unknown token user:1-abcdefgh' }, [
			' user:1-abcdefgh\n',
		]);
		expect(JSON.stringify(hidden)).not.toContain('abcdefgh');
	});

	test.each(['user:1-abcdefgh\u200b', 'user:1-abc\ndefgh'])(
		'a secret that was pasted with characters that HTTP drops is masked without them: %j',
		(secret) => {
			const hidden = redactSecrets({ error: 'Unknown token user:1-abcdefgh' }, [secret]);
			expect(JSON.stringify(hidden)).not.toContain('abcdefgh');
		},
	);

	test.each([
		'replyUrl https://n8n.example.com/webhook/a?a=1&secret=abc-_1 is not reachable',
		'see https://n8n.example.com/webhook-waiting/1?signature=abc-_1&secret=abc-_1.',
		'url=https%3A%2F%2Fn8n.example.com%2Fwebhook%2Fa%3Fsecret%3Dabc-_1%26b%3D2',
	])('the secrets of a URL are masked in any text: %s', (text) => {
		const hidden = JSON.stringify(redactSecrets({ error: text, list: [{ content: text }] }));
		expect(hidden).not.toContain('abc-_1');
		expect(hidden).toContain('…secured…');
	});

	test.each(['url', 'proxy_url', 'replyRef'])('an address in %s stays whole', (field) => {
		const job = { [field]: 'https://example.com/a?secret=abc-_1&signature=abc' };
		expect(redactSecrets(job)).toEqual(job);
	});

	test('the secret of a reply URL is masked, except for its registration', () => {
		const replyUrl = 'https://n8n.example.com/webhook/a/insightfaceswap?a=1&secret=abc-_1&b=2';
		const hidden = replyUrl.replace('abc-_1', '…secured…');
		expect(redactSecrets({ job: { replyUrl } })).toEqual({ job: { replyUrl: hidden } });
		expect(redactSecrets({ replyUrl }, [], true)).toEqual({ replyUrl });
	});

	test.each(['message', 'error', 'content', 'anything'])(
		'what has the form of a Discord token is masked in the field %s',
		(field) => {
			expect(redactSecrets({ [field]: `Bot ${token}, invalid` })).toEqual({
				[field]: 'Bot MTI…secured…xyz, invalid',
			});
		},
	);

	test.each([
		'MTAxMjM0NTY3ODkwMTIzNDU2Nw.X-hvzA.Ovy4MCQywSkoMRRclStW4xAYK7I',
		'NzkyNzE1NDU0MTk2MDg4ODQy.X-hvzA.Ovy4MCQywSkoMRRclStW4xAYK7I',
		'MTIzNDU2Nzg5MDEyMzQ1Njc4OTA.GabcDE.abcdefghijklmnopqrstuvwxyz0123456789AB',
	])('%s has that form', (text) => {
		expect(redactSecrets(text)).toBe(`${text.slice(0, 3)}…secured…${text.slice(-3)}`);
	});

	test.each([
		'ed3d0f28f3_INSwapper_9e6b7e2f63e4.png',
		'My-holiday-picture-of-2024.edited.version-with-a-better-face.png',
		'https://cdn.discordapp.com/attachments/1122334455667788990/1122334455667788991/result.png?ex=65ce6e40&is=65bbf940&hm=3f9f1d8c5a1e4b7c9d2e6f8a0b1c3d5e7f9a1b3c5d7e9f1a3b5c7d9e1f3a5b7c&',
		'https://a-bucket-with-a-long-name.storage.eu-central-1-of-some-cloud.example/MTIz.png',
		'5a1e4b7c9d2e6f8a0b1c3d5e.7f9a1b.3c5d7e9f1a3b5c7d9e1f3a5b7c',
		'user:1234-jobid.faceswap.picsi-20240101T000000Z-bot',
	])('%s has another form and stays as it is', (text) => {
		expect(redactSecrets({ [text]: text })).toEqual({ [text]: text });
	});

	test('secrets are masked in the names of fields', () => {
		expect(redactSecrets({ [`${token}!`]: 1, 'user:1-a': 2 }, ['user:1-a'])).toEqual({
			'MTI…secured…xyz!': 1,
			'…secured…': 2,
		});
	});

	test('a field named __proto__ is one like any other', () => {
		const body: unknown = JSON.parse('{"__proto__": {"a": "user:1-a"}}');
		expect(JSON.stringify(redactSecrets(body, ['user:1-a']))).toBe(
			'{"__proto__":{"a":"…secured…"}}',
		);
	});

	const apiToken = 'user:1234-AbC+/=?&';

	test.each([
		['URL-encoded', encodeURIComponent(apiToken)],
		[
			'URL-encoded in small letters',
			encodeURIComponent(apiToken).replace(/%../g, (c) => c.toLowerCase()),
		],
	])('a known secret is masked %s', (_form, text) => {
		const hidden = redactSecrets({ error: `token=${text}&a=1` }, [apiToken]);
		expect(hidden).toEqual({ error: 'token=…secured…&a=1' });
	});

	test('what is nested more than 200 deep is left out', () => {
		const depth = 10_000;
		const body: unknown = JSON.parse(`${'{"a":['.repeat(depth)}"user:1-a"${']}'.repeat(depth)}`);
		const hidden = JSON.stringify(redactSecrets({ a: 1, body }, ['user:1-a']));
		expect(hidden).toMatch(/^\{"a":1,"body":\{"a":\[/);
		expect(hidden).not.toContain('user:1-a');
		expect(hidden.length).toBeLessThan(2000);
	});

	test('everything else stays as it is', () => {
		const body = { a: 1, b: null, c: [true, 'text'], d: undefined };
		expect(redactSecrets(body, [''])).toEqual(body);
	});
});
