/** The last piece of work for each key; empty when nothing runs. */
const last = new Map<string, Promise<unknown>>();

/** Runs pieces of work with the same key one after the other. */
export async function oneAtATime<T>(key: string, work: () => Promise<T>): Promise<T> {
	const before = last.get(key) ?? Promise.resolve();
	const result = before.then(work, work);
	const settled = result.catch(() => {});
	last.set(key, settled);
	try {
		return await result;
	} finally {
		if (last.get(key) === settled) last.delete(key);
	}
}

/** Runs at most `max` pieces of work at a time; the others wait their turn. */
export function limit(max: number): <T>(work: () => Promise<T>) => Promise<T> {
	const waiting: Array<() => void> = [];
	let running = 0;
	return async (work) => {
		while (running >= max) await new Promise<void>((resolve) => waiting.push(resolve));
		running++;
		try {
			return await work();
		} finally {
			running--;
			waiting.shift()?.();
		}
	};
}
