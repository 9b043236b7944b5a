/** The workflows that are measured. */
import { createHash } from 'node:crypto';
import type { Workflow, WorkflowNode } from '../tooling/n8n/client';
import { packageName } from '../tooling/n8n/package';
import { BARE } from './bare';

export const TRIGGER = 'Start';
/** The node after a webhook. */
export const FIRST = 'First';
/** The node that is measured. */
export const MEASURED = 'Measured';
/** The node that downloads a picture for each item, where the measured node cannot. */
export const DOWNLOAD = 'Get Picture';

const CREDENTIAL_TYPE = 'useApiNetApi';

export interface Credential {
	id: string;
	name: string;
}

/** A node without its place in a workflow. */
export type Part = Pick<WorkflowNode, 'type' | 'typeVersion' | 'parameters'> & {
	authenticated?: boolean;
	/** What happens with an item that fails; the workflow stops if left out. */
	onError?: 'continueRegularOutput';
	retryOnFail?: true;
	maxTries?: number;
	/** In milliseconds. */
	waitBetweenTries?: number;
};

/** Whether the items reach the node all at once, or one by one through n8n's loop. */
export type Feed = 'together' | 'loop';

/** Our node: Picsi → Swap. */
export const swapNode = (more: Record<string, unknown> = {}): Part => ({
	type: `${packageName}.insightFaceSwap`,
	typeVersion: 1,
	authenticated: true,
	parameters: {
		resource: 'picsi',
		operation: 'swap',
		targetImage: { __rl: true, mode: 'binary', value: 'data' },
		downloadResults: false,
		...more,
	},
});

export const channelOf = (id: string) => ({ channel: { __rl: true, mode: 'id', value: id } });

const CALL = {
	authentication: 'predefinedCredentialType',
	nodeCredentialType: CREDENTIAL_TYPE,
};

/** n8n's HTTP Request node, any request. */
export const httpNode = (parameters: Record<string, unknown>): Part => ({
	type: 'n8n-nodes-base.httpRequest',
	typeVersion: 4.2,
	authenticated: true,
	onError: 'continueRegularOutput',
	parameters: { ...CALL, ...parameters },
});

export interface Batching {
	batchSize: number;
	batchInterval: number;
}

/**
 * The HTTP Request node that submits the same job.
 * @param channel an id or an expression; left to the API if missing
 */
export function httpSwapNode(url: string, channel?: string, batch?: Batching): Part {
	const picture = (name: string) => ({
		parameterType: 'formBinaryData',
		name,
		inputDataFieldName: 'data',
	});
	const text = (name: string, value: string) => ({ parameterType: 'formData', name, value });
	return httpNode({
		method: 'POST',
		url: `${url}/v1/faceswap/picsi`,
		sendBody: true,
		contentType: 'multipart-form-data',
		bodyParameters: {
			parameters: [
				picture('source_image'),
				picture('target_image_gif_or_video'),
				...(channel ? [text('channel', channel)] : []),
			],
		},
		options: batch ? { batching: { batch } } : {},
	});
}

/** With Retry On Fail as far as n8n lets it go: five tries, five seconds between them. */
export const withRetry = ({ onError: _, ...part }: Part): Part => ({
	...part,
	retryOnFail: true,
	maxTries: 5,
	waitBetweenTries: 5000,
});

/** n8n's Wait node, which holds its items in memory for so short a time. */
export const waitNode = (amount: number): Part => ({
	type: 'n8n-nodes-base.wait',
	typeVersion: 1.1,
	parameters: { resume: 'timeInterval', amount, unit: 'seconds' },
});

/** What is left of a workflow when the measured node does nothing. */
export const nothingNode: Part = { type: 'n8n-nodes-base.noOp', typeVersion: 1, parameters: {} };

/** A node from a package that does nothing but submit. */
export const bareUpload = (url: string, channel: string): Part => ({
	type: `${BARE}.bareUpload`,
	typeVersion: 1,
	authenticated: true,
	parameters: { url: `${url}/v1/faceswap/picsi`, channel },
});

/** A node from a package that does nothing but download. */
export const bareDownload = (url: string, atOnce: number): Part => ({
	type: `${BARE}.bareDownload`,
	typeVersion: 1,
	parameters: { url, atOnce },
});

/** A trigger from a package that does nothing but start. */
export const bareTrigger: Part = { type: `${BARE}.bareTrigger`, typeVersion: 1, parameters: {} };

/** Our trigger, told of jobs by their senders. */
export const triggerNode = (verifyWithApi: boolean): Part => ({
	type: `${packageName}.insightFaceSwapTrigger`,
	typeVersion: 1,
	authenticated: true,
	parameters: {
		registration: 'manual',
		simplify: false,
		downloadResults: false,
		options: { verifyWithApi },
	},
});

/**
 * n8n's Webhook node, which answers like our trigger: at once. From version 2 on n8n spares it what
 * every other trigger costs: an isolate of its expression engine for each call.
 */
