import { createHash } from 'crypto';

/** Names an account without telling its token. */
export const accountKey = (baseUrl: string, token: string): string =>
	createHash('sha256').update(`${baseUrl}\n${token}`).digest('hex');
