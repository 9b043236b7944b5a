import { busyDelay, pollDelay } from '../../nodes/InsightFaceSwap/shared/backoff';

describe('the delay between polls of a job', () => {
	test.each([0, 1, 2, 5, 50])('before poll %i is 10 to 30 seconds', (attempt) => {
		const pauses = Array.from({ length: 200 }, () => pollDelay(attempt));
		expect(Math.min(...pauses)).toBeGreaterThanOrEqual(10_000);
		expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000);
	});

	test('is not the same for everybody', () => {
		expect(new Set(Array.from({ length: 50 }, () => pollDelay(0))).size).toBeGreaterThan(10);
	});
});

describe('the pause before another try at a channel whose job time is known', () => {
	test.each([
		[4000, 10_000, 12_500],
		[16_000, 16_000, 20_000],
		[90_000, 24_000, 30_000],
	])('of %i ms ends within %i to %i ms', (serviceMs, from, to) => {
		const pauses = Array.from({ length: 200 }, () => pollDelay(50, serviceMs));
		expect(Math.min(...pauses)).toBeGreaterThanOrEqual(from);
		expect(Math.max(...pauses)).toBeLessThanOrEqual(to);
	});

	test('does not begin with that time', () => {
		expect(pollDelay(0, 16_000)).toBeLessThanOrEqual(12_500);
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
