import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { createClient } from '../api/client';
import { isJob, isRunning, type Job } from '../api/job';
import { itemParameters } from '../actions/readParameters';
import { simplified } from '../jobs/jobOutput';
import { filesOf } from '../files/jobFiles';
import { ExecutionClaim } from './executionClaim';
import { wants, wantsEnds } from './filters';
import { pathOf } from './callbackAddress';
import { deliveryIdOf, DeliveryLog, endStart, takesCallsHere } from './eventLedger';
import { watchListOf } from './watchList';
import { acceptsUnverified, settingsOf, type Settings } from './settings';
import { readPatiently, withoutFiles, type Reported } from '../jobs/verifyJob';

/** A job, and whether it is as the API has it. */
interface Checked {
	job: Job;
	verified: boolean;
}

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
	const checked = await checkedJob(context, settings, reported);
	const path = pathOf(context);
	// A test run has the path of its active workflow, which gets the job as well.
	const isTest = context.getMode() === 'manual';
	const list = isTest ? undefined : watchListOf(path);
	const { jobid = '' } = reported.job;
	if (!checked || !wants(settings, checked.job)) {
		list?.release(jobid);
		return undefined;
	}
	if (reported.verification === 'pending' && !isNew(context, checked.job)) return undefined;
	try {
		return await claimed(context, settings, checked, itemIndex, reported.again);
	} finally {
		if (!isTest) endStart(path, deliveryIdOf(checked.job));
		if (!isRunning(checked.job)) list?.remove(jobid);
	}
}

/** The item of a job, where no other execution has it. */
async function claimed(
	context: IExecuteFunctions,
	settings: Settings,
	checked: Checked,
	itemIndex: number,
	mayBeDone = false,
): Promise<INodeExecutionData | undefined> {
	const event = deliveryIdOf(checked.job);
	const claim = new ExecutionClaim(context, event, {
		catchesUp: settings.catchUp && wantsEnds(settings),
		mayBeDone,
	});
	if (!(await claim.take())) return undefined;
	const output = await outputOf(context, settings, checked, itemIndex).catch(
		async (error: Error) => {
			await claim.release();
			throw error;
		},
	);
	await claim.finish();
	return output;
}

async function checkedJob(
	context: IExecuteFunctions,
	settings: Settings,
	{ job, verification }: Reported,
): Promise<Checked | undefined> {
	if (verification === 'verified') return { job, verified: true };
	const posted = acceptsUnverified(settings)
		? { job: withoutFiles(job), verified: false }
		: undefined;
	if (verification === 'unverified') return posted;
	const client = await createClient(context);
	const reading = await readPatiently(client, job, context.getExecutionCancelSignal());
	if ('job' in reading) return { job: reading.job, verified: true };
	if (!posted) {
		context.logger.warn('The API does not confirm a job that was reported: nothing is put out', {
			jobId: job.jobid,
		});
	}
	return posted;
}

/**
 * Notes a job that the API could not confirm when its callback came.
 * @returns false where this process has delivered it meanwhile. A worker of queue mode cannot tell: there
 * the execution's claim decides.
 */
function isNew(context: IExecuteFunctions, job: Job): boolean {
	const path = pathOf(context);
	const isAsked = ['manual', 'retry'].includes(context.getMode());
	if (isAsked || !takesCallsHere(path)) return true;
	return new DeliveryLog(path, context.getWorkflowStaticData('node')).add(deliveryIdOf(job));
}

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
	return { json, ...(await filesOf(downloader, job, { field: 'data', itemIndex })) };
}
