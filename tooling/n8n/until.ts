import { UserError } from './failure';

const probeEveryMs = 100;

/**
 * Asks again and again until there is an answer.
 * @param what is waited for, as it would follow "waited for"
 * @throws UserError when it takes too long
 */
export async function until<T>(
	what: string,
	ask: () => Promise<T | undefined | false>,
	limitMs = 120_000,
): Promise<T> {
	const deadline = Date.now() + limitMs;
	for (;;) {
		const answer = await ask();
		if (answer) return answer;
		if (Date.now() > deadline) throw new UserError(`Waited ${limitMs / 1000} s for ${what}`);
		await new Promise((resolve) => setTimeout(resolve, probeEveryMs));
	}
}
