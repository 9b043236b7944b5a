import {
	hostOf,
	isLocal,
	isOwn,
	isSameAddress,
} from '../../../nodes/InsightFaceSwap/jobs/callbackAddress';

const path = 'f2a4/insightfaceswap';
const place = { path, url: `https://n8n.example.com/webhook/${path}?secret=right` };

test.each([
	[place.url, true],
	[`https://n8n.example.com/webhook/${path}?secret=of-another-token`, true],
	[`https://n8n.example.com/webhook-test/${path}?secret=right`, true],
	['https://n8n.example.com/webhook/b7c1/insightfaceswap?secret=x', false],
	[`https://staging.example.com/webhook/${path}?secret=right`, false],
	[`http://n8n.example.com/webhook/${path}?secret=right`, false],
	['https://n8n.example.com/webhook/b7c1', false],
	['https://hooks.example.org/', false],
	['not an address', false],
	['', false],
])('%s leads to the trigger: %s', (url, own) => expect(isOwn(url, place)).toBe(own));

test('an address that it has registered before is its own', () => {
	const before = `https://old.example.com/webhook/${path}`;
	const isOwnFor = (registered: string) =>
		isOwn(`${before}?secret=right`, { ...place, registered });
	expect(isOwnFor(before)).toBe(true);
	expect(isOwnFor('https://older.example.com/')).toBe(false);
});

test('addresses are equal when only their queries differ', () => {
	expect(isSameAddress('https://a.example/b?c', 'https://a.example/b?d')).toBe(true);
	expect(isSameAddress('https://a.example/b', 'https://a.example/c')).toBe(false);
	expect(isSameAddress('x', 'x')).toBe(false);
	expect(isSameAddress(undefined, undefined)).toBe(false);
});

test.each([
	['http://localhost:5678', true],
	['http://127.1.2.3', true],
	['http://[::1]/', true],
	['https://n8n.example.com', false],
	['https://127.example.com', false],
	['', false],
])('%s is local: %s', (url, local) => expect(isLocal(url)).toBe(local));

test('the host is what may be shown of a foreign address', () => {
	expect(hostOf('https://user:pass@hooks.example.org:8443/path?key=1')).toBe(
		'hooks.example.org:8443',
	);
	expect(hostOf('nonsense')).toBe('something that is no web address');
});
