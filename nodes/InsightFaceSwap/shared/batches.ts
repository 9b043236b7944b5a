interface Batch<T, R> {
	items: T[];
	result: Promise<R>;
}

/**
 * Calls of one kind, one at a time for each key: items that come during a call wait, and go together in
 * the next one.
 */
export class Batches<T, R> {
	private readonly last = new Map<string, Promise<unknown>>();

	private readonly waiting = new Map<string, Batch<T, R>>();

	/**
	 * @param call makes the call for all items that have come by then; the one of the first item is used
	 * @returns the result of the call that had the item
	 */
	async add(key: string, item: T, call: (items: T[]) => Promise<R>): Promise<R> {
		const batch = this.waiting.get(key);
		if (!batch) return await this.begin(key, [item], call);
		batch.items.push(item);
		return await batch.result;
	}

	private async begin(key: string, items: T[], call: (items: T[]) => Promise<R>): Promise<R> {
		const result = this.afterLast(key, async () => {
			this.waiting.delete(key);
			return await call(items);
		});
		this.waiting.set(key, { items, result });
		this.last.set(key, result);
		try {
			return await result;
		} finally {
			if (this.last.get(key) === result) this.last.delete(key);
		}
	}

	private async afterLast(key: string, work: () => Promise<R>): Promise<R> {
		await Promise.resolve(this.last.get(key)).catch(() => {});
		return await work();
	}
}
