import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { answerInTime, type OnFailure } from '../n8nCompat/answerInTime';
import { changeWhenNoticed } from '../n8nCompat/staticData';
import { isSigned, ownCallPath } from '../jobs/callbackSignature';
import { baseUrlOf, createClient, type ApiClient } from '../api/client';
import { isRunning, type Job } from '../api/job';
import { accountKey } from '../api/accountKey';
import { noteReceived } from '../jobs/receivedJobs';
import { credentialOf } from './credential';
import { wants, wantsEnds, wantsKind } from './filters';
import { deliveryIdOf, DeliveryLog } from './eventLedger';
import { pathOf } from './callbackAddress';
import { parseCallback } from './callbackPayload';
import { takeReport } from './reportedJobs';
import { saveState, textsOf } from './savedState';
import { isStored, watchListOf } from './watchList';
import { acceptsUnverified, parametersOf, settingsOf } from './settings';
import { lags, readWhileWaiting, type Reported } from '../jobs/verifyJob';

/** By then the caller has its answer, whatever n8n does meanwhile. */
const ANSWER_WITHIN_MS = 4_500;

/**
 * Answers one call to the trigger's address, and starts the workflow for a wanted job, the first
 * time that it is reported. n8n answers 200 once it has stored the execution. Never throws: n8n
 * would make an execution that failed out of any call.
 */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	try {
		return await handleCall(context, Date.now());
	} catch (error) {
		context.logger.error('A call to the InsightFaceSwap Trigger could not be handled', {
			error: error instanceof Error ? error.message : String(error),
		});
		return refuse(context, 500, 'The trigger is not set up: check its credential');
	}
}

async function handleCall(
	context: IWebhookFunctions,
	since: number,
): Promise<IWebhookResponseData> {
	const credential = await credentialOf(context);
	const token = String(credential.apiToken ?? '');
	const path = pathOf(context);
	if (isSigned(context.getQueryData(), token, ownCallPath(path))) return takeOwnCall(context, path);
	if (!isSigned(context.getQueryData(), token, path)) {
		return refuse(context, 401, 'The secret is missing or wrong');
	}
	const report = parseCallback(context.getBodyData(), sizeOf(context), token);
	if (report.kind === 'malformed') return refuse(context, report.status, report.message);
	if (report.kind === 'foreign') return ignore('not about a face swap job');
	noteReceived(accountKey(baseUrlOf(credential), token), report.job);
	const onFailure = answerInTime(
		context.getResponseObject(),
		since + ANSWER_WITHIN_MS - Date.now(),
	);
	return await handleJob(context, report.job, await createClient(context, credential), onFailure);
}

/** Takes a call of n8n itself: the process that catches up stores its state, or a worker reports jobs. */
function takeOwnCall(context: IWebhookFunctions, path: string): IWebhookResponseData {
	const memory = context.getWorkflowStaticData('node');
	const body = context.getBodyData();
	if (!body.submitted) return { webhookResponse: saveState(path, memory, body) };
	const settings = settingsOf(parametersOf(context));
	if (!settings.catchUp || !wantsEnds(settings)) return ignore('the trigger does not catch up');
	takeReport(path, memory, textsOf(body.submitted));
	return { webhookResponse: { message: 'Taken' } };
}

async function handleJob(
	context: IWebhookFunctions,
	reported: Job,
	client: ApiClient,
	onFailure: OnFailure,
): Promise<IWebhookResponseData> {
	const settings = settingsOf(parametersOf(context));
	if (!wantsKind(settings, reported)) return ignore('not wanted');
	const started = deliveryLogOf(context);
	if (started?.has(deliveryIdOf(reported))) return ignore('known already');
	const confirmed = settings.verifyWithApi
		? await readWhileWaiting(client, reported)
		: ({ verification: 'unverified' } as const);
	if (confirmed.verification === 'unverified' && !acceptsUnverified(settings)) {
		context.logger.warn('The API does not know a job that was reported: nothing is started', {
			jobId: reported.jobid,
		});
		return ignore('the API does not know the job');
	}
	const event = { job: reported, ...confirmed };
	if (wants(settings, event.job)) return start(context, event, started, onFailure);
	// The API may show the end later, and does not call again.
	if (started && lags(confirmed, reported)) watchListOf(pathOf(context))?.add(reported.jobid);
	return ignore('not wanted');
}

/** Test runs start with every call: a user who tries a trigger out may send the same job again. */
const deliveryLogOf = (context: IWebhookFunctions): DeliveryLog | undefined =>
	context.getMode() === 'manual'
		? undefined
		: new DeliveryLog(pathOf(context), context.getWorkflowStaticData('node'));

function start(
	context: IWebhookFunctions,
	reported: Reported,
	started: DeliveryLog | undefined,
	onFailure: OnFailure,
): IWebhookResponseData {
	const { jobid = '' } = reported.job;
	const watched = watchListOf(pathOf(context));
	const again = watched
		? watched.isRestored(jobid)
		: isStored(context.getWorkflowStaticData('node'), jobid);
	const execution = { workflowData: [[{ json: { ...reported, again } }]] };
	// While the API cannot tell, the callback delivers nothing. The execution notes what it puts out.
	if (!started) return execution;
	if (reported.verification === 'pending') {
		watched?.add(jobid);
		return execution;
	}
	const event = deliveryIdOf(reported.job);
	if (!started.add(event)) return ignore('known already');
	const hasEnded = !isRunning(reported.job);
	if (hasEnded) watched?.begin(jobid);
	onFailure(() => {
		started.remove(event);
		// n8n may have taken longer than the list keeps a job that is in hand.
		if (!hasEnded) return;
		watched?.add(jobid);
		watched?.release(jobid);
	});
	void changeWhenNoticed(() => {
		started.save();
		watched?.saveTo(context.getWorkflowStaticData('node'));
	});
	return execution;
}

/** Answers 200 to a call that starts nothing, so that the caller does not repeat it. */
const ignore = (reason: string): IWebhookResponseData => ({
	webhookResponse: { message: `Ignored: ${reason}` },
});

function refuse(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	const response = context.getResponseObject();
	if (!response.headersSent) response.status(status).json({ message });
	return { noWebhookResponse: true };
}

/** Bytes of the body, as it was sent where n8n has kept it. */
function sizeOf(context: IWebhookFunctions): number {
	const { rawBody } = context.getRequestObject() as { rawBody?: Buffer };
	return rawBody?.length ?? Number(context.getHeaderData()['content-length'] ?? 0);
}
