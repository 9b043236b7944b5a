import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * An object that is the same for all nodes, runs and attempts of one execution within one process,
 * and that no other execution has. It serves as the key of a WeakMap.
 *
 * Relies on: n8n makes one AbortController for an execution. Checked in n8n 1.123.81 and 2.41.1
 * (core: execution-engine/workflow-execute, `abortController`).
 * @returns nothing where n8n gives no signal
 */
export const executionScope = (context: IExecuteFunctions): object | undefined =>
	context.getExecutionCancelSignal();
