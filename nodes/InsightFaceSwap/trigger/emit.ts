import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { itemParameters } from '../actions/readParameters';
import { createClient } from '../api/client';
import { isJob, type Job } from '../api/job';
import { filesOf } from '../files/jobFiles';
import { resultName, simplified } from '../jobs/jobOutput';
import { readPatiently, type Reported } from '../jobs/verifyJob';
import { enter, enterUntilFound, isEntered, remove } from '../shared/deduplicationStore';
import { pathOf } from '../jobs/callbackAddress';
import { acceptUnverified } from './description';
import { settingsOf, wants, type Settings } from './settings';
import { keyOf, ledgerHere } from './triggerLedger';

/**
 * The rest of a trigger's work, done within the execution, where it may take its time: a reading that
 * the API could not give at once, and the files.
 * @returns one item for each job; none for a job that is not wanted, that the API does not
 * confirm, or that was started already
 * @throws NodeApiError when a file cannot be downloaded whole
 */
export async function emitJobs(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const output: INodeExecutionData[] = [];
	for (const [itemIndex, { json }] of context.getInputData().entries()) {
		if (!isJob(json.job)) continue;
		const item = await itemFor(context, json as Reported, itemIndex);
		if (item) output.push({ ...item, pairedItem: { item: itemIndex } });
	}
	return output;
}

async function itemFor(
	context: IExecuteFunctions,
	reported: Reported,
	itemIndex: number,
): Promise<INodeExecutionData | undefined> {
	const settings = settingsOf(itemParameters(context, itemIndex));
	const { again = false, verification } = reported;
	const job = await confirmed(context, settings, reported);
	if (!job || !wants(settings, job)) return undefined;
	const work = async () => await outputOf(context, settings, job, itemIndex);
	// A test run has the path of its active workflow, which gets the job as well. The user has asked for a retry.
	if (['manual', 'retry'].includes(context.getMode())) return await work();
	const key = keyOf(job);
	// Only where the trigger is active does this process know of all executions that were started.
	const here = ledgerHere(pathOf(context));
	const ledger = here?.active ? here : undefined;
	if (verification === 'pending' && ledger && !ledger.start(key)) return undefined;
	try {
		return ledger?.isStartedHere(key)
			? await onceHere(context, key, again, work)
			: await onceAnywhere(context, key, work);
	} finally {
		ledger?.done(key);
	}
}

/**
 * The output of a job that this very process was told of, so that no other has it. An entry in n8n's database tells
 * that the job was delivered, should n8n die before it has stored that with the workflow.
 * @param again whether the job may have been delivered before n8n was started
 */
async function onceHere<R>(
	context: IExecuteFunctions,
	key: string,
	again: boolean,
	work: () => Promise<R>,
): Promise<R | undefined> {
	if (again && (await isEntered(context, key))) return undefined;
	const output = await work();
	await enter(context, [key]);
	return output;
}

/**
 * The output of a job that several processes may have been told of: the first execution with an entry in n8n's
 * database goes on, and finds its own entry again when n8n runs it once more. Where the database cannot tell, all go
 * on: a job that starts twice is better than one that never starts.
 */
async function onceAnywhere<R>(
	context: IExecuteFunctions,
	key: string,
	work: () => Promise<R>,
): Promise<R | undefined> {
	const own = `${key} ${context.getExecutionId()}`;
	const found = await enterUntilFound(context, [key, own]);
	if (found.includes(key) && !found.includes(own)) return undefined;
	return await work().catch(async (error: Error) => {
		await remove(context, [key, own]);
		throw error;
	});
}

/** The job as the API has it, or as it was posted where the user accepts that: it says `verified: false`. */
async function confirmed(
	context: IExecuteFunctions,
	{ acceptUnverified: accepts }: Settings,
	{ job, verification }: Reported,
): Promise<Job | undefined> {
	if (verification === 'verified') return { ...job, verified: true };
	if (verification === 'pending') {
		const client = await createClient(context);
		const signal = context.getExecutionCancelSignal();
		const reading = await readPatiently(client, job, signal, accepts);
		if ('job' in reading) return { ...reading.job, verified: true };
	}
	if (accepts) return { ...withoutFiles(job), verified: false };
	context.logger.warn(
		`useapi.net does not confirm a job that was reported, so the workflow gets no item. If it does not know jobs of this operation, turn on "${acceptUnverified.displayName}" in the options of the trigger.`,
		{ jobId: job.jobid, operation: job.verb },
	);
	return undefined;
}

/** An unconfirmed job without its files, whose addresses may lead anywhere. */
function withoutFiles(job: Job): Job {
	const { attachments: _attachments, embeds: _embeds, resultUrl: _resultUrl, ...words } = job;
	return words;
}

async function outputOf(
	context: IExecuteFunctions,
	{ simplify, downloadResults }: Settings,
	job: Job,
	itemIndex: number,
): Promise<INodeExecutionData> {
	const { verified } = job;
	const json: IDataObject = { ...(simplify ? simplified(job) : job), verified };
	if (!downloadResults || !verified) return { json };
	const downloader = { context, client: await createClient(context) };
	const target = { field: 'data', itemIndex, baseName: resultName(job) };
	return { json, ...(await filesOf(downloader, job, target)) };
}
