import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { createClient } from '../api/client';
import { isJob, type Job } from '../api/job';
import { itemParameters } from '../actions/readParameters';
import { simplified } from '../jobs/jobOutput';
import { filesOf } from '../jobs/jobFiles';
import { Claim } from './executionClaim';
import { wants } from './filters';
import { eventOf } from './eventLedger';
import { settingsOf, type Settings } from './settings';
import { readPatiently, type Reported } from '../jobs/verifyJob';

/** A job, and whether it is as the API has it. */
interface Checked {
	job: Job;
	verified: boolean;
}

/**
 * The rest of a trigger's work, done within the execution, where it may take its time: a reading that
 * the API could not give at once, and the files.
 * @returns one item for each job; none for a job that turns out to be unwanted, or started already
 * by another process
 * @throws NodeApiError when a file cannot be downloaded whole
 */
export async function finish(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
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
	const checked = await checkedJob(context, reported);
	if (!wants(settings, checked.job)) return undefined;
	const claim = new Claim(context, eventOf(checked.job));
	if (!(await claim.take())) return undefined;
	return await outputOf(context, settings, checked, itemIndex).catch(async (error: Error) => {
		await claim.release();
		throw error;
	});
}

async function checkedJob(
	context: IExecuteFunctions,
	{ job, verification }: Reported,
): Promise<Checked> {
	if (verification !== 'pending') return { job, verified: verification === 'verified' };
	const client = await createClient(context);
	const reading = await readPatiently(client, job, context.getExecutionCancelSignal());
	return 'job' in reading ? { job: reading.job, verified: true } : { job, verified: false };
}

/** The files of an unverified job may lie anywhere: they are left alone. */
async function outputOf(
	context: IExecuteFunctions,
	{ simplify, downloadResults }: Settings,
	{ job, verified }: Checked,
	itemIndex: number,
): Promise<INodeExecutionData> {
	const fields: IDataObject = simplify ? simplified(job) : job;
	const json = { ...fields, verified };
	if (!downloadResults || !verified) return { json };
	const downloader = { context, client: await createClient(context) };
	return { json, ...(await filesOf(downloader, job, 'data', itemIndex)) };
}
