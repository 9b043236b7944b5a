/** The password of a local n8n's owner: a random one for each user folder, kept in that folder. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** n8n wants a digit and a capital letter, which chance alone does not promise. */
const newPassword = () => `N8n-${randomBytes(18).toString('base64url')}`;

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';

/**
 * Gives the password that belongs to n8n's user folder, and makes one for a folder that has none. It
 * is not the same everywhere: a web page whose name points to this machine could sign in with it.
 */
export async function passwordOf(userFolder: string): Promise<string> {
	const file = join(userFolder, 'owner-password');
	try {
		return (await readFile(file, 'utf8')).trim();
	} catch (error) {
		if (!isMissing(error)) throw error;
	}
	const password = newPassword();
	await mkdir(userFolder, { recursive: true });
	await writeFile(file, `${password}\n`, { mode: 0o600, flag: 'wx' });
	return password;
}
