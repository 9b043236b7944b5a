import type { IExecuteFunctions } from 'n8n-workflow';

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
