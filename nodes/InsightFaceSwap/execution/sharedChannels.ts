import type { IDataObject } from 'n8n-workflow';

import { accountsOf } from '../api/accounts';
import type { ApiClient } from '../api/client';
import { endpoints } from '../api/endpoints';
import { isObject } from '../api/job';
import type { Task } from './itemTask';
import type { RunContext } from './runContext';
import { READERS, type Account } from './scheduling/channelRegistry';

/** How long to wait for the list of accounts, in milliseconds. Without it, the API chooses the channel. */
const LIST_TIMEOUT_MS = 20_000;

/**
 * The workers for items that name no channel: one for each channel with credits. A single item while no
 * other execution uses the account, an operation that is bound to one of several channels, or a list
 * that cannot be read leave the choice to the API.
 * @param noteAccounts called with the list of accounts, when the API was asked for it
 */
export async function sharedChannels(
	{ client, operation, halted }: RunContext,
	tasks: Task[],
	account: Account,
	noteAccounts: (accounts: IDataObject) => void,
): Promise<Array<string | undefined>> {
	const { form, anyChannel } = operation.request;
	if (!form) return Array<undefined>(READERS).fill(undefined);
	const shared = tasks.filter(({ channel }) => !channel);
	if (shared.length === 0) return [];
	const isBatch = Boolean(anyChannel) && shared.length > 1;
	if (!isBatch && !account.isShared) return [undefined];
	const channels = await account.listed(
		async () => await channelsWithCredits(client, noteAccounts),
		halted,
	);
	if (channels.length === 0 || (!anyChannel && channels.length > 1)) return [undefined];
	return isBatch ? leastUsed(channels, account).slice(0, maxConcurrent(shared)) : channels;
}

const leastUsed = (channels: string[], account: Account): string[] =>
	[...channels].sort((one, other) => account.load(one) - account.load(other));

function maxConcurrent([task]: Task[]): number {
	return task?.settings.maxConcurrentJobs ?? Infinity;
}

/** Nothing when the list cannot be read. */
async function channelsWithCredits(
	client: ApiClient,
	noteAccounts: (accounts: IDataObject) => void,
): Promise<string[] | undefined> {
	const outcome = await client({
		method: 'GET',
		path: endpoints.accounts,
		timeoutMs: LIST_TIMEOUT_MS,
	});
	if (outcome.kind !== 'answered' || !isObject(outcome.body)) return undefined;
	const accounts = accountsOf(outcome.body);
	if (Object.keys(outcome.body).length > 0 && accounts.length === 0) return undefined;
	noteAccounts(Object.fromEntries(accounts));
	return accounts.filter(([, account]) => hasCredits(account)).map(([channel]) => channel);
}

/** An account whose credits are not known counts as having some. */
const hasCredits = ({ credits }: IDataObject): boolean =>
	!isObject(credits) || !(Number(credits.used) >= Number(credits.total));