export const webhookNode = (path: string): Part => ({
	type: 'n8n-nodes-base.webhook',
	typeVersion: 2,
	parameters: { httpMethod: 'POST', path, responseMode: 'onReceived' },
});

interface Content {
	/** Unique. */
	name: string;
	measured: Part;
	credential: Credential;
	items: number;
	/** The picture that every item has. */
	picture?: string;
	/** The address from which a node downloads a picture for every item. */
	pictureUrl?: string;
	feed?: Feed;
}

const to = (...names: string[]) => ({
	main: names.map((node) => (node ? [{ node, type: 'main', index: 0 }] : [])),
});

const readPicture = (picture?: string) => ({
	name: 'Read Picture',
	type: 'n8n-nodes-base.readWriteFile',
	typeVersion: 1.1,
	parameters: { fileSelector: picture },
});

/** Start → (Read Picture) → as many items as wanted → (Loop, or Get Picture →) the measured node. */
export function workflowOf(content: Content): Workflow {
	const { measured, credential, items, picture, pictureUrl, feed = 'together' } = content;
	const { authenticated, ...part } = measured;
	const nodes: Array<Part & { name: string; credentials?: WorkflowNode['credentials'] }> = [
		{ name: TRIGGER, type: 'n8n-nodes-base.manualTrigger', typeVersion: 1, parameters: {} },
		readPicture(picture),
		{
			name: 'Items',
			type: 'n8n-nodes-base.code',
			typeVersion: 2,
			parameters: {
				jsCode: `const { binary } = $input.first();
return Array.from({ length: ${items} }, (_, index) => ({ json: { index }, binary }));`,
			},
		},
		{
			name: 'Loop',
			type: 'n8n-nodes-base.splitInBatches',
			typeVersion: 3,
			parameters: { options: {} },
		},
		{
			name: DOWNLOAD,
			type: 'n8n-nodes-base.httpRequest',
			typeVersion: 4.2,
			parameters: {
				url: pictureUrl,
				options: { response: { response: { responseFormat: 'file' } } },
			},
		},
		{
			...part,
			name: MEASURED,
			...(authenticated && { credentials: { [CREDENTIAL_TYPE]: credential } }),
		},
	];
	const wanted = nodes
		.filter(({ name }) => name !== 'Loop' || feed === 'loop')
		.filter(({ name }) => name !== 'Read Picture' || picture)
		.filter(({ name }) => name !== DOWNLOAD || pictureUrl);
	const afterItems = feed === 'loop' ? 'Loop' : pictureUrl ? DOWNLOAD : MEASURED;
	return {
		id: idOf(content.name),
		name: content.name,
		nodes: wanted.map((node) => ({ ...node, id: node.name, position: [0, 0] })),
		connections: {
			[TRIGGER]: to(picture ? 'Read Picture' : 'Items'),
			...(picture && { 'Read Picture': to('Items') }),
			Items: to(afterItems),
			...(pictureUrl && { [DOWNLOAD]: to(MEASURED) }),
			...(feed === 'loop' && { Loop: to('', MEASURED), [MEASURED]: to('Loop') }),
		},
		settings: { executionOrder: 'v1' },
	};
}

/** Webhook → Read Picture → the measured node → a node that does nothing: one item for each call. */
export function calledWorkflow(
	name: string,
	{ authenticated, ...part }: Part,
	picture: string,
	credential: Credential,
): Workflow {
	const id = idOf(name);
	const nodes = [
		{ ...webhookNode(id), name: TRIGGER, webhookId: id },
		readPicture(picture),
		{
			...part,
			name: MEASURED,
			...(authenticated && { credentials: { [CREDENTIAL_TYPE]: credential } }),
		},
		{ ...nothingNode, name: FIRST },
	];
	return {
		id,
		name,
		nodes: nodes.map((node) => ({ ...node, id: node.name, position: [0, 0] })),
		connections: {
			[TRIGGER]: to('Read Picture'),
			'Read Picture': to(MEASURED),
			[MEASURED]: to(FIRST),
		},
		settings: { executionOrder: 'v1' },
	};
}

/** A webhook → a node that does nothing. */
export function listeningWorkflow(
	name: string,
	{ authenticated, ...part }: Part,
	webhookId: string,
	credential: Credential,
): Workflow {
	const webhook = {
		...part,
		...(authenticated && { credentials: { [CREDENTIAL_TYPE]: credential } }),
		id: webhookId,
		name: TRIGGER,
		webhookId,
		position: [0, 0] as [number, number],
	};
	const first = { ...nothingNode, id: FIRST, name: FIRST, position: [0, 0] as [number, number] };
	return {
		id: idOf(name),
		name,
		nodes: [webhook, first],
		connections: { [TRIGGER]: to(FIRST) },
		settings: { executionOrder: 'v1' },
	};
}

/** Sixteen characters, as n8n's ids have. */
const idOf = (name: string) => createHash('sha256').update(name).digest('hex').slice(0, 16);
