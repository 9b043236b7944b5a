import { endpoints } from '../api/endpoints';
import { isObject } from '../api/job';
import type { Run } from './executionState';
import { setting, type Task } from './itemTask';
import { READERS, type Account } from './scheduling/channelRegistry';

/**
 * The workers for items that name no channel: one for each channel with credits. A single item while no
 * other execution uses the account, an operation that is bound to one of several channels, or a list
 * that cannot be read leave the choice to the API.
 */
export async function sharedChannels(
	run: Run,
	tasks: Task[],
	account: Account,
): Promise<Array<string | undefined>> {
	const { form, anyChannel } = run.operation.request;
	if (!form) return Array<undefined>(READERS).fill(undefined);
	const shared = tasks.filter(({ channel }) => !channel);
	if (shared.length === 0) return [];
	const isBatch = Boolean(anyChannel) && shared.length > 1;
	if (!isBatch && !account.isShared) return [undefined];
	const channels = await account.listed(async () => await channelsWithCredits(run));
	if (channels.length === 0 || (!anyChannel && channels.length > 1)) return [undefined];
	return isBatch ? leastUsed(channels, account).slice(0, maxConcurrent(shared)) : channels;
}

const leastUsed = (channels: string[], account: Account): string[] =>
	[...channels].sort((one, other) => account.load(one) - account.load(other));

function maxConcurrent([task]: Task[]): number {
	return Math.max(1, Number((task && setting(task, 'maxConcurrentJobs')) ?? Infinity));
}

/** Nothing when the list cannot be read. */
async function channelsWithCredits(run: Run): Promise<string[] | undefined> {
	const outcome = await run.client({ method: 'GET', path: endpoints.accounts });
	if (outcome.kind !== 'answered' || !isObject(outcome.body)) return undefined;
	run.summary.noteAccounts(outcome.body);
	return Object.entries(outcome.body)
		.filter(([, account]) => hasCredits(account))
		.map(([channel]) => channel);
}

/** An account whose credits are not known counts as having some. */
function hasCredits(account: unknown): boolean {
	const credits = isObject(account) ? account.credits : undefined;
	return !isObject(credits) || Number(credits.used) < Number(credits.total);
}
