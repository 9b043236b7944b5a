/** Lines that tell how far the demo has come. */

const startedAt = Date.now();
const heartbeatMs = 15_000;

const seconds = (since: number) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** Time since the demo began, e.g. "12.3 s". */
export const elapsed = () => seconds(startedAt);

export function say(text: string): void {
	console.log(text);
}

/**
 * Runs the work and prints a line when it is done, and one every 15 s until then. Work that throws
 * counts as failed, and so does a result that `isGood` rejects.
 */
export async function step<T>(
	label: string,
	work: () => Promise<T>,
	isGood: (result: T) => boolean = () => true,
): Promise<T> {
	const started = Date.now();
	const heartbeat = setInterval(() => say(`  … ${label} (${seconds(started)})`), heartbeatMs);
	let mark = '✗';
	try {
		const result = await work();
		if (isGood(result)) mark = '✓';
		return result;
	} finally {
		clearInterval(heartbeat);
		say(`  ${mark} ${label} (${seconds(started)})`);
	}
}
