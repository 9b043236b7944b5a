import { createHash } from 'crypto';

/** Names an account without telling its token. */
export const accountKey = (baseUrl: string, token: string): string =>
	createHash('sha256').update(`${baseUrl}\n${token}`).digest('hex');

/** Names an account by what stays when its token is rotated: the number of its user; a hash of any other token. */
export const ownerOf = (token: string): string =>
	/^\s*(user:\d+)-/.exec(token)?.[1] ?? createHash('sha256').update(token).digest('hex');
