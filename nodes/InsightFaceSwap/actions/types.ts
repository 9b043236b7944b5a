import type { IDataObject, IHttpRequestMethods, INodeProperties } from 'n8n-workflow';

/** Reads one parameter of the current item, with expressions resolved and locators reduced to their value. */
export type ReadParameter = <T = string>(name: string, fallback?: T) => T;

/** A text part of a form; it is left out when its value is empty or undefined. */
export interface TextPart {
	part: string;
	text: (read: ReadParameter) => string | undefined;
}

/** A file part of a form, taken from the parameters `<picture>Source`, `…BinaryPropertyName`, `…Url`. */
export interface PicturePart {
	part: string;
	picture: string;
	/** The parameter's label, for error messages. */
	label: string;
	/** The largest GIF in bytes, where the API limits it. */
	maxGifBytes?: number;
}

export type FormPart = TextPart | PicturePart;

/** What a call does to the account, which decides whether it may be sent again when its outcome is unknown. */
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
	/** Whether any account will do. Otherwise what it works on lies with one account: saved faces, messages. */
	anyChannel?: true;
	query?: (read: ReadParameter) => IDataObject;
	/** The parts of a multipart form, in the order of sending. */
	form?: FormPart[];
	/** A JSON body; `secret` adds one field from a second credential. */
	json?: (read: ReadParameter) => IDataObject;
	secret?: { credential: string; property: string; field: string };
}

/** The answer is a job. */
export interface JobAnswer {
	of: 'job';
	/** `asked`: as the parameter Wait says; `ended`: until it has ended; `read`: as it is, failed or not. */
	until: 'asked' | 'ended' | 'read';
	/** Replaces the one output item under Simplify. */
	items?: (job: IDataObject) => IDataObject[];
}

/** The answer is a list of jobs, one item each. */
export interface JobsAnswer {
	of: 'jobs';
}

/** The answer is anything else. */
export interface DataAnswer {
	of: 'data';
	items: (body: unknown, read: ReadParameter) => IDataObject[];
	/** Whether the API says 404 where there is nothing to list. */
	emptyIfMissing?: true;
}

/** One operation: what the user sees, what is sent, and how the answer is read. */
export interface Operation {
	value: string;
	name: string;
	/** How the node list and the canvas name it. */
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
	/** The operation chosen first: the one a newcomer wants, and none that deletes. */
	first: Operation;
}
