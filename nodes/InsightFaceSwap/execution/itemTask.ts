import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import * as panel from '../actions/fields';
import { itemParameters } from '../actions/readParameters';
import type { Operation, ReadParameter } from '../actions/types';
import type { ApiCall } from '../api/client';
import { MultipartForm } from '../n8nCompat/multipartForm';
import { asBoolean, asNumber, asText } from '../shared/validation';
import type { SchedulerTask } from './scheduling/channelScheduler';

const DEFAULT_WAIT_SECONDS = 600;

/** One input item, what the user chose for it, and what has happened to its calls. */
export interface Task extends SchedulerTask {
	itemIndex: number;
	read: ReadParameter;
	settings: Settings;
	/** What it sends, built before its turn comes and kept for another attempt. */
	call?: ApiCall;
	/** When the API first said that it is busy, in milliseconds since 1970. */
	busySince?: number;
	/** How often the API said that it is busy. */
	busyTries: number;
	/** How long the channel of its last call usually takes for a job, in milliseconds. */
	serviceMs?: number;
	/** How often the connection failed. */
	failedTries: number;
	/** Whether a try was sent whose answer did not come. */
	answerLost?: true;
	resubmitted?: true;
	/** Its job was started by an earlier run, or by an earlier try of this one. */
	resumed?: true;
}

/** What the user chose for an item, besides what is sent. */
export interface Settings {
	/** How to wait for the end of a job. */
	waitMode: 'none' | 'poll' | 'suspend';
	/** How long to wait for a busy channel, and then for the job, in milliseconds. */
	maximumWaitMs: number;
	/** Whether to pay twice rather than go without a result. */
	mayResubmit: boolean;
	/** Whether to continue a job that an earlier run has paid for. */
	continuesPaidJobs: boolean;
	cancelOnStop: boolean;
	simplify: boolean;
	downloadResults: boolean;
	/** The binary field of the first result. */
	outputField: string;
	/** The maximum number of channels for items that name none. */
	maxConcurrentJobs: number;
	/** Below how many credits of a channel to warn; 0 for no warning. */
	warnUnderCredits: number;
}

/** @throws InputError when the item's channel cannot be one, or a setting has another type */
export function taskFor(context: IExecuteFunctions, operation: Operation, itemIndex: number): Task {
	const read = itemParameters(context, itemIndex);
	const channel = operation.request.form ? panel.chosenChannel(read) || undefined : undefined;
	return {
		itemIndex,
		read,
		settings: settingsOf(operation, read),
		channel,
		busyTries: 0,
		failedTries: 0,
	};
}

/** Has an item go on with a job that an earlier run or try has started. Its callback goes there. */
export function continueJob(task: Task): void {
	task.resumed = true;
	if (task.settings.waitMode === 'suspend') task.settings.waitMode = 'poll';
}

/** The reply URL that an item's job was submitted with. */
export const replyUrlOf = ({ call }: Task): string | undefined =>
	call?.body instanceof MultipartForm ? call.body.text('replyUrl') : undefined;

/** Drops the pictures of an item that is not sent again: a batch of thousands would fill the memory with them. */
export function dropPictures({ call }: Task): void {
	if (call?.body instanceof MultipartForm) call.body.close();
}

function settingsOf({ answer }: Operation, read: ReadParameter): Settings {
	const fields = read<IDataObject>('additionalFields', {});
	return {
		waitMode: waitModeOf(answer, read),
		maximumWaitMs: 1000 * secondsToWait(fields),
		mayResubmit: fields.ifOutcomeUnknown === 'resubmit',
		continuesPaidJobs: fields.onRepeat !== 'anew',
		cancelOnStop: asBoolean(fields.cancelOnStop, panel.cancelOnStop.displayName),
		simplify: asBoolean(read('simplify', true), 'Simplify', true),
		downloadResults: asBoolean(read('downloadResults', false), 'Download Results', true),
		outputField:
			asText(fields.outputBinaryPropertyName, panel.outputField.displayName).trim() || 'data',
		maxConcurrentJobs: asNumber(
			fields.maxConcurrentJobs,
			panel.maxConcurrentJobs.displayName,
			Infinity,
			{
				min: 1,
			},
		),
		warnUnderCredits: asNumber(fields.warnUnderCredits, panel.warnUnderCredits.displayName, 0),
	};
}

const secondsToWait = ({ maximumWait }: IDataObject): number =>
	asNumber(maximumWait, panel.maximumWait.displayName, DEFAULT_WAIT_SECONDS, {
		max: panel.MAX_WAIT_SECONDS,
	});

function waitModeOf(answer: Operation['answer'], read: ReadParameter): Settings['waitMode'] {
	if (answer.of !== 'job' || answer.until === 'read') return 'none';
	return answer.until === 'asked' ? read<Settings['waitMode']>('waitMode', 'poll') : 'poll';
}
