import type { IDataObject, IHttpRequestMethods, INodeProperties } from 'n8n-workflow';

import type { Job } from '../api/job';

/**
 * Reads one parameter of the current item. Expressions are resolved. A resource locator comes as n8n
 * has it: `valueOf` gives its value.
 */
export type ReadParameter = <T = string>(name: string, fallback?: T) => T;

/** A text part of a form; it is left out when its value is empty or undefined. */
export interface TextPart {
	part: string;
	text: (read: ReadParameter) => string | undefined;
}

/** A file part of a form, taken from the resource locator `picture`. */
export interface PicturePart {
	part: string;
	picture: string;
	/** The parameter's label. It also says what the picture is for the swap. */
	label: 'Face' | 'Picture';
	/** The binary field that an empty locator stands for: `target` for a picture beside another one. */
	field: 'data' | 'target';
	/** The largest GIF in bytes, where the bot limits it. */
	maxGifBytes?: number;
}

export type FormPart = TextPart | PicturePart;

/** What a call changes. It decides whether a call with an unknown outcome may be sent again. */
export type Effect =
	/** Nothing changes. */
	| 'none'
	/** Sending it twice has the same effect as sending it once. */
	| 'repeatable'
	/** Starts a job that costs credits: never sent twice unless the API certainly did not take it. */
	| 'submission';

export interface OperationRequest {
	method: IHttpRequestMethods;
	/** Below the base URL, for example `/v1/faceswap/picsi`. */
	path: string | ((read: ReadParameter) => string);
	effect: Effect;
	/** Whether any account can run it. Otherwise it needs one account's data: saved faces, messages. */
	anyChannel?: true;
	/** Whether the API answers before the job ends, and takes the next job on that channel meanwhile. */
	freesChannel?: true;
	query?: (read: ReadParameter) => IDataObject;
	/** The parts of a multipart form, in the order of sending. */
	form?: FormPart[];
	/** A JSON body. */
	json?: (read: ReadParameter) => IDataObject;
	/** Whether the body also has the Discord token, from the second credential. */
	discordToken?: true;
}

/** A command to the bot that costs credits: never sent twice unless the API certainly did not take it. */
export const submission = (
	path: string,
	more: Pick<OperationRequest, 'anyChannel' | 'freesChannel'>,
	form: FormPart[],
): OperationRequest => ({ method: 'POST', path, effect: 'submission', form, ...more });

/** A command to the bot that may be sent twice. */
export const repeatable = (
	method: IHttpRequestMethods,
	path: string,
	form: FormPart[],
): OperationRequest => ({ method, path, effect: 'repeatable', form });

/** The answer is a job. */
export interface JobAnswer {
	of: 'job';
	/** `asked`: as Wait for Result says; `ended`: until the job has ended; `read`: no wait, and a failed job is no error. */
	until: 'asked' | 'ended' | 'read';
	/** Further output fields of a job that has completed. */
	fields?: IDataObject;
	/** The output items under Simplify, instead of one item with the job. */
	items?: (job: Job, read: ReadParameter) => IDataObject[];
}

/** The answer is a list of jobs, one item each. */
export interface JobsAnswer {
	of: 'jobs';
	/** The jobs that are wanted. */
	jobs: (body: unknown, read: ReadParameter) => Job[];
}

/** The answer is no job. */
export interface DataAnswer {
	of: 'data';
	items: (body: unknown, read: ReadParameter) => IDataObject[];
	/** Where to read after the call: what is there counts, whatever 2xx the call has answered. */
	readFrom?: string;
	/** Whether the API answers 404 when the list is empty. */
	emptyIfMissing?: true;
}

/** One operation: its fields, its request, and how its answer is read. */
export interface Operation {
	value: string;
	name: string;
	/** Its name in the node list and on the canvas. */
	action: string;
	description: string;
	properties: INodeProperties[];
	request: OperationRequest;
	answer: JobAnswer | JobsAnswer | DataAnswer;
}

export interface Resource {
	value: string;
	name: string;
	description: string;
	operations: Operation[];
	/** The default operation, where it is not the first of the menu. */
	byDefault?: Operation;
}
