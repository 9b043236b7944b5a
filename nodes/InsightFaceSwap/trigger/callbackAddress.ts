import { CALLBACK_PATH, unsigned } from '../jobs/callbackSignature';
import { webhookPath, type WebhookContext } from '../n8nCompat/webhooks';

/** The path of the trigger's webhook below n8n's own, for example `<uuid>/insightfaceswap`. */
export const pathOf = (context: WebhookContext): string => webhookPath(context, CALLBACK_PATH);

/**
 * Whether a reply URL leads to a trigger: also at the address of a test run, with the secret of another token, or
 * where n8n was before.
 * @param url where the trigger listens
 * @param path its webhook's path
 * @param registered the address that it has registered, without its secret
 */
export function isOwn(
	replyUrl: string,
	{ url, path, registered }: { url: string; path: string; registered?: string },
): boolean {
	const found = parsed(replyUrl);
	if (!found?.pathname.endsWith(`/${path}`)) return false;
	return found.origin === new URL(url).origin || unsigned(replyUrl) === registered;
}

/** Whether two addresses are the same but for their queries. */
export function isSameAddress(one = '', other = ''): boolean {
	return URL.canParse(one) && URL.canParse(other) && unsigned(one) === unsigned(other);
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
