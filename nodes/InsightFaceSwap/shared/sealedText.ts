import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'crypto';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Signatures of callbacks have the same key, but never sign this text. */
const keyOf = (token: string) =>
	createHmac('sha256', token).update('key for the former reply URL').digest();

/**
 * Encrypts a text for a place that others can read.
 * @param token the API token, from which the key is derived
 */
export function sealed(text: string, token: string): string {
	const iv = randomBytes(IV_BYTES);
	const cipher = createCipheriv(CIPHER, keyOf(token), iv);
	const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
	return Buffer.concat([iv, cipher.getAuthTag(), data]).toString('base64url');
}

/**
 * Decrypts what `sealed` gave.
 * @returns undefined where another token was used or the text was changed
 */
export function unsealed(text: string, token: string): string | undefined {
	const bytes = Buffer.from(text, 'base64url');
	try {
		const iv = bytes.subarray(0, IV_BYTES);
		const decipher = createDecipheriv(CIPHER, keyOf(token), iv, { authTagLength: TAG_BYTES });
		decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
		const data = bytes.subarray(IV_BYTES + TAG_BYTES);
		return decipher.update(data, undefined, 'utf8') + decipher.final('utf8');
	} catch {
		return undefined;
	}
}
