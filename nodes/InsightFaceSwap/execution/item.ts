import type {
	IBinaryKeyData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';

import * as panel from '../actions/fields';
import { itemParameters } from '../actions/readParameters';
import type { Operation, ReadParameter } from '../actions/types';
import type { ApiCall } from '../api/client';
import type { Job } from '../api/job';
import type { ItemError } from '../api/nodeErrors';
import { MultipartForm } from '../n8nCompat/multipartForm';
import { asBoolean, asNumber, asText } from '../shared/validation';

const DEFAULT_WAIT_SECONDS = 600;

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
	/** Whether the output has the pictures that were sent, beside the result. */
	keepInputPictures: boolean;
	/** The maximum number of channels for items that name none. */
	maxConcurrentJobs: number;
	/** Below how many credits of a channel to warn; 0 for no warning. */
	warnUnderCredits: number;
}

/**
 * What has become of an item: `open`: nothing was sent; `sent`: its call is in flight; `running`: the API
 * took its job; `unknown`: nobody knows whether it did; `failed` and `done`: its output is there.
 */
export type ItemState = 'open' | 'sent' | 'running' | 'unknown' | 'failed' | 'done';

/** The names of the face and of the picture that an item sends. */
export type ItemFiles = { sourceFile?: string; targetFile?: string };

/** One input item of a run. */
export class Item {
	state: ItemState = 'open';

	/** What it sends, built before its turn comes and kept for another attempt. */
	call?: ApiCall;

	/** When its call was sent last, in milliseconds since 1970. */
	sentAt = 0;

	/** The job that the API took. */
	job?: Job;

	/** Whether its job was started by an earlier run, or by an earlier try of this one. */
	isContinued = false;

	/** Why it has failed. */
	error?: ItemError;

	/** Its output items. */
	output: INodeExecutionData[] = [];

	/** The pictures that it sends, for the output beside the result: `face` and `picture`. */
	inputPictures: IBinaryKeyData = {};

	/** How often the API said that it is busy, and since when, by `performance.now()`. */
	busy = { tries: 0, since: 0 };

	/** How often the connection failed. */
	failedTries = 0;

	/** Whether a try was sent whose answer did not come. */
	isAnswerLost = false;

	/** Whether a call of unknown outcome was sent once more. */
	isResubmitted = false;

	/** @throws InputError when its channel cannot be one, or a setting has another type */
	constructor(
		readonly index: number,
		readonly read: ReadParameter,
		readonly settings: Settings,
		/** The channel that the user names. */
		readonly channel: string | undefined,
	) {}

	get maximumWaitMs(): number {
		return this.settings.maximumWaitMs;
	}

	/** How much of Maximum Wait is left, in milliseconds: it begins when the API first says that it is busy. */
	get leftMs(): number {
		const { tries, since } = this.busy;
		return this.maximumWaitMs - (tries > 0 ? performance.now() - since : 0);
	}

	get form(): MultipartForm | undefined {
		return this.call?.body instanceof MultipartForm ? this.call.body : undefined;
	}

	/** The reply URL that its job was submitted with. */
	get replyUrl(): string | undefined {
		return this.form?.text('replyUrl');
	}

	/** The names of the pictures that it sends. */
	files({ request }: Operation): ItemFiles {
		const names: ItemFiles = {};
		for (const [part, { name }] of this.form?.files() ?? []) {
			const sent = request.form?.find((one) => one.part === part);
			const isFace = sent && 'picture' in sent && sent.label === 'Face';
			names[isFace ? 'sourceFile' : 'targetFile'] = name;
		}
		return names;
	}

	/** Has it go on with a job that an earlier run or try has started. The job's callback goes there. */
	continue(): void {
		this.isContinued = true;
		if (this.settings.waitMode === 'suspend') this.settings.waitMode = 'poll';
	}

	/** Drops the pictures of an item that is not sent again: a batch of thousands would fill the memory with them. */
	dropPictures(): void {
		this.form?.close();
	}
}

/** @throws InputError when the item's channel cannot be one, or a setting has another type */
export function itemFor(context: IExecuteFunctions, operation: Operation, index: number): Item {
	const read = itemParameters(context, index);
	const channel = operation.request.form ? panel.chosenChannel(read) || undefined : undefined;
	return new Item(index, read, settingsOf(operation, read), channel);
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
		keepInputPictures: asBoolean(fields.keepInputPictures, panel.keepInputPictures.displayName),
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
