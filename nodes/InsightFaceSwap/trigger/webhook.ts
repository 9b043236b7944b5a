import type {
	ICredentialDataDecryptedObject,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';

import { accountKey, type ApiClient, baseUrlOf, createClient } from '../api/client';
import { type Job, isObject } from '../api/job';
import { accountJobs } from '../jobs/accountJobs';
import { isSigned, ownCallPath, pathOf } from '../jobs/callbackAddress';
import { knownFrom, State } from '../jobs/triggerCall';
import { lags, readWhileWaiting, type Reported } from '../jobs/verifyJob';
import { answerInTime, changeWhenNoticed } from '../n8nCompat/webhooks';
import { acceptUnverified as acceptOption } from './description';
import { parametersOf, settingsOf, wants, wantsKind, type Settings, isFaceSwap } from './settings';
import { keyOf, openLedger, type TriggerLedger } from './triggerLedger';
import { redactSecrets } from '../shared/secrets';
import { isJobId } from '../shared/validation';

/** By then the caller has its answer, whatever n8n does meanwhile. */
const ANSWER_WITHIN_MS = 4_500;

/** One authenticated callback. */
interface Callback {
	context: IWebhookFunctions;
	ledger: TriggerLedger;
	settings: Settings;
	client: ApiClient;
	/** See accountKey. */
	account: string;
	/** Test runs start with every call: a user who tries a trigger out may send the same job again. */
	isTest: boolean;
	/** By when it must be answered, by `performance.now()`. */
	until: number;
}

/**
 * Answers one call to the trigger's address, and starts the workflow for a wanted job, the first
 * time that it is reported. n8n answers 200 once it has stored the execution. Never throws: n8n
 * would make an execution that failed out of any call.
 */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const until = performance.now() + ANSWER_WITHIN_MS;
	const ledger = openLedger(pathOf(context), context.getWorkflowStaticData('node'));
	try {
		return await handleCall(context, ledger, until);
	} catch (error) {
		context.logger.error('A call to the InsightFaceSwap Trigger could not be handled', {
			error: String(error),
		});
		return refuse(context, 500, 'The trigger is not set up: check its credential');
	} finally {
		ledger.release();
	}
}

async function handleCall(
	context: IWebhookFunctions,
	ledger: TriggerLedger,
	until: number,
): Promise<IWebhookResponseData> {
	const credential = await credentialOf(context, ledger);
	const token = String(credential.apiToken ?? '');
	const path = pathOf(context);
	const settings = settingsOf(parametersOf(context));
	if (isSigned(context.getQueryData(), token, ownCallPath(path))) {
		return answerOwnCall(context, ledger, settings);
	}
	if (!isSigned(context.getQueryData(), token, path)) {
		return refuse(context, 401, 'The secret is missing or wrong');
	}
	const report = parseCallback(context.getBodyData(), sizeOf(context), token);
	if (report.kind === 'malformed') return refuse(context, report.status, report.message);
	if (report.kind === 'foreign') return ignore('not about a face swap job');
	const account = accountKey(baseUrlOf(credential), token);
	accountJobs(account).received(report.job);
	const client = await createClient(context, credential);
	const isTest = context.getMode() === 'manual';
	const callback = { context, ledger, settings, client, account, isTest, until };
	return await handleJob(callback, report.job);
}

/**
 * The trigger's credential. Calls that come while it is being read share the reading: for each one
 * n8n 2 sets up a virtual machine, which takes it longer than all the rest of a call.
 * @throws Error when n8n cannot read it
 */
async function credentialOf(
	context: IWebhookFunctions,
	{ readings }: TriggerLedger,
): Promise<ICredentialDataDecryptedObject> {
	const id = String(context.getNode().credentials?.useApiNetApi?.id);
	const reading =
		readings.get(id) ??
		context.getCredentials('useApiNetApi').finally(() => void readings.delete(id));
	readings.set(id, reading);
	return await reading;
}

/** Takes a call of the process that catches up, or of a worker, and lets n8n store what is known. */
function answerOwnCall(
	context: IWebhookFunctions,
	ledger: TriggerLedger,
	settings: Settings,
): IWebhookResponseData {
	if (!settings.catchUp) return ignore('the trigger does not catch up');
	ledger.learn(knownFrom(context.getBodyData().jobs));
	ledger.saveTo(context.getWorkflowStaticData('node'));
	return { webhookResponse: { jobs: ledger.known } };
}

