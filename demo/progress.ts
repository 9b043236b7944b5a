/** Lines that tell how far the demo has come. */

const begun = Date.now();
const heartbeatMs = 15_000;

const seconds = (since: number) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** Time since the demo began, e.g. "12.3 s". */
export const elapsed = () => seconds(begun);

export function say(text: string): void {
	console.log(text);
}

/** Runs the work and prints a line when it is done, and one every 15 s until then. */
export async function step<T>(label: string, work: () => Promise<T>): Promise<T> {
	const started = Date.now();
	const heartbeat = setInterval(() => say(`  … ${label} (${seconds(started)})`), heartbeatMs);
	try {
		const result = await work();
		say(`  ✓ ${label} (${seconds(started)})`);
		return result;
	} finally {
		clearInterval(heartbeat);
	}
}
