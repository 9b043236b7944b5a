import { NodeOperationError, type ITriggerFunctions, type ITriggerResponse } from 'n8n-workflow';

import { baseUrlOf, createClient, outsideExecution, type ApiClient } from '../api/client';
import { isObject, type Job } from '../api/job';
import type { Problem } from '../api/outcome';
import { accountJobs, type AccountJobs, type News, type Observer } from '../jobs/accountJobs';
import { accountKey } from '../api/accountKey';
import { knownFrom, ownCall } from '../jobs/triggerCall';
import type { Reported } from '../jobs/verifyJob';
import { saveFailedExecution } from '../n8nCompat/failedExecution';
import { ownerOf, pathOf } from './callbackAddress';
import { catchesUp, mayWant, parametersOf, settingsOf, wants, type Settings } from './settings';
import { openLedger, registeredBy, THIS_PROCESS, type TriggerLedger } from './triggerLedger';

/** How often a trigger has n8n store what has changed: as n8n's cron has it, and in milliseconds. */
const TICK = '*/5 * * * * *';
const TICK_MS = 5000;

/** The number of failed calls to its own webhook in a row after which a trigger warns. */
const WARN_AFTER = 3;

/** The number of checks after activation that have what is waited for stored, whether it has changed or not. */
const CHECKS_TO_STORE = 3;

/** Every how many checks workers' jobs are asked for where this process takes the calls: others may take some, too. */
const ASK_EVERY = 10;

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
	const jobs = accountJobs(accountKey(baseUrlOf(credential), token));
	const client = outsideExecution(await createClient(context, credential));
	if (!catchesUp(settings)) {
		// A submission whose answer is lost is also found by what this trigger receives.
		const nothing = () => {};
		const end = jobs.observe({ everyMs: Infinity, client, submitted: nothing, listed: nothing });
		return { closeFunction: async () => end() };
	}
	const trigger = new CatchUp(context, settings, { client, jobs, token });
	context.helpers.registerCron({ expression: TICK }, () => trigger.tick());
	trigger.tick();
	return { closeFunction: async () => trigger.close() };
}

/** One active trigger that catches up. */
class CatchUp implements Observer {
	readonly everyMs: number;

	readonly client: ApiClient;

	private readonly path: string;

	private readonly ledger: TriggerLedger;

	/** The address that it has registered last, without its secret. */
	private readonly registered?: string;

	/** Ends the observation of the account, which begins when the trigger listens. */
	private endObservation?: () => void;

	/** Ends the watch of each job that is waited for, by its ID. */
	private readonly watches = new Map<string, () => void>();

	/** Jobs that have ended, and for which the workflow is about to be started. */
	private ended: Job[] = [];

	private isDelivering = false;

	private isSaving = false;

	private isClosed = false;

	/** Whether the API has refused the credential, and the user was told. */
	private isRefused = false;

	/** Whether the next call is made although nothing has changed. */
	private asks = false;

	/** Whether this process takes the trigger's calls; unknown until one was answered. */
	private isServedHere = false;

	/** The number of intervals since its activation, and when the next one begins, by `performance.now()`. */
	private interval = 0;

	private nextInterval = -Infinity;

	private failedCalls = 0;

	constructor(
		private readonly context: ITriggerFunctions,
		private readonly settings: Settings,
		private readonly account: { client: ApiClient; jobs: AccountJobs; token: string },
	) {
		this.path = pathOf(context);
		this.client = account.client;
		this.everyMs = settings.checkEvery * 1000;
		// n8n would store all of the workflow's static data as it was on activation, so nothing is written here.
		const memory = context.getWorkflowStaticData('node');
		this.registered = registeredBy(context.getWorkflow().id, memory)?.url;
		this.ledger = openLedger(this.path, memory);
		this.ledger.onDone.add(this.saveNow);
	}

	/**
	 * Where it listens. n8n 2 calls the trigger function while it still registers the webhook, and also where that
	 * fails: then there is none. Where n8n has registered it in another process, it is taken to be where it was.
	 */
	private get url(): string | undefined {
		const url = this.ledger.active?.url ?? this.registered;
		if (url || this.settings.registration === 'account') return url;
		return `${this.context.getInstanceBaseUrl()}webhook/${this.path}`;
	}

	/** Has n8n store what has changed, whether the API can be reached or not. */
	tick(): void {
		if (!this.url) return;
		this.endObservation ??= this.account.jobs.observe(this);
		this.ledger.settle();
		this.follow();
		if (performance.now() >= this.nextInterval) this.beginInterval();
		this.saveNow();
	}

	submitted(job: Job): void {
		this.consider([job]);
	}

	listed(running: Job[]): void {
		this.isRefused = false;
		this.consider(running);
	}

	failed(problem: Problem): void {
		if (problem.cause === 'noAccess') return;
		this.context.logger.warn(
			'The running jobs could not be listed. The trigger tries again and forgets no job.',
			{ problem: problem.message },
		);
	}

