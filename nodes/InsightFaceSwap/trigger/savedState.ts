import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';

import { signed, unsigned } from '../jobs/callbackSignature';
import { isObject } from '../api/job';
import type { WebhookAddress } from './callbackAddress';
import { DeliveryLog } from './eventLedger';
import { watchListOf } from './watchList';

/**
 * What a trigger function sends to its own webhook. n8n stores static data after a webhook call and
 * after an execution, but not when a trigger function changes it.
 */
export interface SavedState {
	/** The IDs of the jobs whose ends it waits for. */
	watched: string[];
	/** What it has delivered, see deliveryIdOf. */
	delivered: string[];
	/** What it is about to deliver. */
	asked: string[];
}

/** What the secret of such a call is derived from. The secret of callbacks is known to the API. */
export const savePath = (path: string): string => `save/${path}`;

const TIMEOUT_MS = 10_000;

/** The call that has n8n store the state of a trigger. */
export const saveRequest = (
	{ url, path }: WebhookAddress,
	token: string,
	state: SavedState,
): IHttpRequestOptions => ({
	method: 'POST',
	url: signed(unsigned(url), token, savePath(path)),
	body: { ...state },
	json: true,
	timeout: TIMEOUT_MS,
});

/**
 * Takes such a call.
 * @param memory the node's static data
 * @returns which of the asked deliveries are known: another process has made them
 */
export function saveState(path: string, memory: IDataObject, body: unknown): { known: string[] } {
	const { watched, delivered, asked } = isObject(body) ? body : ({} as IDataObject);
	const log = new DeliveryLog(path, memory);
	const known = texts(asked).filter((event) => log.has(event));
	log.addAll(texts(delivered));
	const list = watchListOf(path);
	if (list) list.saveTo(memory);
	else memory.watched = texts(watched);
	return { known };
}

const texts = (value: unknown): string[] =>
	Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
