import type { Operation } from '../../actions/types';
import { isRunning, type Job } from '../../api/job';
import { MultipartForm } from '../../n8nCompat/multipartForm';
import type { Task } from '../itemTask';
import type { Account } from './channelRegistry';

/**
 * Releases the pictures of an item that must wait for its turn. Hundreds of executions may wait with an
 * item each, while a batch prepares few items.
 * @param shared the channels for items that name none
 */
export function releaseIfBusy(
	account: Account,
	{ call, channel }: Task,
	shared: Array<string | undefined>,
): void {
	const wanted = channel ? [channel] : shared;
	const mustWait = wanted.every((one) => one !== undefined && account.load(one) > 0);
	if (mustWait && call?.body instanceof MultipartForm) call.body.release();
}

/**
 * Waits for a job that no call in flight belongs to. While the job may have its channel, nothing is sent
 * to that channel.
 */
export async function onItsChannel(
	{ request }: Operation,
	account: Account,
	job: Job,
	wait: () => Promise<void>,
): Promise<void> {
	const { channel } = job;
	const hasChannel = isRunning(job) && !request.freesChannel;
	const turn = channel && hasChannel ? account.occupy(channel) : undefined;
	try {
		await wait();
	} finally {
		turn?.end();
	}
}
