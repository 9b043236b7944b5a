import { compareShapes, shapeOf } from '../../../conformance/shape';

const compare = (real: unknown, simulator: unknown) =>
	compareShapes(shapeOf(real), shapeOf(simulator));

const job = {
	jobid: '8a1f574fdbf79e8cd57e070476d9d5f3',
	verb: 'faceswap-picsi',
	status: 'completed',
	created: '2023-09-09T02:04:49.667Z',
	channel: '1122277481822456166',
	attachments: [{ url: 'https://cdn.example.com/1/a.png', size: 1699405 }],
	code: 200,
};

test('two jobs with other IDs, times and links have the same shape', () => {
	const other = {
		...job,
		jobid: '00000000000000000000000000000000',
		created: '2026-01-01T00:00:00.000Z',
		attachments: [{ url: 'https://cdn.example.com/2/b.png', size: 3 }],
	};
	expect(compare(job, other)).toEqual([]);
});

test.each<[string, object, object[]]>([
	[
		'a job ID of another form',
		{ jobid: 'job-1' },
		[{ path: '/jobid', real: 'text', simulator: '32 hexadecimal digits' }],
	],
	['another type', { code: '200' }, [{ path: '/code', real: '"200"', simulator: '200' }]],
	[
		'another end of the job',
		{ status: 'failed' },
		[{ path: '/status', real: '"failed"', simulator: '"completed"' }],
	],
	[
		'a field of an element',
		{ attachments: [{ url: 'https://cdn.example.com/1/a.png', size: '1 kB' }] },
		[{ path: '/attachments/[]/size', real: 'text', simulator: 'number' }],
	],
])('%s is a difference', (_, change, expected) => {
	expect(compare({ ...job, ...change }, job)).toEqual(expected);
});

test('a field that is missing is a difference', () => {
	const { channel, ...rest } = job;
	expect(compare(rest, { ...rest, channel })).toEqual([
		{ path: '/channel', real: 'missing', simulator: 'Discord ID' },
	]);
});

test('of a missing object only the object is named, not its fields', () => {
	expect(compare({}, { credits: { total: 1, used: 0 } })).toEqual([
		{ path: '/credits', real: 'missing', simulator: 'object' },
	]);
});

test('a renamed field is one missing and one more', () => {
	expect(compare({ credits: { spent: 1 } }, { credits: { used: 1 } })).toEqual([
		{ path: '/credits/spent', real: 'number', simulator: 'missing' },
		{ path: '/credits/used', real: 'missing', simulator: 'number' },
	]);
});

test('a list and an object are different, also when empty', () => {
	expect(compare([], {})).toEqual([{ path: '', real: 'array', simulator: 'object' }]);
});

test('an empty collection says nothing of its elements', () => {
	expect(compare({}, { '8a1f574fdbf79e8cd57e070476d9d5f3': job })).toEqual([]);
	expect(compare([], [job])).toEqual([]);
});

test('maps keyed by ID are compared by their values, whatever the IDs', () => {
	const accounts = { '1122277481822456166': { server: '1122226477161144546', credits: {} } };
	const others = {
		'1122277481822456177': { server: '1122226477161144546' },
		'1122277481822456188': { server: '1122226477161144546', credits: {} },
	};
	expect(compare(accounts, accounts)).toEqual([]);
	expect(compare(others, accounts)).toEqual([
		{ path: '/<id>/credits', real: 'missing or object', simulator: 'object' },
	]);
});

test('a running job has one shape, whether created, started or in progress', () => {
	expect(compare({ status: 'progress' }, { status: 'started' })).toEqual([]);
});

test('a shape holds no value of a field, and no ID in a name', () => {
	const secret = 'MTEyMjI3NzQ4MTgyMjQ1NjE2Ng.GaBcDe.abcdefghijklmnopqrstuvwxyz0123456789AB';
	const shape = shapeOf({ discord: secret, name: 'Ann Example', [secret]: 1, error: secret });
	const text = JSON.stringify([...shape].map(([path, kinds]) => [path, ...kinds]));
	expect(text).not.toContain('GaBcDe');
	expect(text).not.toContain('Example');
});
