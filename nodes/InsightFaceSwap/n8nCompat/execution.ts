import type {
	IBinaryData,
	IBinaryKeyData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	NodeApiError,
	NodeOperationError,
} from 'n8n-workflow';

/**
 * Whether the node runs in n8n 1, or in an n8n 2 that is too old to tell.
 *
 * Relies on: contexts of n8n 2 have the method `isToolExecution`. Checked in n8n 1.123.81 and 2.41.1, and in
 * n8n-core 1.122.48 (the last of n8n 1), 2.0.0, which lacks it, and 2.3.4, which has it (core:
 * `ExecuteContext`).
 */
export const isN8n1 = (context: IExecuteFunctions): boolean => !('isToolExecution' in context);

/**
 * Whether an AI agent runs the node as its tool. n8n makes a second node type of a node that agents may
 * use, and puts this to the end of its name.
 *
 * Relies on: the end of that name. Checked in n8n 1.123.81 and 2.41.1 (cli: `convertNodeToAiTool`).
 */
export const isAgentTool = (context: Pick<IExecuteFunctions, 'getNode'>): boolean =>
	context.getNode().type.endsWith('Tool');

/** What this process keeps for each execution: by a name of the keeper's own. */
const executions = new WeakMap<object, Map<string, unknown>>();

/**
 * A value that all nodes, runs and tries of one execution share within one process, and that goes with
 * the execution.
 *
 * Relies on: n8n makes one AbortController for an execution. Checked in n8n 1.123.81 and 2.41.1
 * (core: execution-engine/workflow-execute, `abortController`).
 * @param name of the value, with what tells it from those of other nodes and runs
 * @param make makes the value on the first call; the only one where n8n gives no signal
 */
export function ofExecution<T>(context: IExecuteFunctions, name: string, make: () => T): T {
	const scope = context.getExecutionCancelSignal();
	if (!scope) return make();
	const values = executions.get(scope) ?? new Map<string, unknown>();
	executions.set(scope, values);
	if (!values.has(name)) values.set(name, make());
	return values.get(name) as T;
}

/** The run of the node in its execution, from 0. It rises in loops, also over a suspension. */
export const runIndexOf = (context: IExecuteFunctions): number =>
	Number(context.getWorkflowDataProxy(0).$runIndex);

/** The key of an execution's custom data that holds its first job. n8n keeps ten keys, which users share. */
const KEY = 'insightFaceSwapJobId';

interface CustomData {
	get(key: string): string | undefined;
	set(key: string, value: string): void;
}

/**
 * Notes the first job of an execution in its custom data, so that it is found by the job in n8n's list of executions.
 *
 * Relies on: `$execution.customData`, which has no more room after ten keys and says nothing then. Contexts
 * offer the same as `customData` in n8n 2.41 alone. Checked in n8n 1.123.81 and 2.41.1 (core: `getAdditionalKeys`).
 */
export function noteFirstJob(context: IExecuteFunctions, jobid: string): void {
	const { customData } = context.getWorkflowDataProxy(0).$execution as { customData?: CustomData };
	if (!customData?.get(KEY)) customData?.set(KEY, jobid);
}

/**
 * Whether n8n has certainly given an execution the present static data of its workflow. n8n 2 gives none to a
 * worker of queue mode, nor to a Retry with the original workflow, to which n8n 1 gives old data. n8n then saves
 * what a node writes there in place of all that the workflow has.
 *
 * Relies on: a worker of n8n 2 takes the workflow for inactive, although a trigger has started it. Checked in
 * n8n 1.123.81 and 2.41.1 (cli: executions/execution-data/types, `toWorkflowSnapshot`; scaling/job-processor).
 */
export function hasStaticData(context: IExecuteFunctions): boolean {
	const mode = context.getMode();
	if (mode === 'retry') return false;
	return isN8n1(context) || context.getWorkflow().active || !['trigger', 'webhook'].includes(mode);
}

/**
 * The files of an item by the names of their fields, whichever mode the workflow has.
 *
 * Relies on: with `binaryMode: 'combined'` they are in the field `_files` of its JSON, except where n8n keeps
 * files in memory: then they stay in `binary`. Checked in n8n 2.41.1 (core: `convertBinaryData`, workflow:
 * `BINARY_IN_JSON_PROPERTY`); n8n 1.123.81 has no such mode.
 */
export function binariesOf(context: IExecuteFunctions, itemIndex: number): IBinaryKeyData {
	const { json = {}, binary } = context.getInputData()[itemIndex] ?? {};
	const inJson = Object.entries((json._files ?? {}) as IDataObject).filter(
		([, file]) => typeof (file as IDataObject | null)?.mimeType === 'string',
	);
	return { ...(Object.fromEntries(inJson) as unknown as IBinaryKeyData), ...binary };
}

/**
 * A file of an item by the name of its field; in combined mode also by a path within the JSON.
 * @throws NodeOperationError where there is none
 */
export const binaryIn = (
	context: IExecuteFunctions,
	itemIndex: number,
	field: string,
): IBinaryData =>
	binariesOf(context, itemIndex)[field] ?? context.helpers.assertBinaryData(itemIndex, field);

/**
 * The output of an item that has failed: its input, and the fields that tell of the failure.
 *
 * Relies on: with the error output, n8n sends an item there whose `error` is set, and replaces all of its
 * JSON only where its own copy of the item has that property, which it has not where the property is not
 * enumerable. With Continue, an item with `error` loses its JSON, so it gets none. Checked in n8n 1.123.81
 * and 2.41.1 (core: execution-engine/workflow-execute, `handleNodeErrorOutput`, and after `runNode`).
 */
export function failedItem(
	context: Pick<IExecuteFunctions, 'getNode'>,
	input: INodeExecutionData,
	fields: IDataObject,
	error: NodeApiError | NodeOperationError,
): INodeExecutionData {
	const item = { ...input, json: { ...input.json, ...fields } };
	if (context.getNode().onError !== 'continueErrorOutput') return item;
	return Object.defineProperty(item, 'error', { value: error, writable: true, configurable: true });
}

/** What is used of a node after it has returned. It holds no item. */
export type NodeTools = Pick<IExecuteFunctions, 'helpers' | 'logger'>;

/**
 * Starts work that continues after the node has returned. It must end by itself and catch its errors.
 *
 * Relies on: the helpers of a node's context still work then. Checked in n8n 1.123.81 and 2.41.1
 * (core: node-execution-context/execute-context, whose helpers hold no state of the run).
 */
export const afterReturn = (work: () => Promise<void>): void => void work();
