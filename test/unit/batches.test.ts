import { Batches } from '../../nodes/InsightFaceSwap/shared/batches';

/** A call that ends when it is told to. */
function pending() {
	const calls: string[][] = [];
	const ends: Array<() => void> = [];
	const call = async (items: string[]) => {
		calls.push([...items]);
		await new Promise<void>((resolve) => ends.push(resolve));
		return items.join();
	};
	return { calls, call, end: () => ends.shift()?.() };
}

const turn = async () => await new Promise((resolve) => setImmediate(resolve));

test('items that come during a call go together in the next one', async () => {
	const { calls, call, end } = pending();
	const batches = new Batches<string, string>();
	const results = [batches.add('node', 'a', call)];
	await turn();
	results.push(batches.add('node', 'b', call), batches.add('node', 'c', call));
	await turn();
	expect(calls).toEqual([['a']]);
	end();
	await turn();
	expect(calls).toEqual([['a'], ['b', 'c']]);
	end();
	expect(await Promise.all(results)).toEqual(['a', 'b,c', 'b,c']);
});

test('keys do not wait for each other', async () => {
	const { calls, call } = pending();
	const batches = new Batches<string, string>();
	void batches.add('one', 'a', call);
	void batches.add('other', 'b', call);
	await turn();
	expect(calls).toEqual([['a'], ['b']]);
});

test('a call that fails fails its items only', async () => {
	const batches = new Batches<string, string>();
	const failing = batches.add(
		'node',
		'a',
		async () => await Promise.reject(new Error('no database')),
	);
	await expect(failing).rejects.toThrow('no database');
	expect(await batches.add('node', 'b', async (items) => items.join())).toBe('b');
});