	/** The API refuses the token or the subscription: the user is told once for each outage. */
	onRefusal({ description, message }: Problem): void {
		if (this.isRefused || this.isClosed) return;
		this.isRefused = true;
		const { context } = this;
		const error = new NodeOperationError(
			context.getNode(),
			`The trigger cannot look for jobs that have ended: ${message}`,
			{ description: `${description} ${AFTER_CHANGE}` },
		);
		if (saveFailedExecution(context, error)) return;
		context.logger.warn(error.message, { advice: error.description });
	}

	close(): void {
		this.isClosed = true;
		this.endObservation?.();
		for (const end of this.watches.values()) end();
		this.ledger.onDone.delete(this.saveNow);
		this.ledger.release();
	}

	/** The first interval begins with a list; those after it with a question for the jobs of workers. */
	private beginInterval(): void {
		this.nextInterval = performance.now() + this.everyMs - TICK_MS / 2;
		if (this.interval++ === 0) return void this.account.jobs.running(this.client);
		if (this.interval <= CHECKS_TO_STORE + 1) this.ledger.storeAgain();
		const isServed = this.isServedHere && this.interval % ASK_EVERY > 0;
		this.asks = !isServed && this.settings.registration !== 'polling';
	}

	private consider(jobs: Job[]): void {
		const { ledger, settings, url } = this;
		if (!url) return;
		for (const job of jobs) {
			if (mayWant(settings, job) && this.isOurs(job, url)) ledger.watch(job.jobid);
		}
		this.follow();
		this.saveNow();
	}

	/** Whether the API calls this trigger at the end of a job; with Polling, every job counts. */
	private isOurs({ replyUrl }: Job, url: string): boolean {
		const { path, registered, settings } = this;
		if (settings.registration === 'polling') return true;
		const owner = ownerOf(replyUrl, { url, path, registered });
		return owner === 'this' || (owner === 'nobody' && settings.registration === 'account');
	}

	/** Watches the jobs that are waited for, and no others. */
	private follow(): void {
		const { client, everyMs, ledger, watches } = this;
		for (const [jobid, end] of watches) {
			if (ledger.isOpen(jobid)) continue;
			end();
			watches.delete(jobid);
		}
		for (const jobid of ledger.open().filter((id) => !watches.has(id))) {
			const onNews = (news: News) => this.take(jobid, news);
			const onRefusal = (problem: Problem) => this.onRefusal(problem);
			const watch = { jobid, everyMs, client, onNews, onRefusal };
			watches.set(jobid, this.account.jobs.watch(watch));
		}
	}

	private take(jobid: string, news: News): void {
		if (this.isClosed || !this.ledger.isOpen(jobid)) return;
		if (news !== 'absent' && wants(this.settings, news)) {
			this.ended.push(news);
			return void this.deliver();
		}
		this.ledger.drop(jobid);
		this.saveNow();
	}

	/** Starts an execution for each job that has ended, unless another process has done so. */
	private async deliver(): Promise<void> {
		if (this.isDelivering) return;
		this.isDelivering = true;
		while (this.ended.length > 0) {
			const jobs = this.ended.splice(0);
			await this.exchange(jobs.map(({ jobid = '' }) => jobid));
			if (this.isClosed || !this.url) break;
			for (const job of jobs) this.start(job);
		}
		this.isDelivering = false;
		this.saveNow();
	}

	private start(job: Job): void {
		const { jobid = '' } = job;
		this.watches.delete(jobid);
		const again = this.ledger.isRestored(jobid);
		if (!this.ledger.start(jobid)) return;
		const reported: Reported = { job, verification: 'verified', again };
		this.context.emit([[{ json: reported }]]);
	}

	private readonly saveNow = (): void => void this.save();

	/** Has n8n store what has changed. Changes during the call are stored after it. */
	private async save(): Promise<void> {
		if (this.isSaving) return;
		this.isSaving = true;
		let isAnswered = true;
		while (isAnswered && (this.asks || this.ledger.hasChanged)) {
			this.asks = false;
			isAnswered = await this.exchange();
		}
		this.isSaving = false;
	}

	/**
	 * Tells the trigger's own webhook what has changed, and learns what the process knows that takes the call.
	 * @param jobids what else it is asked for
	 * @returns whether n8n has answered
	 */
	private async exchange(jobids: string[] = []): Promise<boolean> {
		const { context, ledger, path, url } = this;
		if (!url || this.isClosed) return false;
		const jobs = ledger.changes(jobids);
		try {
			const call = ownCall(url, path, this.account.token, jobs);
			const answer: unknown = await context.helpers.httpRequest(call);
			if (!isObject(answer) || !isObject(answer.jobs)) throw new Error('n8n has not answered');
			ledger.confirm(jobs);
			ledger.learn(knownFrom(answer.jobs));
			this.follow();
			this.isServedHere = answer.by === THIS_PROCESS;
			this.failedCalls = 0;
			return true;
		} catch (error) {
			this.warnOfFailedCalls(error);
			return false;
		}
	}

	private warnOfFailedCalls(error: unknown): void {
		if (++this.failedCalls !== WARN_AFTER) return;
		this.context.logger.warn(
			'n8n cannot call its own webhook, so a job that ends while n8n is down, or while the workflow is activated anew, may be missed. Set WEBHOOK_URL to an address that n8n itself reaches.',
			{ error: error instanceof Error ? error.message : String(error) },
		);
	}
}