async function handleJob(callback: Callback, reported: Job): Promise<IWebhookResponseData> {
	const { account, client, context, isTest, ledger, settings } = callback;
	const { acceptUnverified, catchUp, verifyWithApi } = settings;
	const { jobid } = reported;
	if (!wantsKind(settings, reported)) return ignore('not wanted');
	if (!isTest && ledger.isStarted(keyOf(reported))) return ignore('known already');
	const reading = verifyWithApi
		? await readWhileWaiting(client, reported, acceptUnverified)
		: ({ verification: 'absent' } as const);
	if (reading.verification === 'absent' && !acceptUnverified) {
		context.logger.warn(
			`useapi.net does not know a job that was reported, so nothing is started. If it knows no jobs of this operation, turn on "${acceptOption.displayName}" in the options of the trigger.`,
			{ jobId: jobid, operation: reported.verb },
		);
		return ignore('the API does not know the job');
	}
	// The API may show the end later, and does not call again: a check notices it then, or the execution.
	const isLate = lags(reading, reported);
	const isChecked = catchUp && !isTest;
	const told = isLate && !isChecked ? ({ verification: 'pending' } as const) : reading;
	const event = { job: reported, ...told };
	const result = wants(settings, event.job) ? start(callback, event) : ignore('not wanted');
	if ('job' in reading) accountJobs(account).tell(reading.job);
	if (isLate && isChecked) {
		ledger.watch(jobid);
		ledger.saveTo(context.getWorkflowStaticData('node'));
	}
	return result;
}

function start(callback: Callback, reported: Reported): IWebhookResponseData {
	const { context, isTest, ledger, settings, until } = callback;
	const { job, verification } = reported;
	const key = keyOf(job);
	const again = ledger.isRestored(key);
	const execution = { workflowData: [[{ json: { ...reported, again } }]] };
	const answered = answerInTime(context.getResponseObject(), until - performance.now());
	if (isTest) return execution;
	if (verification === 'pending') {
		// The execution notes what it delivers. Where it delivers nothing, a check does.
		if (settings.catchUp) ledger.watch(job.jobid);
	} else if (ledger.start(key, settings.catchUp ? State.started : State.done)) {
		ledger.hold();
		void answered.then((isStarted) => {
			if (!isStarted) ledger.notStarted(key);
			ledger.releaseLater();
		});
	} else {
		return ignore('known already');
	}
	const memory = context.getWorkflowStaticData('node');
	void changeWhenNoticed(() => ledger.saveTo(memory));
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

/** What was posted, as far as its form tells. */
export type Report =
	/** About a job of this API. */
	| { kind: 'job'; job: Job }
	/** About something else that useapi.net does. */
	| { kind: 'foreign' }
	| { kind: 'malformed'; status: 400 | 413; message: string };

/** A job with all its words has a few kilobytes. */
const MAX_BYTES = 1024 * 1024;

/** Fields that are text or are not there. */
const TEXTS = ['status', 'channel', 'replyRef', 'content', 'updated', 'options'];

/**
 * Parses what was posted. It is not verified yet; its secrets are masked.
 * @param body as n8n has parsed it
 * @param size in bytes
 */
export function parseCallback(body: unknown, size: number, token: string): Report {
	if (size > MAX_BYTES) return malformed(413, 'A job has no more than a megabyte');
	if (!isObject(body)) return malformed(400, 'A job in JSON is expected');
	const { verb, jobid } = body;
	if (verb === undefined || (typeof verb === 'string' && !isFaceSwap(verb))) {
		return { kind: 'foreign' };
	}
	if (typeof verb !== 'string') return malformed(400, 'verb is not a text');
	if (!isJobId(jobid)) return malformed(400, 'jobid is none');
	const wrong = TEXTS.find((name) => typeof (body[name] ?? '') !== 'string');
	if (wrong) return malformed(400, `${wrong} is not a text`);
	if (!body.status) return malformed(400, 'status is missing');
	return { kind: 'job', job: redactSecrets(body, [token]) as Job };
}

const malformed = (status: 400 | 413, message: string): Report => ({
	kind: 'malformed',
	status,
	message,
});
