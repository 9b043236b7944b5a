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
