import {
	ownerOf,
	hostOf,
	isLocal,
	isSameAddress,
} from '../../../nodes/InsightFaceSwap/trigger/callbackAddress';

const path = 'f2a4/insightfaceswap';
const place = { path, url: `https://n8n.example.com/webhook/${path}?secret=right` };

test.each([
	[undefined, 'nobody'],
	['', 'nobody'],
	[place.url, 'this'],
	[`https://n8n.example.com/webhook/${path}?secret=of-another-token`, 'this'],
	[`https://n8n.example.com/webhook-test/${path}?secret=right`, 'this'],
	['https://n8n.example.com/webhook/b7c1/insightfaceswap?secret=x', 'otherTrigger'],
	[`https://staging.example.com/webhook/${path}?secret=right`, 'copy'],
	[`http://n8n.example.com/webhook/${path}?secret=right`, 'copy'],
	['https://n8n.example.com/webhook/b7c1', 'otherApplication'],
	['https://hooks.example.org/', 'otherApplication'],
	['not an address', 'otherApplication'],
])('%s belongs to %s', (current, holder) => expect(ownerOf(current, place)).toBe(holder));

test('an address that it has registered before is its own', () => {
	const before = `https://old.example.com/webhook/${path}`;
	const ownerFor = (registered: string) =>
		ownerOf(`${before}?secret=right`, { ...place, registered });
	expect(ownerFor(before)).toBe('this');
	expect(ownerFor('https://older.example.com/')).toBe('copy');
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
