import type { IExecuteFunctions } from 'n8n-workflow';

/** What is used of a node after it has returned. It holds no item. */
export type NodeTools = Pick<IExecuteFunctions, 'helpers' | 'logger'>;

/**
 * Starts work that continues after the node has returned. It must end by itself and catch its errors.
 *
 * Relies on: the helpers of a node's context still work then. Checked in n8n 1.123.81 and 2.41.1
 * (core: node-execution-context/execute-context, whose helpers hold no state of the run).
 */
export const afterReturn = (work: () => Promise<void>): void => void work();
