import type { IExecuteFunctions } from 'n8n-workflow';

/**
 * Whether the node runs in n8n 1, or in an n8n 2 that is too old to tell.
 *
 * Relies on: contexts of n8n 2 have the method `isToolExecution`. Checked in n8n 1.123.81 and 2.41.1, and in
 * n8n-core 1.122.48 (the last of n8n 1), 2.0.0, which lacks it, and 2.3.4, which has it (core:
 * `ExecuteContext`).
 */
export const isN8n1 = (context: IExecuteFunctions): boolean => !('isToolExecution' in context);
