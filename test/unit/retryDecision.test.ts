import type { Outcome, Problem } from '../../nodes/InsightFaceSwap/api/outcome';
import { retryDecision, type Attempts } from '../../nodes/InsightFaceSwap/execution/retryDecision';
import * as backoff from '../../nodes/InsightFaceSwap/shared/backoff';

const problem: Problem = { message: 'It failed', description: 'Do something' };
const first: Attempts = { busy: { tries: 0, since: 0 }, failedTries: 0, leftMs: 600_000 };
const busy = (waitMs?: number): Outcome => ({ kind: 'busy', problem, waitMs });

beforeEach(() => {
	jest.spyOn(backoff, 'pollDelay').mockImplementation((attempt) => 10_000 + attempt);
});
afterEach(() => jest.restoreAllMocks());

describe('an answered call', () => {
	it('is accepted', () => {
		const outcome: Outcome = { kind: 'answered', body: { jobid: '1' } };
		expect(retryDecision(outcome, 'submission', first)).toEqual({
			next: 'accept',
			body: { jobid: '1' },
		});
	});
});

describe('a call that the API is too busy for', () => {
	it('is sent again after the time that the API names', () => {
		expect(retryDecision(busy(20_000), 'submission', first)).toEqual({
			next: 'retry',
			ms: 20_000,
			because: 'busy',
		});
	});

	it('is sent again after the poll delay where the API names no time', () => {
		const attempts = { ...first, busy: { tries: 2, since: 0 } };
		expect(retryDecision(busy(), 'submission', attempts)).toMatchObject({ ms: 10_002 });
	});

	it('is sent again for the last time when Maximum Wait ends, where the API names no time', () => {
		const attempts = { ...first, leftMs: 11_000 };
		retryDecision(busy(), 'submission', attempts);
		expect(backoff.pollDelay).toHaveBeenCalledWith(0, 11_000);
		expect(retryDecision(busy(20_000), 'submission', attempts)).toMatchObject({ ms: 20_000 });
	});

	it('does not use up the retries of failed connections', () => {
		const attempts = { ...first, busy: { tries: 40, since: 0 } };
		const outcome: Outcome = { kind: 'unreachable', problem };
		expect(retryDecision(outcome, 'submission', attempts)).toMatchObject({ next: 'retry' });
	});
});

describe('a call that did not reach the API', () => {
	const outcome: Outcome = { kind: 'unreachable', problem };

	it.each([
		[0, 1_000],
		[1, 2_000],
		[2, 4_000],
		[3, 8_000],
	])('is sent again after failure %i of 4, with a growing delay', (failed, ms) => {
		expect(retryDecision(outcome, 'submission', { ...first, failedTries: failed })).toEqual({
			next: 'retry',
			ms,
			because: 'failed',
		});
	});

	it('fails at once where it cannot be reached for a lasting reason', () => {
		const lasting: Outcome = { ...outcome, lasting: true };
		expect(retryDecision(lasting, 'none', first)).toEqual({ next: 'fail', problem });
	});

	it('fails after four retries', () => {
		expect(retryDecision(outcome, 'submission', { ...first, failedTries: 4 })).toEqual({
			next: 'fail',
			problem,
		});
	});
});

describe('a call that the API refused', () => {
	it.each(['submission', 'repeatable', 'none'] as const)('fails at once (%s)', (effect) => {
		for (const kind of ['refused', 'absent'] as const) {
			const outcome: Outcome = { kind, problem };
			expect(retryDecision(outcome, effect, first)).toEqual({ next: 'fail', problem });
		}
	});
});

describe('a call whose outcome is unknown', () => {
	const outcome: Outcome = { kind: 'unknown', problem };

	it('is never sent again where it may have started a job', () => {
		expect(retryDecision(outcome, 'submission', first)).toEqual({ next: 'reconcile', problem });
	});

	it.each(['repeatable', 'none'] as const)('is sent again where it does no harm (%s)', (effect) => {
		expect(retryDecision(outcome, effect, first)).toMatchObject({
			next: 'retry',
			because: 'failed',
		});
	});
});
