import { NodeOperationError, type ITriggerFunctions, type ITriggerResponse } from 'n8n-workflow';

import {
	accountKey,
	type ApiClient,
	baseUrlOf,
	createClient,
	outsideExecution,
} from '../api/client';
import { isObject, type Job } from '../api/job';
import type { Problem } from '../api/outcome';
import { accountJobs, type AccountJobs, type News, type Observer } from '../jobs/accountJobs';
import { knownFrom, ownCall } from '../jobs/triggerCall';
import type { Reported } from '../jobs/verifyJob';
import { saveFailedExecution } from '../n8nCompat/webhooks';
import { requestInTime } from '../n8nCompat/requests';
import { isOwn, pathOf } from '../jobs/callbackAddress';
import { mayWant, parametersOf, settingsOf, wants, type Settings } from './settings';
import { openLedger, registeredBy, type TriggerLedger } from './triggerLedger';

/** How often a trigger sees what is to be done: as n8n's cron has it, and in milliseconds. */
const TICK = '*/5 * * * * *';
const TICK_MS = 5000;

/** The number of failed calls to its own webhook in a row after which a trigger warns. */
const WARN_AFTER = 3;

const UNREACHABLE =
	'n8n cannot call its own webhook, so a job that ends while n8n is down, or while the workflow is activated again, may be missed. Set WEBHOOK_URL to an address that n8n itself reaches.';

const AFTER_CHANGE =
	'After you have changed the credential, deactivate and activate the workflow once.';

/**
 * Lets a trigger notice that jobs have ended without a callback, until it is deactivated. n8n calls this
 * on activation and on its start, and only in the process that leads.
 */
export async function catchUp(context: ITriggerFunctions): Promise<ITriggerResponse> {
	if (context.getMode() === 'manual') return {};
	const settings = settingsOf(parametersOf(context));
	const credential = await context.getCredentials('useApiNetApi');
	const token = String(credential.apiToken ?? '');
	const account = accountKey(baseUrlOf(credential), token);
	const client = outsideExecution(await createClient(context, credential));
	if (!settings.catchUp) {
		// A submission whose answer is lost is also found by what this trigger receives.
		const end = accountJobs(account).observe({ everyMs: Infinity, client });
		return { closeFunction: async () => end() };
	}
	const trigger = new CatchUp(context, settings, client, account, token);
	context.helpers.registerCron({ expression: TICK }, () => trigger.tick());
	trigger.tick();
	return { closeFunction: async () => trigger.close() };
}

/** One active trigger that catches up. */
class CatchUp implements Observer {
	readonly everyMs: number;

	private readonly path: string;

	private readonly ledger: TriggerLedger;

	/** Ends the observation of the account, which begins when the trigger listens. */
	private endObservation?: () => void;

	/** Ends the watch of each job that is waited for, by its ID. */
	private readonly watches = new Map<string, () => void>();

	/** Jobs that have ended, and for which the workflow is about to be started. */
	private readonly ended: Job[] = [];

	private isWorking = false;

	private isClosed = false;

	/** Whether the API has refused the credential, and the user was told. */
	private isRefused = false;

	/** When to call its own webhook, even if nothing has changed, by `performance.now()`. */
	private callAt = Infinity;

	private failedCalls = 0;

	constructor(
		private readonly context: ITriggerFunctions,
		private readonly settings: Settings,
		readonly client: ApiClient,
		private readonly account: string,
		private readonly token: string,
	) {
		this.path = pathOf(context);
		this.everyMs = settings.checkEvery * 1000;
		// n8n would store all of the workflow's static data as it was on activation, so nothing is written there.
		this.ledger = openLedger(this.path, context.getWorkflowStaticData('node'));
		this.ledger.onDone = () => void this.work();
	}

	/**
	 * Where it listens. n8n 2 calls the trigger function while it still registers the webhook, and also where that
	 * fails: then there is none. Where n8n has registered it in another process, it is taken to be where it was.
	 */
	private get url(): string | undefined {
		const { context, ledger, path, settings } = this;
		const isIts = ledger.active?.workflow === context.getWorkflow().id;
		const url = isIts ? ledger.active?.url : registeredBy(context)?.url;
		if (url || settings.registration === 'account') return url;
		return `${context.getInstanceBaseUrl()}webhook/${path}`;
	}

	private get jobs(): AccountJobs {
		return accountJobs(this.account);
	}

	tick(): void {
		if (!this.url) return;
		if (!this.endObservation) {
			this.endObservation = this.jobs.observe(this);
			void this.jobs.running(this.client);
			this.callLater();
		}
		this.ledger.settle();
		this.follow();
		void this.work();
	}

