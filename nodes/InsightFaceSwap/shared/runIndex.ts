import type { IExecuteFunctions } from 'n8n-workflow';

/** From 0. An execution that was suspended within a loop goes on with a later run than it began with. */
export const runIndexOf = (context: IExecuteFunctions): number =>
	Number(context.getWorkflowDataProxy(0).$runIndex);
