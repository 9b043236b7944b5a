import type { DeduplicationItemTypes, IExecuteFunctions } from 'n8n-workflow';

import { entryDelay } from '../../shared/backoff';
import { afterReturn } from '../../n8nCompat/afterReturn';
import { executionScope } from '../../n8nCompat/executionScope';
import { isN8n1 } from '../../n8nCompat/n8nVersion';
import { Batches } from '../../shared/batches';
import { DeduplicationStore } from '../../shared/deduplicationStore';
import { pause, retry } from '../../shared/retry';
import { runIndexOf } from '../../shared/runIndex';
import type { Problem } from '../../api/outcome';
import type { Task } from '../itemTask';
import type { RunContext } from '../runContext';
import type { EarlierWork } from './continuePaidJobs';

/** The maximum number of executions kept for each node. */
const MAX_EXECUTIONS = 500;

/** The number of retries while other processes overwrite an entry. */
const RETRIES = 5;

/** What was found for each node of an execution that runs in this process. */
const foundHere = new WeakMap<object, Map<string, Promise<boolean>>>();

/**
 * In queue mode n8n 1 runs an execution once more, from its start, when the worker that had it in
 * hand has died. Nobody knows then what that worker has submitted, so nothing is submitted again
 * unless the user has chosen so: the items fail. n8n 2 runs none once more (scaling/scaling.service,
 * `maxStalledCount: 0`, since 2.0.0).
 */
export async function notStartedBefore(
	{ context, operation }: RunContext,
	tasks: Task[],
): Promise<EarlierWork> {
	const isAtRisk = operation.request.effect === 'submission' && isN8n1(context);
	if (!isAtRisk || !(await isStartedBefore(context))) {
		return { paid: [], open: tasks, failed: [] };
	}
	const unknown = tasks.filter(({ settings }) => !settings.mayResubmit);
	return {
		paid: [],
		open: tasks.filter(({ settings }) => settings.mayResubmit),
		failed: unknown.map((task) => ({ task, problem: STARTED_BEFORE })),
	};
}

/**
 * Asked once for each node that an execution runs in this process. Further runs in a loop and tries of
 * n8n's Retry On Fail go by what was found then: n8n would begin with the same run once more.
 */
async function isStartedBefore(context: IExecuteFunctions): Promise<boolean> {
	const scope = executionScope(context);
	const execution = context.getExecutionId();
	if (!scope || !execution) {
		context.logger.warn(
			'n8n gives this execution no ID or no signal, so a second run of it cannot be noticed',
		);
		return false;
	}
	const { id } = context.getNode();
	const nodes = foundHere.get(scope) ?? new Map<string, Promise<boolean>>();
	foundHere.set(scope, nodes);
	const found = nodes.get(id) ?? enter(context, `${execution} ${runIndexOf(context)}`);
	nodes.set(id, found);
	return await found;
}

/**
 * Executions of this process that come at the same time make their entries together: n8n would lose some
 * of them otherwise, and its database would have more to do for the entries than for the executions.
 */
const entering = new Batches<string, DeduplicationItemTypes[]>();

async function enter(context: IExecuteFunctions, run: string): Promise<boolean> {
	const entries = new DeduplicationStore(context, MAX_EXECUTIONS);
	const node = `${context.getWorkflow().id} ${context.getNode().id}`;
	const isThere = async () => {
		const there = await entering.add(node, run, async (runs) => await entries.enter(runs));
		return there.includes(run);
	};
	const found = await isThere();
	if (!found) afterReturn(async () => await keep(isThere));
	return found;
}

/** Makes sure that the entry stays; the node does not wait for that. */
async function keep(isThere: () => Promise<boolean>): Promise<void> {
	await pause(entryDelay(), undefined);
	await retry({ retries: RETRIES, delay: () => entryDelay() }, isThere, (found) => !found);
}

const STARTED_BEFORE: Problem = {
	message: 'Outcome unknown: n8n runs this execution once more, after it broke off',
	description:
		'The job may have been started and charged, so it was not submitted again. Job → Get Many shows it while it runs, the Discord channel also after that. Then run the workflow anew with what is missing.',
};
