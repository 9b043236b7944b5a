import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { chosenChannel } from '../actions/fields';
import { itemParameters } from '../actions/readParameters';
import type { Operation, ReadParameter } from '../actions/types';
import type { ApiCall } from '../api/client';
import { buildRequest } from './buildRequest';
import type { SchedulerTask } from './scheduling/channelScheduler';

const DEFAULT_WAIT_SECONDS = 600;

/** One input item on its way through the engine. */
export interface Task extends SchedulerTask {
	itemIndex: number;
	read: ReadParameter;
	/** What it sends, built when its turn comes and kept for another try. */
	call?: ApiCall;
	/** When the API first said that it is busy, in milliseconds since 1970. */
	busySince?: number;
	/** How often the API said that it is busy. */
	busyTries: number;
	/** How long the channel of its last call usually takes for a job, in milliseconds. */
	serviceMs?: number;
	/** How often the connection failed. */
	failedTries: number;
	resubmitted?: true;
	/** Its job was started by an earlier run, or by an earlier try of this one. */
	resumed?: true;
}

/** What building a request takes from the execution. */
export interface RequestSource {
	context: IExecuteFunctions;
	operation: Operation;
}

/** @throws InputError when the item's channel cannot be one */
export function taskFor({ context, operation }: RequestSource, itemIndex: number): Task {
	const read = itemParameters(context, itemIndex);
	const channel = operation.request.form ? chosenChannel(read) || undefined : undefined;
	return { itemIndex, read, channel, busyTries: 0, failedTries: 0 };
}

/**
 * What the item sends.
 * @throws InputError for what cannot be sent
 */
export async function requestFor(
	{ context, operation }: RequestSource,
	task: Task,
): Promise<ApiCall> {
	task.call ??= await buildRequest(context, operation.request, task.itemIndex, task.read);
	return task.call;
}

/** A setting of the item's additional fields. */
export const setting = (task: Task, name: string): IDataObject[string] =>
	task.read<IDataObject>('additionalFields', {})[name];

/** Whether the user would rather pay twice than go without. */
export const mayResubmit = (task: Task): boolean =>
	setting(task, 'ifOutcomeUnknown') === 'resubmit';

/** Whether to continue a job that an earlier run has paid for. */
export const continuesPaidJobs = (task: Task): boolean => setting(task, 'onRepeat') !== 'anew';

/** How long the item may wait for a busy channel, and then for its job, in milliseconds. */
export const maximumWaitMs = (task: Task): number =>
	Number(setting(task, 'maximumWait') ?? DEFAULT_WAIT_SECONDS) * 1000;
