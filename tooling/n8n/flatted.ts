/** n8n hands out an execution's data in the "flatted" format, which keeps shared and circular values. */

/**
 * Reads a flatted text: a JSON array whose first entry is the value, in which every string is the
 * index of the entry that stands for it. https://github.com/WebReflection/flatted
 */
export function parseFlatted(text: string): unknown {
	const entries = JSON.parse(text) as unknown[];
	const known = new Map<number, unknown>();

	const revive = (value: unknown): unknown => {
		if (typeof value === 'string') return resolve(Number(value));
		return value;
	};

	const resolve = (index: number): unknown => {
		if (known.has(index)) return known.get(index);
		const entry = entries[index];
		if (typeof entry !== 'object' || entry === null) return entry;
		const target: Record<string, unknown> | unknown[] = Array.isArray(entry) ? [] : {};
		known.set(index, target);
		for (const [key, value] of Object.entries(entry))
			Object.assign(target, { [key]: revive(value) });
		return target;
	};

	return resolve(0);
}
