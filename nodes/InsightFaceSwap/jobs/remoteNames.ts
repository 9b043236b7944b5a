const MAX_NAME_BYTES = 200;

/** Control characters, direction marks, line separators and lone surrogates. */
const INVISIBLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u200B\uFEFF]/gu;

/**
 * Cleans the file name of a download: no invisible characters, no path separators, at most 200 bytes
 * with its extension.
 * @returns nothing if no name is left
 */
export function cleanFileName(name: unknown): string | undefined {
	if (typeof name !== 'string') return undefined;
	const clean = name.replace(INVISIBLE, '').replace(/[/\\]/g, '_').trim();
	if (/^\.*$/.test(clean)) return undefined;
	const extension = /\.[A-Za-z0-9]{1,16}$/.exec(clean)?.[0] ?? '';
	const stem = clean.slice(0, clean.length - extension.length);
	return firstBytes(stem, MAX_NAME_BYTES - extension.length) + extension;
}

/** As many whole characters as fit. */
function firstBytes(text: string, bytes: number): string {
	let cut = '';
	let size = 0;
	for (const character of text) {
		size += Buffer.byteLength(character);
		if (size > bytes) break;
		cut += character;
	}
	return cut;
}

/**
 * Cleans the content type of a download: no parameters.
 * @returns nothing if it has not the form `type/subtype`
 */
export function cleanContentType(type: unknown): string | undefined {
	if (typeof type !== 'string') return undefined;
	const essence = (type.split(';')[0] ?? '').trim().toLowerCase();
	return /^[a-z0-9][\w!#$&^.+-]{0,63}\/[a-z0-9][\w!#$&^.+-]{0,63}$/.test(essence)
		? essence
		: undefined;
}
