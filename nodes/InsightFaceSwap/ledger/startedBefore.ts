import type { IExecuteFunctions } from 'n8n-workflow';

import { afterReturn, ofExecution, runIndexOf, isN8n1 } from '../n8nCompat/execution';
import { entryDelay } from '../shared/backoff';
import { enter, enterUntilFound } from '../shared/deduplicationStore';
import { pause } from '../shared/retry';

/**
 * Whether another process has begun this run of the node before. n8n 2 runs none once more
 * (scaling/scaling.service, `maxStalledCount: 0`, since 2.0.0). It is asked once for each node that an execution
 * runs in this process: further runs in a loop and tries of Retry On Fail go by what was found then.
 * @returns false where n8n's database cannot tell
 */
export async function wasStartedBefore(context: IExecuteFunctions): Promise<boolean> {
	if (!isN8n1(context)) return false;
	const name = `started ${context.getNode().id}`;
	const entry = `${context.getExecutionId()} ${runIndexOf(context)}`;
	return await ofExecution(context, name, async () => {
		const known = await enter(context, [entry]);
		if (known?.length === 0) afterReturn(async () => await keep(context, entry));
		return known !== undefined && known.length > 0;
	});
}

/** Makes the entry once more where another process, which made its own at the same time, has stored over it. */
async function keep(context: IExecuteFunctions, entry: string): Promise<void> {
	await pause(entryDelay(), context.getExecutionCancelSignal());
	await enterUntilFound(context, [entry]);
}
