import { redact } from '../../../conformance/redact';

test.each([
	['a channel', 'Configuration not found for channel 1122277481822456166, to create'],
	['a user', '<@1122277481822456166> Picsi.Ai'],
	['a job', 'Unable to locate job 8a1f574fdbf79e8cd57e070476d9d5f3'],
	['an API token', 'Bearer user:1122-abcdefGHIJ'],
	['a Discord token', 'MTEyMjI3NzQ4MTgyMjQ1NjE2Ng.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789AB'],
	['an e-mail address', 'Write to ann.example+api@mail.example.com'],
	['a signed link', 'see https://cdn.example.com/1/a.png?ex=1&hm=0a1b2c, please'],
	['a long key', 'key sk_live_0123456789abcdefABCDEF'],
])('%s is removed', (_, text) => {
	expect(redact(text)).not.toMatch(/\d{4}|GaBcDe|abcdef|example/i);
});

test('words and short numbers stay', () => {
	const text =
		'Unable to lock Discord after 5 attempts: Optional param replyUrl or replyRef is too long';
	expect(redact(text)).toBe(text);
});

test('the secrets of this run are removed, whatever their form', () => {
	expect(redact('The token abc is refused', ['abc', ''])).toBe('The token <secret> is refused');
});
