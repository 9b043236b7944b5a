import type {
	IBinaryKeyData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
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
	/** The channel that the user names. */
	channel?: string;
	/** How to wait for the end of a job. */
	waitMode: 'none' | 'poll' | 'suspend';
	/** How long to wait for a busy channel, and then for the job, in milliseconds. */
	maximumWaitMs: number;
	/** Whether to pay twice rather than go without a result. */
	mayResubmit: boolean;
	continuesPaidJobs: boolean;
	cancelOnStop: boolean;
	simplify: boolean;
	downloadResults: boolean;
	/** The binary field of the first result. */
	outputField: string;
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

	readonly read: ReadParameter;

	/** What it sends, built before its turn comes and kept for another attempt. */
	call?: ApiCall;

	/** What the API has answered to its call; of a job of an earlier run or try, the job as it is now. */
	answer?: unknown;

	/** The job that the API took. */
	job?: Job;

	/** Whether its job was started by an earlier run, or by an earlier try of this one. */
	isContinued = false;

	error?: ItemError;

	output: INodeExecutionData[] = [];

	/** The pictures that it sends, for the output beside the result: `face` and `picture`. */
	inputPictures: IBinaryKeyData = {};

	/** How often the API said that it is busy, and since when, by `performance.now()`. */
	busy = { tries: 0, since: 0 };

	/** How often the connection failed. */
	failedTries = 0;

	/** Whether a call of unknown outcome was sent once more. */
	isResubmitted = false;

	private chosen?: Settings;

	constructor(
		context: IExecuteFunctions,
		private readonly operation: Operation,
		readonly index: number,
	) {
		this.read = itemParameters(context, index);
	}

	/** @throws InputError when its channel cannot be one, or a setting has another type */
	get settings(): Settings {
		this.chosen ??= settingsOf(this.operation, this.read);
		return this.chosen;
	}

	get channel(): string | undefined {
		return this.settings.channel;
	}

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

	get replyRef(): string | undefined {
		return this.form?.text('replyRef');
	}

	/** The names of the pictures that it sends. */
	get files(): ItemFiles {
		const names: ItemFiles = {};
		for (const [part, { name }] of this.form?.files() ?? []) {
			const sent = this.operation.request.form?.find((one) => one.part === part);
			const isFace = sent && 'picture' in sent && sent.label === 'Face';
			names[isFace ? 'sourceFile' : 'targetFile'] = name;
		}
		return names;
	}

	/** Continues a job that an earlier run or try has started. The job's callback goes there. */
	continue(job: Job): void {
		this.isContinued = true;
		this.answer = job;
		if (this.settings.waitMode === 'suspend') this.settings.waitMode = 'poll';
	}

	/** Drops the pictures of an item that is not sent again: a batch of thousands would fill the memory with them. */
	dropPictures(): void {
		this.form?.close();
	}
}

function settingsOf({ answer, request }: Operation, read: ReadParameter): Settings {
	const fields = read<IDataObject>('additionalFields', {});
	const isOn = (field: INodeProperties) => asBoolean(fields[field.name], field.displayName);
	const number = (field: INodeProperties, otherwise: number, limits = {}) =>
		asNumber(fields[field.name], field.displayName, otherwise, limits);
	const maximumWait = number(panel.maximumWait, DEFAULT_WAIT_SECONDS, {
		max: panel.MAX_WAIT_SECONDS,
	});
	const outputField = asText(fields[panel.outputField.name], panel.outputField.displayName);
	return {
		channel: request.form ? panel.chosenChannel(read) || undefined : undefined,
		waitMode: waitModeOf(answer, read),
		maximumWaitMs: 1000 * maximumWait,
		mayResubmit: fields.ifOutcomeUnknown === 'resubmit',
		continuesPaidJobs: fields.onRepeat !== 'anew',
		cancelOnStop: isOn(panel.cancelOnStop),
		simplify: asBoolean(read('simplify', true), 'Simplify', true),
		downloadResults: asBoolean(read('downloadResults', false), 'Download Results', true),
		outputField: outputField.trim() || 'data',
		keepInputPictures: isOn(panel.keepInputPictures),
		maxConcurrentJobs: number(panel.maxConcurrentJobs, Infinity, { min: 1 }),
		warnUnderCredits: number(panel.warnUnderCredits, 0),
	};
}

function waitModeOf(answer: Operation['answer'], read: ReadParameter): Settings['waitMode'] {
	if (answer.of !== 'job' || answer.until === 'read') return 'none';
	return answer.until === 'asked' ? read<Settings['waitMode']>('waitMode', 'poll') : 'poll';
}
