import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * Whether n8n may run an execution once more from its start, after the worker that ran it has died.
 * n8n 1 does so in queue mode; n8n 2 fails such an execution.
 *
 * Relies on: contexts have the method `isToolExecution` since n8n 2, and n8n 2 lets no stalled job start
 * again (scaling/scaling.service, `maxStalledCount: 0`). Checked in n8n 1.123.81 and 2.41.1, and in
 * n8n-core 1.122.48, 2.0.0 and 2.3.4; 2.0.0 lacks the method and counts as n8n 1.
 */
export const mayRepeatExecution = (context: IExecuteFunctions): boolean =>
	!('isToolExecution' in context);
