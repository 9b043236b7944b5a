import type { IExecuteFunctions } from 'n8n-workflow';

/** The run of the node in its execution, from 0. It rises in loops, also over a suspension. */
export const runIndexOf = (context: IExecuteFunctions): number =>
	Number(context.getWorkflowDataProxy(0).$runIndex);
