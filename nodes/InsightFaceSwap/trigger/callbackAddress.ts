import { CALLBACK_PATH, unsigned } from '../jobs/callbackSignature';
import { webhookPath, type WebhookContext } from '../n8nCompat/webhookPath';

/** Who has the reply URL of an account, as a trigger sees it. */
export type ReplyUrlOwner =
	| 'nobody'
	/** This trigger: also at the address of a test run, with the secret of another token, or where n8n was before. */
	| 'this'
	/** Another trigger of the same n8n. */
	| 'otherTrigger'
	/** The same trigger in another n8n, into which the workflow was copied. */
	| 'copy'
	| 'otherApplication';

/** The path of the trigger's webhook below n8n's own, for example `<uuid>/insightfaceswap`. */
export const pathOf = (context: WebhookContext): string => webhookPath(context, CALLBACK_PATH);

/**
 * @param current the reply URL of an account or a job
 * @param url where the trigger listens
 * @param path its webhook's path
 * @param registered the address that it has registered, without its secret
 */
export function ownerOf(
	current: string | undefined,
	{ url, path, registered }: { url: string; path: string; registered?: string },
): ReplyUrlOwner {
	if (!current) return 'nobody';
	const found = parsed(current);
	if (!found) return 'otherApplication';
	const isHere = found.origin === new URL(url).origin;
	if (found.pathname.endsWith(`/${path}`)) {
		return isHere || unsigned(current) === registered ? 'this' : 'copy';
	}
	return isHere && found.pathname.endsWith(`/${CALLBACK_PATH}`)
		? 'otherTrigger'
		: 'otherApplication';
}

/** Whether two addresses are the same but for their queries. */
export function isSameAddress(one: string | undefined, other: string | undefined): boolean {
	if (!one || !other || !parsed(one) || !parsed(other)) return false;
	return unsigned(one) === unsigned(other);
}

/** The host of an address, for messages. */
export const hostOf = (url: string): string =>
	parsed(url)?.host || 'something that is no web address';

/** Whether only programs on the same machine reach this address. */
export function isLocal(url: string): boolean {
	const host = parsed(url)?.hostname ?? '';
	return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

const parsed = (url: string): URL | undefined => (URL.canParse(url) ? new URL(url) : undefined);
