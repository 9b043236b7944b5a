import type { IExecuteFunctions } from 'n8n-workflow';

import type { Operation } from '../actions/types';
import type { ApiClient } from '../api/client';
import type { CancelSignal } from '../shared/cancellation';

/** What every step of a run knows of it. Nothing of it changes. */
export interface RunContext {
	context: IExecuteFunctions;
	operation: Operation;
	client: ApiClient;
	/** Names the account of the credential. */
	account: string;
	/** Whether to begin nothing more: the user pressed Stop, or an item failed that ends the run. */
	halted: () => boolean;
	/** Says when to begin nothing more. */
	halting: CancelSignal;
	/** Waits some milliseconds, but no longer than there is something to wait for. */
	pause: (ms: number, ...events: Array<Promise<void>>) => Promise<void>;
}
