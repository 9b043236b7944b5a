/** The trigger in the real contexts of n8n-core: activation, calls to its webhook, executions. */
import './engine';

import { EventEmitter } from 'node:events';

import {
	ExecutionLifecycleHooks,
	HookContext,
	TriggerContext,
	WebhookContext,
	WorkflowExecute,
} from 'n8n-core';
import * as n8n from 'n8n-workflow';
import {
	createRunExecutionData,
	Workflow,
	type ICredentialDataDecryptedObject,
	type IDataObject,
	type INode,
	type INodeExecutionData,
	type INodeParameters,
	type INodeTypes,
	type IWebhookData,
	type IWebhookResponseData,
	type IWorkflowExecuteAdditionalData,
	type WorkflowActivateMode,
	type WorkflowExecuteMode,
} from 'n8n-workflow';

import { InsightFaceSwapTrigger } from '../../nodes/InsightFaceSwap/InsightFaceSwapTrigger.node';
import * as backoff from '../../nodes/InsightFaceSwap/shared/backoff';
import * as retry from '../../nodes/InsightFaceSwap/shared/retry';
import { additionalData } from './engine';

const NODE = 'InsightFaceSwap Trigger';

export interface TriggerOptions {
	credentials: Record<string, ICredentialDataDecryptedObject>;
	parameters?: INodeParameters;
	/** Its webhook's own part of the path. */
	webhookId?: string;
	/** The public address of n8n. */
	address?: string;
	/** The node's class, where a test has loaded it once more. */
	nodeClass?: typeof InsightFaceSwapTrigger;
	workflow?: { id: string; name?: string };
}

export interface Call {
	query?: IDataObject;
	body?: unknown;
	headers?: Record<string, string>;
	/** Bytes of the body as sent; of the body's JSON if left out. */
	size?: number;
	isTest?: boolean;
	/** What n8n itself answers for a started execution; 500 where it could not store it. */
	answer?: number;
	/** How long n8n takes to store the execution, in milliseconds. */
	busyMs?: number;
}

/** How a call was answered, and what it started. */
export interface CallResult {
	status: number;
	answer: unknown;
	/** How often something was answered. */
	answers: number;
	/** What the execution begins with; missing where none is started. */
	workflowData?: INodeExecutionData[][];
}

/** A trigger function that n8n has started. */
export interface Started {
	/** What it has started, as executions begin with it. */
	readonly emitted: INodeExecutionData[][][];
	/** The failed executions that it has had n8n write. */
	readonly failures: Error[];
	/** As n8n's cron does; nothing where it registered none. */
	tick(): void;
	stop(): Promise<void>;
}

/** What n8n stores of a workflow between its calls. */
export class Stored {
	staticData: IDataObject = {};
}

/** One trigger in one workflow, as n8n drives it. */
export class TestTrigger {
	readonly node: INode;

	private readonly nodeTypes: INodeTypes;

	private readonly type: InsightFaceSwapTrigger;

	private executions = 0;

	constructor(
		private readonly options: TriggerOptions,
		/** Shared between processes that have the same database. */
		readonly stored = new Stored(),
	) {
		const { parameters = {}, credentials, webhookId = 'one', nodeClass } = options;
		this.type = new (nodeClass ?? InsightFaceSwapTrigger)();
		this.node = {
			id: 'trigger-id',
			name: NODE,
			type: 'insightFaceSwapTrigger',
			typeVersion: 1,
			position: [0, 0],
			parameters,
			webhookId,
			credentials: Object.fromEntries(
				Object.keys(credentials).map((name) => [name, { id: name, name }]),
			),
		};
		this.nodeTypes = {
			getByName: () => this.type,
			getByNameAndVersion: () => this.type,
			getKnownTypes: () => ({}),
		};
	}

	/** As n8n does on activation, on its start, and for a test run. */
	async activate({ isTest = false, staticData = this.stored.staticData } = {}): Promise<void> {
		const [mode, activation]: [WorkflowExecuteMode, WorkflowActivateMode] = isTest
			? ['manual', 'manual']
			: ['trigger', 'activate'];
		const { checkExists, create } = this.type.webhookMethods.default;
		const workflow = this.workflow(staticData);
		const context = this.hookContext(workflow, mode, activation, isTest);
		try {
			if (!(await checkExists.call(context))) await create.call(context);
		} catch (error) {
			await this.deactivate({ isTest, staticData: copy(workflow.staticData) });
			throw error;
		}
		this.keep(workflow, staticData);
	}

	/** As n8n does on deactivation, and at the end of a test run. */
	async deactivate({ isTest = false, staticData = this.stored.staticData } = {}): Promise<boolean> {
		const workflow = this.workflow(staticData);
		const context = this.hookContext(workflow, 'internal', 'update', isTest);
		const isGone = await this.type.webhookMethods.default.delete.call(context);
		this.keep(workflow, staticData);
		return isGone;
	}

	/**
	 * Starts the trigger function, as n8n does on activation and on its start, in the process that leads. n8n 1 cannot
	 * write failed executions.
	 */
	async start({ isN8n1 = false } = {}): Promise<Started> {
		const emitted: INodeExecutionData[][][] = [];
		const failures: Error[] = [];
		let tick = () => {};
		const context = new TriggerContext(
			this.workflow(this.stored.staticData),
			this.node,
			this.surroundings(),
			'trigger',
			'activate',
			(data) => void emitted.push(data),
			undefined,
			(error) => void failures.push(error),
			{ registerCron: (_cron, onTick) => (tick = () => onTick(new Date())) },
		);
		if (isN8n1) Reflect.deleteProperty(context, 'saveFailedExecution');
		const { closeFunction } = await this.type.trigger.call(context);
		const stop = async () => await closeFunction?.();
		return { emitted, failures, tick: () => tick(), stop };
	}

