import { retry } from '../../nodes/InsightFaceSwap/shared/retry';

const atOnce = () => 0;

/** Work that gives one after the other of `results`. */
const giving = (...results: string[]) => jest.fn(async () => results.shift() ?? 'none');
const isBad = (result: string) => result === 'bad';

describe('retry', () => {
	it('calls once where the first result needs no retry', async () => {
		const work = giving('good', 'other');
		expect(await retry({ retries: 3, delay: atOnce }, work, isBad)).toBe('good');
		expect(work).toHaveBeenCalledTimes(1);
	});

	it('calls again until a result needs no retry', async () => {
		const work = giving('bad', 'bad', 'good');
		expect(await retry({ retries: 3, delay: atOnce }, work, isBad)).toBe('good');
	});

	it('gives the last result when no retry is left', async () => {
		const work = giving('bad', 'bad', 'bad', 'good');
		expect(await retry({ retries: 2, delay: atOnce }, work, isBad)).toBe('bad');
		expect(work).toHaveBeenCalledTimes(3);
	});

	it('asks for the delay before each retry, counted from 0', async () => {
		const delay = jest.fn((_attempt: number) => 0);
		await retry({ retries: 2, delay }, giving('bad', 'bad', 'bad'), isBad);
		expect(delay.mock.calls).toEqual([[0], [1]]);
	});

	it('throws what the work throws, without a retry', async () => {
		const work = jest.fn(async () => await Promise.reject(new Error('broken')));
		await expect(retry({ retries: 3, delay: atOnce }, work, () => true)).rejects.toThrow('broken');
		expect(work).toHaveBeenCalledTimes(1);
	});

	it('ends its delay and calls no more when the signal aborts', async () => {
		const stop = new AbortController();
		const work = giving('bad', 'good');
		const delay = () => {
			void Promise.resolve().then(() => stop.abort());
			return 3_600_000;
		};
		jest.useFakeTimers();
		try {
			expect(await retry({ retries: 3, delay, signal: stop.signal }, work, isBad)).toBe('bad');
		} finally {
			jest.useRealTimers();
		}
		expect(work).toHaveBeenCalledTimes(1);
	});
});