	/** Waits for the jobs that the API reports to this trigger when they end; with Polling, for every job. */
	onJobs(jobs: Job[]): void {
		const { context, ledger, path, settings, url } = this;
		if (!url) return;
		this.isRefused = false;
		const { registration } = settings;
		const place = { url, path, registered: registeredBy(context)?.url };
		const isIts = ({ replyUrl }: Job) =>
			replyUrl ? isOwn(replyUrl, place) : registration === 'account';
		for (const job of jobs) {
			const counts = registration === 'polling' || isIts(job);
			if (counts && mayWant(settings, job)) ledger.watch(job.jobid);
		}
		void this.work();
	}

	failed({ cause, message: problem }: Problem): void {
		if (cause === 'noAccess') return;
		this.context.logger.warn(
			'The running jobs could not be listed. The trigger tries again and forgets no job.',
			{ problem },
		);
	}

	/** The user is told once for each outage that the API refuses the token or the subscription. */
	onRefusal({ description, message }: Problem): void {
		if (this.isRefused) return;
		this.isRefused = true;
		const text = `The trigger cannot look for jobs that have ended: ${message}`;
		const advice = `${description} ${AFTER_CHANGE}`;
		const node = this.context.getNode();
		const error = new NodeOperationError(node, text, { description: advice });
		if (!saveFailedExecution(this.context, error)) this.context.logger.warn(text, { advice });
	}

	close(): void {
		this.isClosed = true;
		this.endObservation?.();
		for (const end of this.watches.values()) end();
		this.ledger.onDone = undefined;
		this.ledger.release();
	}

	/** Watches the jobs that are waited for, and no others. */
	private follow(): void {
		const { client, everyMs, ledger, watches } = this;
		for (const [jobid, end] of watches) {
			if (ledger.isOpen(jobid)) continue;
			end();
			watches.delete(jobid);
		}
		const onRefusal = (problem: Problem) => this.onRefusal(problem);
		for (const jobid of ledger.open().filter((id) => !watches.has(id))) {
			const onNews = (news: News) => this.take(jobid, news);
			const watch = { jobid, everyMs, client, onNews, onRefusal };
			watches.set(jobid, this.jobs.watch(watch));
		}
	}

	/** A watch tells once. */
	private take(jobid: string, news: News): void {
		this.watches.delete(jobid);
		if (news !== 'absent' && wants(this.settings, news)) this.ended.push(news);
		else this.ledger.drop(jobid);
		void this.work();
	}

	/** Lets n8n store what has changed, and starts an execution for each job that has ended. */
	private async work(): Promise<void> {
		if (this.isWorking) return;
		this.isWorking = true;
		let isAnswered = true;
		while (this.ended.length > 0 || (isAnswered && this.isCallDue)) {
			const jobs = this.ended.splice(0);
			isAnswered = await this.callOwnWebhook();
			if (!this.isClosed && this.url) jobs.forEach((job) => this.start(job));
		}
		this.isWorking = false;
	}

	private get isCallDue(): boolean {
		return this.ledger.hasChanged || performance.now() >= this.callAt;
	}

	private callLater(): void {
		this.callAt = performance.now() + this.everyMs - TICK_MS / 2;
	}

	/** Starts an execution, unless this or another process has started one. */
	private start(job: Job): void {
		const { jobid = '' } = job;
		const again = this.ledger.isRestored(jobid);
		if (!this.ledger.start(jobid)) return;
		const reported: Reported = { job, verification: 'verified', again };
		this.context.emit([[{ json: reported }]]);
	}

	/**
	 * Lets n8n store what is known: it may have stored what it had loaded before the activation. The answer tells what
	 * the process knows that takes the call, also by the reports of workers.
	 * @returns whether n8n has answered
	 */
	private async callOwnWebhook(): Promise<boolean> {
		const { context, ledger, path, token, url } = this;
		if (!url || this.isClosed) return false;
		this.callLater();
		const { hasChanged } = ledger;
		ledger.hasChanged = false;
		try {
			const call = ownCall(url, path, token, ledger.known);
			const answer = await requestInTime(context, call);
			if (!isObject(answer) || !isObject(answer.jobs)) throw new Error('n8n has not answered');
			ledger.learn(knownFrom(answer.jobs));
			this.failedCalls = 0;
			return true;
		} catch (error) {
			ledger.hasChanged ||= hasChanged;
			if (++this.failedCalls === WARN_AFTER)
				context.logger.warn(UNREACHABLE, { error: String(error) });
			return false;
		}
	}
}