	/** A call to the webhook, up to where n8n has stored the execution. */
	async call(call: Call): Promise<CallResult> {
		const workflow = this.workflow(this.stored.staticData);
		const response = new FakeResponse();
		const result = await this.type.webhook.call(this.webhookContext(workflow, call, response));
		const { answer = 200, busyMs = 10 } = call;
		if (result.workflowData) {
			// n8n stores the execution, forgets whether static data has changed, and then looks at that.
			Object.assign(workflow.staticData, { __dataChanged: false });
			await new Promise((resolve) => setTimeout(resolve, busyMs));
		}
		if (answer === 200 && workflow.staticData.__dataChanged) {
			this.keep(workflow, this.stored.staticData);
		}
		return answerOf(result, response, answer);
	}

	/** Runs the execution that a call has started. */
	async run(
		{ workflowData = [] }: Pick<CallResult, 'workflowData'>,
		mode: WorkflowExecuteMode = 'webhook',
		executionId = String(++this.executions),
	) {
		const data = this.surroundings();
		data.executionId = executionId;
		data.hooks = new ExecutionLifecycleHooks(mode, executionId, {} as never);
		const stack = [{ node: this.node, data: { main: workflowData }, source: null }];
		const execution = createRunExecutionData({ executionData: { nodeExecutionStack: stack } });
		const workflow = this.workflow(this.stored.staticData);
		const run = await new WorkflowExecute(data, mode, execution).processRunExecutionData(workflow);
		if (workflow.staticData.__dataChanged) this.keep(workflow, this.stored.staticData);
		const { runData, error } = run.data.resultData;
		return { items: runData[NODE]?.[0]?.data?.main?.[0] ?? [], error, run };
	}

	private workflow(staticData: IDataObject): Workflow {
		const { workflow = { id: 'workflow' } } = this.options;
		return new Workflow({
			...workflow,
			active: true,
			nodes: [this.node],
			connections: {},
			nodeTypes: this.nodeTypes,
			staticData: copy(staticData),
			settings: {},
		});
	}

	private keep(workflow: Workflow, staticData: IDataObject): void {
		for (const key of Object.keys(staticData)) delete staticData[key];
		Object.assign(staticData, copy(workflow.staticData));
	}

	private hookContext(
		workflow: Workflow,
		mode: WorkflowExecuteMode,
		activation: WorkflowActivateMode,
		isTest: boolean,
	): HookContext {
		const data = this.surroundings();
		return new HookContext(workflow, this.node, data, mode, activation, this.webhook(data, isTest));
	}

	private webhookContext(workflow: Workflow, call: Call, response: FakeResponse): WebhookContext {
		const { query = {}, body, headers = {}, isTest = false } = call;
		const rawBody = { length: call.size ?? JSON.stringify(body ?? '').length };
		const data = {
			...this.surroundings(),
			executionId: undefined,
			httpRequest: { query, body, headers, rawBody, params: {} },
			httpResponse: response,
		} as unknown as IWorkflowExecuteAdditionalData;
		const mode = isTest ? 'manual' : 'webhook';
		return new WebhookContext(
			workflow,
			this.node,
			data,
			mode,
			this.webhook(data, isTest),
			[],
			null,
		);
	}

	private surroundings(): IWorkflowExecuteAdditionalData {
		const { credentials, address = 'https://n8n.example.com' } = this.options;
		return {
			...additionalData({ credentials }),
			webhookBaseUrl: `${address}/webhook`,
			webhookTestBaseUrl: `${address}/webhook-test`,
		};
	}

	private webhook(data: IWorkflowExecuteAdditionalData, isTest: boolean): IWebhookData {
		const [webhookDescription] = this.type.description.webhooks ?? [];
		if (!webhookDescription) throw new Error('The trigger has no webhook');
		return {
			httpMethod: 'POST',
			node: NODE,
			path: `${this.node.webhookId}/insightfaceswap`,
			webhookDescription,
			workflowId: 'workflow',
			workflowExecuteAdditionalData: data,
			isTest,
		};
	}
}

/** As much of Express as a trigger and n8n use. */
class FakeResponse extends EventEmitter {
	statusCode = 200;

	headersSent = false;

	sent: unknown;

	answers = 0;

	status(code: number): this {
		this.statusCode = code;
		return this;
	}

	json(body: unknown): this {
		this.sent = body;
		return this.end();
	}

	end(): this {
		this.answers++;
		this.headersSent = true;
		this.emit('finish');
		return this;
	}
}

/** The answer as n8n gives it: its own unless the node says that it has answered. */
function answerOf(
	{ workflowData, webhookResponse, noWebhookResponse }: IWebhookResponseData,
	response: FakeResponse,
	status: number,
): CallResult {
	if (!noWebhookResponse) response.status(status).json(webhookResponse);
	const { statusCode, sent, answers } = response;
	return { status: statusCode, answer: sent, answers, workflowData };
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** The node as another process has it: with a memory of its own. Only its delays are those of the test. */
export function anotherProcess(): typeof InsightFaceSwapTrigger {
	let loaded: typeof InsightFaceSwapTrigger | undefined;
	jest.isolateModules(() => {
		jest.doMock('n8n-workflow', () => n8n);
		jest.doMock('../../nodes/InsightFaceSwap/shared/backoff', () => backoff);
		jest.doMock('../../nodes/InsightFaceSwap/shared/retry', () => retry);
		({ InsightFaceSwapTrigger: loaded } = jest.requireActual<{
			InsightFaceSwapTrigger: typeof InsightFaceSwapTrigger;
		}>('../../nodes/InsightFaceSwap/InsightFaceSwapTrigger.node'));
	});
	if (!loaded) throw new Error('The trigger was not loaded');
	return loaded;
}
