import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

// n8n-core reads its settings when it is first imported.
const cache = join(__dirname, '../../node_modules/.cache');
mkdirSync(cache, { recursive: true });
const userFolder = mkdtempSync(join(cache, 'n8n-'));
Object.assign(process.env, {
	N8N_USER_FOLDER: userFolder,
	N8N_ENCRYPTION_KEY: 'a key for tests',
	N8N_EXPRESSION_ENGINE: 'legacy',
	N8N_BINARY_DATA_STORAGE_PATH: join(userFolder, 'binaryData'),
	N8N_LOG_LEVEL: 'silent',
});

import { Container } from '@n8n/di';
import {
	BinaryDataConfig,
	BinaryDataService,
	ExecutionLifecycleHooks,
	LoadOptionsContext,
	WebhookContext,
	WorkflowExecute,
} from 'n8n-core';
import * as n8nWorkflow from 'n8n-workflow';
import {
	Workflow,
	type ExecutionError,
	type IBinaryKeyData,
	type ICredentialDataDecryptedObject,
	type ICredentialsHelper,
	type IDataObject,
	type IExecuteFunctions,
	type IHttpRequestOptions,
	type INode,
	type INodeExecutionData,
	type INodeListSearchResult,
	type INodeParameters,
	type INodeType,
	type INodeTypes,
	type IRun,
	type IWebhookData,
	type IWorkflowExecuteAdditionalData,
	type NodeConnectionType,
	type OnError,
	type WorkflowExecuteMode,
} from 'n8n-workflow';

import { UseApiNetApi } from '../../credentials/UseApiNetApi.credentials';
import { InsightFaceSwap } from '../../nodes/InsightFaceSwap/InsightFaceSwap.node';

export type BinaryMode = 'default' | 'filesystem';

/** A file of an input item, which the engine puts into its own store. */
export interface TestFile {
	content: Buffer;
	fileName?: string;
	mimeType?: string;
}

export interface TestItem {
	json?: IDataObject;
	binary?: Record<string, TestFile>;
}

export interface NodeRun {
	parameters: INodeParameters;
	items?: TestItem[];
	credentials: Record<string, ICredentialDataDecryptedObject>;
	onError?: OnError;
	/** Whether the workflow keeps files within the JSON of items. */
	isCombined?: boolean;
	/** Whether the node has the type that n8n gives to tools of AI agents. */
	asTool?: boolean;
	/** Whether n8n tries the node again when it fails. */
	retryOnFail?: boolean;
	/** How often n8n tries the node in all; twice if left out. */
	maxTries?: number;
	/** How long n8n waits between two tries, in milliseconds; one if left out. */
	waitBetweenTries?: number;
	/** How often the items come to the node within the execution; once if left out. */
	times?: number;
	/** By default no other run has it. */
	executionId?: string;
	workflowId?: string;
	/** How the execution was started; as a test run if left out. */
	mode?: WorkflowExecuteMode;
	/** Whether a worker of n8n 2 runs it, which takes the workflow for inactive. */
	inWorker?: boolean;
	/** What n8n stores with the workflow from run to run. */
	staticData?: StaticDataStore;
	/** The public address of n8n. */
	address?: string;
	/** The node's class, where a test has loaded it once more. */
	nodeClass?: typeof InsightFaceSwap;
	/** Called with the running execution, to stop it. */
	during?: (execution: { cancel: () => void }) => void;
}

/** Static data as n8n's database has it: read when an execution begins, saved when it has ended. */
export interface StaticDataStore {
	saved: IDataObject;
}

export interface NodeResult {
	/** What the node put out, and what went to its error output. */
	items: INodeExecutionData[];
	errorItems: INodeExecutionData[];
	/** The error that ended the execution. */
	error?: ExecutionError;
	/** The whole execution as n8n would store it. */
	run: IRun;
}

const NODE = 'InsightFaceSwap';

/** Given always: n8n would look into the file otherwise, with a module that jest cannot load. */
const UNKNOWN_TYPE = 'application/octet-stream';

/** The ID of each execution, as n8n's server knows it. */
const executionIds = new WeakMap<IRun, string>();

/** Runs the node in the real engine: input items → node. */
export async function runNode(options: NodeRun): Promise<NodeResult> {
	const nodeTypes = typesWith(options.items ?? [{}], options.nodeClass);
	const workflow = workflowOf(options, nodeTypes);
	const { executionId = randomUUID(), mode = 'manual' } = options;
	const data = additionalData({ ...options, executionId });
	const execution = new WorkflowExecute(data, mode).run({
		workflow,
		startNode: workflow.getNode('Input') ?? undefined,
	});
	options.during?.(execution);
	const run = await execution;
	executionIds.set(run, executionId);
	const main = run.data.resultData.runData[NODE]?.[0]?.data?.main ?? [];
	return {
		items: main[0] ?? [],
		errorItems: main[1] ?? [],
		error: run.data.resultData.error,
		run,
	};
}

