import type { IHookFunctions } from 'n8n-workflow';

import { webhookPath, type WebhookContext } from '../n8nCompat/webhookPath';
import { CALLBACK_PATH, signed, unsigned } from '../jobs/callbackSignature';

/** Where a trigger listens. */
export interface WebhookAddress {
	/** The address with its secret. */
	url: string;
	/** The part of it that stays the same in test runs and when n8n moves. */
	path: string;
}

/** Who has the reply URL of an account, as a trigger sees it. */
export type ReplyUrlOwner =
	/** Nobody. */
	| 'nobody'
	/** This trigger, at this very address. */
	| 'this'
	/** This trigger, at the address of a test run, with the secret of another token, or where n8n was before. */
	| 'earlier'
	/** Another trigger of the same n8n. */
	| 'otherTrigger'
	/** The same trigger in another n8n, into which the workflow was copied. */
	| 'copy'
	| 'otherApplication';

/** The path of the trigger's webhook below n8n's own, for example `<uuid>/insightfaceswap`. */
export const pathOf = (context: WebhookContext): string => webhookPath(context, CALLBACK_PATH);

/** Where the triggers of this process listen while they are active, by webhook path. */
const addresses = new Map<string, WebhookAddress>();

/** Keeps where a trigger listens for its trigger function, which n8n does not tell. */
export const keepAddress = (address: WebhookAddress): void => {
	addresses.set(address.path, address);
};

/** Forgets where an active trigger listens; a test run listens elsewhere. */
export function forgetAddress({ path, url }: WebhookAddress): void {
	if (isSameAddress(addresses.get(path)?.url, url)) addresses.delete(path);
}

/** Where an active trigger listens; unknown where n8n has registered it in another process. */
export const addressHere = (path: string): WebhookAddress | undefined => addresses.get(path);

/** Where the trigger listens now: in a test run at another address than when it is active. */
export function webhookAddressOf(context: IHookFunctions, token: string): WebhookAddress {
	const path = pathOf(context);
	const url = context.getNodeWebhookUrl('default') ?? '';
	return { url: signed(url, token, path), path };
}

/**
 * @param current the account's reply URL
 * @param registeredAt the address that the trigger registered last, without its secret
 */
export function ownerOf(
	current: string | undefined,
	{ url, path }: WebhookAddress,
	registeredAt?: string,
): ReplyUrlOwner {
	if (!current) return 'nobody';
	if (current === url) return 'this';
	const found = parsed(current);
	if (!found) return 'otherApplication';
	const isHere = found.origin === new URL(url).origin;
	if (isAddressOf(current, path)) {
		return isHere || unsigned(current) === registeredAt ? 'earlier' : 'copy';
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

/** Whether an address is that of the trigger with this webhook path, wherever n8n is. */
export const isAddressOf = (url: string, path: string): boolean =>
	parsed(url)?.pathname.endsWith(`/${path}`) ?? false;

/** The host of an address, for messages. */
export const hostOf = (url: string): string =>
	parsed(url)?.host || 'something that is no web address';

/** Whether only programs on the same machine reach this address. */
export function isLocal(url: string): boolean {
	const host = parsed(url)?.hostname ?? '';
	return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

function parsed(url: string): URL | undefined {
	try {
		return new URL(url);
	} catch {
		return undefined;
	}
}
