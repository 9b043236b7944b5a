import type { IExecuteFunctions } from 'n8n-workflow';

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
