const MAX_NAME_BYTES = 200;

/** Control characters, marks that change the direction of text, line ends and halves of characters. */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u200B\uFEFF]/gu;

/**
 * A file name from elsewhere, without what cannot be seen, without path separators, and of at most
 * 200 bytes with its extension.
 * @returns nothing where no name is left
 */
export function cleanFileName(name: unknown): string | undefined {
	if (typeof name !== 'string') return undefined;
	const clean = name.replace(UNSEEN, '').replace(/[/\\]/g, '_').trim();
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
 * A content type from elsewhere, without its parameters.
 * @returns nothing for what is not of the form `type/subtype`
 */
export function cleanContentType(type: unknown): string | undefined {
	if (typeof type !== 'string') return undefined;
	const essence = (type.split(';')[0] ?? '').trim().toLowerCase();
	return /^[a-z0-9][\w!#$&^.+-]{0,63}\/[a-z0-9][\w!#$&^.+-]{0,63}$/.test(essence)
		? essence
		: undefined;
}
