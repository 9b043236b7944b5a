import { UserError } from './failure';

/** Between two questions, in milliseconds: more and more, as most answers come soon. */
const FIRST_MS = 5;
const LONGEST_MS = 100;

/**
 * Asks again and again until there is an answer.
 * @param what is waited for, as it would follow "waited for"
 * @param seen what there is instead, when it takes too long
 * @throws UserError when it takes too long
 */
export async function until<T>(
	what: string,
	ask: () => Promise<T | undefined | false>,
	limitMs = 120_000,
	seen?: () => string,
): Promise<T> {
	const deadline = Date.now() + limitMs;
	for (let ms = FIRST_MS; ; ms = Math.min(LONGEST_MS, ms * 1.5)) {
		const answer = await ask();
		if (answer) return answer;
		if (Date.now() > deadline) {
			const instead = seen ? `: there are ${seen()}` : '';
			throw new UserError(`Waited ${limitMs / 1000} s for ${what}${instead}`);
		}
		await new Promise((resolve) => setTimeout(resolve, ms));
	}
}
