import { politePause } from '../../nodes/InsightFaceSwap/shared/retry';

describe('the pause between looks at a job', () => {
	test.each([0, 1, 2, 5, 50])('before look %i is 10 to 30 seconds', (attempt) => {
		const pauses = Array.from({ length: 200 }, () => politePause(attempt));
		expect(Math.min(...pauses)).toBeGreaterThanOrEqual(10_000);
		expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000);
	});

	test('is not the same for everybody', () => {
		expect(new Set(Array.from({ length: 50 }, () => politePause(0))).size).toBeGreaterThan(10);
	});
});
