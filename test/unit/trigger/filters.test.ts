import {
	isFaceSwap,
	wants,
	wantsKind,
	type Filters,
} from '../../../nodes/InsightFaceSwap/trigger/settings';

const filters = (some: Partial<Filters> = {}): Filters => ({
	verbs: [],
	statuses: [],
	channel: '',
	...some,
});
const job = { verb: 'faceswap-picsi', status: 'completed', channel: '1', replyRef: 'order-1' };

test('empty filters let every face swap job pass, and nothing else', () => {
	expect(wants(filters(), job)).toBe(true);
	expect(wants(filters(), { ...job, status: 'progress' })).toBe(true);
	expect(wants(filters(), { ...job, verb: 'runway-gen4' })).toBe(false);
	// The API may leave out any field of a job.
	expect(wants(filters(), {})).toBe(true);
});

test('the kind is told by operation and status alone', () => {
	const some = filters({ verbs: ['picsi'], statuses: ['completed'], channel: '2' });
	expect(wantsKind(some, job)).toBe(true);
	expect(wants(some, job)).toBe(false);
	expect(wantsKind(some, { ...job, verb: 'faceswap-swap' })).toBe(false);
	expect(wantsKind(some, { ...job, status: 'failed' })).toBe(false);
});

test.each([
	['equals', 'order-1', true],
	['equals', 'order', false],
	['startsWith', 'order', true],
	['startsWith', 'rder', false],
] as const)('a reply reference that %s %s: %s', (match, value, passes) =>
	expect(wants(filters({ replyRef: { match, value } }), job)).toBe(passes),
);

test.each([undefined, null, 7, 'runway', 'xfaceswap-picsi'])('%p is no verb of this API', (verb) =>
	expect(isFaceSwap(verb)).toBe(false),
);
