import { busyDelay, pollDelay } from '../../nodes/InsightFaceSwap/shared/backoff';

describe('the delay between polls of a job', () => {
	test.each([0, 1, 2, 5, 50])('before poll %i is 10 to 30 seconds', (attempt) => {
		const pauses = Array.from({ length: 200 }, () => pollDelay(attempt));
		expect(Math.min(...pauses)).toBeGreaterThanOrEqual(10_000);
		expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000);
	});

	test.each([
		[15_000, 15_000],
		[10_500, 10_500],
		[400, 10_000],
		[-400, 10_000],
	])(
		'ends when the last one is due in %i ms, but is never less than 10 seconds',
		(leftMs, most) => {
			const pauses = Array.from({ length: 200 }, () => pollDelay(50, leftMs));
			expect(new Set(pauses)).toEqual(new Set([most]));
		},
	);

	test('is not the same for everybody', () => {
		expect(new Set(Array.from({ length: 50 }, () => pollDelay(0))).size).toBeGreaterThan(10);
	});
});

describe('the delay at a channel that is busy', () => {
	test.each([0, 300, 9_999])('is never less than 10 seconds: asked for %i ms', (askedMs) => {
		const delays = Array.from({ length: 200 }, () => busyDelay(askedMs));
		expect(Math.min(...delays)).toBeGreaterThanOrEqual(10_000);
		expect(Math.max(...delays)).toBeLessThanOrEqual(12_500);
		expect(new Set(delays).size).toBeGreaterThan(10);
	});

	test('is as long as the API asks where that is longer', () => {
		expect(busyDelay(20_000)).toBe(20_000);
	});
});
