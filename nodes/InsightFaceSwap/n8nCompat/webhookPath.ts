import { NodeHelpers, type INode } from 'n8n-workflow';

/** Tells the node and its workflow. */
export interface WebhookContext {
	getNode(): INode;
	getWorkflow(): { id?: string };
}

/**
 * The path of a node's webhook below n8n's own, for example `<uuid>/insightfaceswap`. It is the same
 * in test runs, and when n8n moves to another address.
 *
 * Relies on: n8n builds webhook paths with this function, as `<webhook ID>/<path>`. Checked in n8n
 * 1.123.81 and 2.41.1 (workflow: node-helpers, `getNodeWebhookPath`).
 * @param path the path in the node's description
 */
export const webhookPath = (context: WebhookContext, path: string): string =>
	NodeHelpers.getNodeWebhookPath(context.getWorkflow().id ?? '', context.getNode(), path);

/**
 * The path below n8n's own at the end of a webhook's address; nothing for an address that no webhook
 * with `path` can have.
 */
export const webhookPathOf = (address: URL, path: string): string | undefined =>
	new RegExp(`/([^/]+/${path})$`).exec(address.pathname)?.[1];