/** Calls a dropdown's method in the real context. */
export async function search(
	method: 'searchChannels' | 'searchIdentities',
	options: Omit<NodeRun, 'items'>,
	filter?: string,
): Promise<INodeListSearchResult> {
	const workflow = workflowOf(options, typesWith([]));
	const node = workflow.getNode(NODE) as INode;
	const data = additionalData(options);
	data.currentNodeParameters = node.parameters;
	const context = new LoadOptionsContext(workflow, node, data, '');
	return await new InsightFaceSwap().methods.listSearch[method].call(context, filter);
}

/** How a call to the resume URL was answered, and what the execution goes on with. */
export interface Resumed {
	status: number;
	/** What was answered. */
	body: unknown;
	items?: INodeExecutionData[];
}

/** Calls the node's webhook for a suspended execution, as n8n does on a call to its resume URL. */
export async function resumeNode(
	options: Omit<NodeRun, 'items'>,
	suspended: IRun,
	{ query, body }: { query: IDataObject; body: unknown },
): Promise<Resumed> {
	const workflow = workflowOf(options, typesWith([]));
	const answer = { status: 0, body: undefined as unknown };
	const httpResponse = {
		status(code: number) {
			answer.status = code;
			return httpResponse;
		},
		json(body: unknown) {
			answer.body = body;
			return httpResponse;
		},
		get headersSent() {
			return answer.body !== undefined;
		},
	};
	const executionId = options.executionId ?? executionIds.get(suspended);
	const data = {
		...additionalData({ ...options, executionId }),
		httpRequest: { query, body },
		httpResponse,
	};
	const context = new WebhookContext(
		workflow,
		workflow.getNode(NODE) as INode,
		data as unknown as IWorkflowExecuteAdditionalData,
		'manual',
		{ webhookDescription: { name: 'default' } } as unknown as IWebhookData,
		[],
		suspended.data,
	);
	const { workflowData } = await new InsightFaceSwap().webhook.call(context);
	return { ...answer, items: workflowData?.[0] };
}

/** What n8n passes on when nobody resumes a suspended execution in time: the node's input. */
export const passedOn = (suspended: IRun): INodeExecutionData | undefined =>
	suspended.data.executionData?.nodeExecutionStack[0]?.data.main?.[0]?.[0];

/** Chooses where the engine keeps binary data from now on. */
export async function useBinaryMode(mode: BinaryMode): Promise<void> {
	Object.assign(Container.get(BinaryDataConfig), { mode });
	await Container.get(BinaryDataService).init();
}

/** The bytes of an output file, wherever the engine keeps them. */
export async function bytesOf(item: INodeExecutionData | undefined, field = 'data') {
	const binary = item?.binary?.[field];
	if (!binary) throw new Error(`The item has no binary field ${field}`);
	return await Container.get(BinaryDataService).getAsBuffer(binary);
}

/** Deletes what the engine stored. */
export function removeStore(): void {
	rmSync(userFolder, { recursive: true, force: true });
}

/** The node as another process has it: with a memory of its own. */
export function nodeOfAnotherProcess(): typeof InsightFaceSwap {
	let loaded: typeof InsightFaceSwap | undefined;
	jest.isolateModules(() => {
		jest.doMock('n8n-workflow', () => n8nWorkflow);
		({ InsightFaceSwap: loaded } = jest.requireActual<{ InsightFaceSwap: typeof InsightFaceSwap }>(
			'../../nodes/InsightFaceSwap/InsightFaceSwap.node',
		));
	});
	if (!loaded) throw new Error('The node was not loaded');
	return loaded;
}

/** A node that puts out the given items, their files stored by the engine. */
class Input {
	description = {
		displayName: 'Input',
		name: 'input',
		group: ['trigger'],
		version: 1,
		defaults: {},
		inputs: [],
		outputs: ['main'],
		properties: [],
	};

	constructor(private readonly items: TestItem[]) {}

	execute = inputExecute(() => this.items);
}

function inputExecute(items: () => TestItem[]) {
	return async function (this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const output: INodeExecutionData[] = [];
		for (const { json = {}, binary = {} } of items()) {
			const files: IBinaryKeyData = {};
			for (const [field, { content, fileName, mimeType = UNKNOWN_TYPE }] of Object.entries(
				binary,
			)) {
				files[field] = await this.helpers.prepareBinaryData(content, fileName, mimeType);
			}
			output.push({ json, binary: files, pairedItem: { item: 0 } });
		}
		return [output];
	};
}

