import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { findOperation } from '../actions';
import type { JobAnswer, Operation, ReadParameter } from '../actions/types';
import { createClient, type ApiClient } from '../api/client';
import { hasFailed, jobsOf, type Job } from '../api/job';
import { callOf, parametersOf } from './call';
import { itemError, apiError, jobProblem } from './errors';
import { simplified } from './output';
import { isStopped } from './pause';
import { picturesOf } from './results';
import { answered, jobIn } from './settle';
import { jobEnded } from './wait';

/** What all items of one run share. */
export interface Run {
	context: IExecuteFunctions;
	operation: Operation;
	client: ApiClient;
}

/**
 * Runs the chosen operation for every input item.
 * @returns the output items in the order of the input, each paired with its input item
 * @throws NodeApiError or NodeOperationError for the first item that fails, unless the user chose
 * to continue: then that item's output holds the error
 */
export async function runItems(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const run = await startRun(context);
	const output: INodeExecutionData[] = [];
	for (const itemIndex of context.getInputData().keys()) {
		if (isStopped(context)) break;
		output.push(...(await guarded(run, itemIndex)));
	}
	return output;
}

async function startRun(context: IExecuteFunctions): Promise<Run> {
	const resource = context.getNodeParameter('resource', 0);
	const name = context.getNodeParameter('operation', 0);
	const operation = findOperation(resource, name);
	if (!operation) throw itemError(context, `There is no operation "${name}" of "${resource}"`, 0);
	return { context, operation, client: await createClient(context) };
}

async function guarded(run: Run, itemIndex: number): Promise<INodeExecutionData[]> {
	try {
		const items = await runItem(run, itemIndex);
		return items.map((item) => ({ ...item, pairedItem: { item: itemIndex } }));
	} catch (cause) {
		const error = itemError(run.context, cause, itemIndex);
		if (!run.context.continueOnFail()) throw itemError(run.context, error, itemIndex);
		return [{ json: { error: error.message }, error, pairedItem: { item: itemIndex } }];
	}
}

async function runItem(run: Run, itemIndex: number): Promise<INodeExecutionData[]> {
	const { context, operation, client } = run;
	const read = parametersOf(context, itemIndex);
	const call = await callOf(context, operation.request, itemIndex, read);
	const body = await answered(run, await client(call), itemIndex);
	const { answer } = operation;
	if (answer.of === 'data') return answer.items(body, read).map((json) => ({ json }));
	if (answer.of === 'jobs') return jobsOf(body).map((job) => ({ json: asAsked(job, read) }));
	return await jobItems(run, answer, jobIn(run, body, itemIndex), itemIndex, read);
}

async function jobItems(
	run: Run,
	answer: JobAnswer,
	started: Job,
	itemIndex: number,
	read: ReadParameter,
): Promise<INodeExecutionData[]> {
	const waits =
		answer.until === 'ended' || (answer.until === 'asked' && read('waitMode', 'poll') === 'poll');
	const job = waits ? await jobEnded(run, started, itemIndex, read) : started;
	if (answer.until !== 'read' && hasFailed(job)) {
		throw apiError(run.context, jobProblem(job), itemIndex);
	}
	if (answer.items && read('simplify', true)) return answer.items(job).map((json) => ({ json }));
	return [{ json: asAsked(job, read), ...(await picturesOf(run, job, itemIndex, read)) }];
}

const asAsked = (job: Job, read: ReadParameter): IDataObject =>
	read('simplify', true) ? simplified(job) : job;
