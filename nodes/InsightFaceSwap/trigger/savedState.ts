import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';

import { ownCallPath, signed, unsigned } from '../jobs/callbackSignature';
import { isObject } from '../api/job';
import type { WebhookAddress } from './callbackAddress';
import { DeliveryLog } from './eventLedger';
import { dropReports, reportsOf } from './reportedJobs';
import { watchListOf, type StoredWatchList } from './watchList';

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
	/** The IDs of the reported jobs that it has taken. */
	taken: string[];
}

/** What the process that takes such a call knows. */
export interface SaveAnswer extends IDataObject {
	/** Which of the asked deliveries it knows: another process has made them. */
	known: string[];
	/** The IDs of the jobs that workers have reported to it. */
	submitted: string[];
	/** Whether the trigger catches up in this very process, which then needs not be asked for reports. */
	catchesUp: boolean;
}

/** Whether n8n has answered such a call, not a proxy. */
export const isSaveAnswer = (body: unknown): body is SaveAnswer =>
	isObject(body) && Array.isArray(body.known) && Array.isArray(body.submitted);

const TIMEOUT_MS = 10_000;

/** The call that has n8n store the state of a trigger. */
export const saveRequest = (
	{ url, path }: WebhookAddress,
	token: string,
	state: SavedState,
): IHttpRequestOptions => ({
	method: 'POST',
	url: signed(unsigned(url), token, ownCallPath(path)),
	body: { ...state },
	json: true,
	timeout: TIMEOUT_MS,
});

/**
 * Takes such a call. What has not changed is not set: n8n would store the workflow's whole static data, perhaps
 * over what another process has just stored.
 * @param memory the node's static data
 */
export function saveState(path: string, memory: StoredWatchList, body: unknown): SaveAnswer {
	const { watched, delivered, asked, taken } = isObject(body) ? body : ({} as IDataObject);
	const log = new DeliveryLog(path, memory);
	const known = textsOf(asked).filter((event) => log.has(event));
	if (textsOf(delivered).length > 0) log.addAll(textsOf(delivered));
	const list = watchListOf(path);
	storeWatched(memory, list?.ids ?? textsOf(watched));
	const ended = reportsOf(path, memory).filter((id) => log.hasEnded(id));
	dropReports(path, memory, [...textsOf(taken), ...ended]);
	return { known, submitted: reportsOf(path, memory), catchesUp: list !== undefined };
}

function storeWatched(memory: StoredWatchList, ids: string[]): void {
	if (JSON.stringify(memory.watched ?? []) !== JSON.stringify(ids)) memory.watched = ids;
}

/** The texts of a list in the body of a call. */
export const textsOf = (value: unknown): string[] =>
	Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