function typesWith(items: TestItem[], nodeClass = InsightFaceSwap): INodeTypes {
	const known: Record<string, INodeType> = {
		input: new Input(items) as unknown as INodeType,
		insightFaceSwap: new nodeClass(),
		insightFaceSwapTool: new nodeClass(),
	};
	return {
		getByName: (name) => known[name] as INodeType,
		getByNameAndVersion: (name) => known[name] as INodeType,
		getKnownTypes: () => ({}),
	};
}

function workflowOf(
	{
		parameters,
		credentials,
		onError,
		isCombined = false,
		asTool = false,
		retryOnFail,
		maxTries = 2,
		waitBetweenTries = 1,
		times = 1,
		workflowId = 'test',
		inWorker = false,
		mode = 'manual',
		staticData,
	}: Omit<NodeRun, 'items'>,
	nodeTypes: INodeTypes,
): Workflow {
	const base = { typeVersion: 1, position: [0, 0] as [number, number] };
	const main: NodeConnectionType = 'main';
	return new Workflow({
		id: workflowId,
		active: !inWorker && mode !== 'manual',
		staticData: structuredClone(staticData?.saved),
		nodes: [
			{ ...base, id: '1', name: 'Input', type: 'input', parameters: {} },
			{
				...base,
				id: '2',
				name: NODE,
				type: asTool ? 'insightFaceSwapTool' : 'insightFaceSwap',
				parameters,
				onError,
				retryOnFail,
				maxTries,
				waitBetweenTries,
				credentials: Object.fromEntries(
					Object.keys(credentials).map((type) => [type, { id: type, name: type }]),
				),
			},
		],
		connections: { Input: { main: [Array(times).fill({ node: NODE, type: main, index: 0 })] } },
		nodeTypes,
		settings: isCombined ? { binaryMode: 'combined' } : {},
	});
}

/** What n8n's server hands to its core with every execution, hook and webhook. */
export function additionalData({
	credentials,
	address = 'http://127.0.0.1:5678',
	executionId = randomUUID(),
	mode = 'manual',
	staticData,
}: Pick<
	NodeRun,
	'credentials' | 'address' | 'executionId' | 'mode' | 'staticData'
>): IWorkflowExecuteAdditionalData {
	const workflowData = { id: 'test', name: 'Test', nodes: [], connections: {} };
	const url = address;
	const hooks = new ExecutionLifecycleHooks(mode, executionId, workflowData as never);
	hooks.addHandler('workflowExecuteAfter', (_run, changed) => {
		if (staticData && changed && mode !== 'manual') {
			staticData.saved = JSON.parse(JSON.stringify(changed)) as IDataObject;
		}
	});
	return {
		executionId,
		hooks,
		variables: {},
		currentNodeExecutionIndex: 0,
		restApiUrl: `${url}/rest`,
		instanceBaseUrl: url,
		webhookBaseUrl: `${url}/webhook`,
		webhookWaitingBaseUrl: `${url}/webhook-waiting`,
		webhookTestBaseUrl: `${url}/webhook-test`,
		formWaitingBaseUrl: `${url}/form-waiting`,
		credentialsHelper: credentialsHelper(credentials),
	} as unknown as IWorkflowExecuteAdditionalData;
}

/** A credential with its expressions resolved for the item that it is read for. */
function resolved(
	credential: ICredentialDataDecryptedObject = {},
	[, , , mode, executeData, , values]: Parameters<ICredentialsHelper['getDecrypted']>,
): ICredentialDataDecryptedObject {
	if (!values) return credential;
	const { workflow, runExecutionData, runIndex, itemIndex, node, connectionInputData } = values;
	return workflow.expression.getParameterValue(
		credential as INodeParameters,
		runExecutionData,
		runIndex,
		itemIndex,
		node.name,
		connectionInputData,
		mode,
		{},
		executeData,
	) as ICredentialDataDecryptedObject;
}

/** What n8n's server adds to its core: stored credentials, sent as their type says. */
function credentialsHelper(credentials: NodeRun['credentials']) {
	return {
		getParentTypes: () => [],
		isCredentialUsableByNode: () => true,
		preAuthentication: async () => undefined,
		runPreAuthentication: async () => undefined,
		getCredentialsProperties: () => [],
		getDecrypted: async (...given: Parameters<ICredentialsHelper['getDecrypted']>) =>
			resolved(credentials[given[2]], given),
		authenticate: async (
			decrypted: ICredentialDataDecryptedObject,
			_type: string,
			request: IHttpRequestOptions,
		) => await new UseApiNetApi().authenticate(decrypted, request),
	};
}
