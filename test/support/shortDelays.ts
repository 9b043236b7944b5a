import * as backoff from '../../nodes/InsightFaceSwap/shared/backoff';

/** A second of the package is a millisecond of a test. */
const FACTOR = 1000;

/**
 * Divides all delays of the package by one factor until `jest.restoreAllMocks()`. Their order, growth and
 * jitter stay, and so does the time that the API asks for. The tests talk to a real server, so they cannot use Jest's fake timers.
 */
export function shortenDelays(): void {
	const { pollDelay, busyDelay, reconnectDelay, entryDelay } = backoff;
	const { listDelay, outageDelay } = backoff;
	const shorten =
		<Args extends unknown[]>(delay: (...args: Args) => number) =>
		(...args: Args) =>
			delay(...args) / FACTOR;
	jest.spyOn(backoff, 'pollDelay').mockImplementation(shorten(pollDelay));
	jest.spyOn(backoff, 'listDelay').mockImplementation(shorten(listDelay));
	jest.spyOn(backoff, 'outageDelay').mockImplementation(shorten(outageDelay));
	jest
		.spyOn(backoff, 'busyDelay')
		.mockImplementation((askedMs) => Math.max(askedMs, shorten(busyDelay)(0)));
	jest.spyOn(backoff, 'reconnectDelay').mockImplementation(shorten(reconnectDelay));
	jest.spyOn(backoff, 'entryDelay').mockImplementation(shorten(entryDelay));
}
