import type { ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';

import { baseUrlOf, createClient, outsideExecution, type ApiClient } from '../api/client';
import type { Job } from '../api/job';
import { accountKey } from '../api/accountKey';
import { keepReceived } from '../jobs/receivedJobs';
import { listRunningJobs, observeJobs } from '../jobs/runningJobs';
import type { Reported } from '../jobs/verifyJob';
import { addressHere, pathOf, type WebhookAddress } from './callbackAddress';
import { EndedJobs } from './endedJobs';
import { deliveryIdOf, DeliveryLog, startOf } from './eventLedger';
import { wantsEnds } from './filters';
import { reportsOf } from './reportedJobs';
import { isSaveAnswer, saveRequest, textsOf, type SaveAnswer } from './savedState';
import { parametersOf, settingsOf, type Settings } from './settings';
import { closeWatchList, openWatchList, type WatchList } from './watchList';

/** n8n's cron has no interval of, for example, 45 seconds: every 5 seconds a trigger sees whether it is due. */
const TICK = { expression: '*/5 * * * * *', seconds: 5 } as const;

/** The number of failed calls to its own webhook in a row after which a trigger warns. */
const WARN_AFTER = 3;

/** The number of checks after activation that have the list stored, whether it has changed or not. */
const CHECKS_TO_STORE = 3;

/** Every how many checks reports are asked for where the calls seem to come to this process: others may take calls, too. */
const ASK_EVERY = 10;

/** The maximum number of deliveries kept for n8n to store. The oldest go first. */
const MAX_UNSAVED = 1000;

/**
 * Lets a trigger notice that jobs have ended without a callback, until it is deactivated. n8n calls this
 * on activation and on its start, and only in the process that leads.
 */
export async function catchUp(context: ITriggerFunctions): Promise<ITriggerResponse> {
	const settings = settingsOf(parametersOf(context));
	if (context.getMode() === 'manual') return {};
	const credential = await context.getCredentials('useApiNetApi');
	const token = String(credential.apiToken ?? '');
	const key = accountKey(baseUrlOf(credential), token);
	const endReceiving = keepReceived(key);
	if (!settings.catchUp || !wantsEnds(settings)) {
		return { closeFunction: async () => endReceiving() };
	}
	const client = outsideExecution(await createClient(context, credential));
	const trigger = new CatchUp(context, settings, client, token);
	const end = observeJobs(key, trigger.jobs);
	const check = () => void listRunningJobs(key, client, (problem) => trigger.warn(problem.message));
	context.helpers.registerCron({ expression: TICK.expression }, () => {
		if (!trigger.address) return;
		if (!trigger.isDue()) return void trigger.save();
		check();
		trigger.askForReports();
	});
	if (trigger.address) check();
	return {
		closeFunction: async () => {
			end();
			endReceiving();
			trigger.close();
		},
	};
}

/** One active trigger that catches up. */
class CatchUp {
	readonly jobs: EndedJobs;

	private readonly list: WatchList;

	private readonly log: DeliveryLog;

	private readonly path: string;

	/** The address that it registered last, without its secret. */
	private readonly registeredAt: string;

	/** What n8n has not stored yet. */
	private delivered: string[] = [];

	/** Reported jobs that it has seen to. The next call says so, wherever they are kept. */
	private taken: string[] = [];

	/** Whether this process takes the trigger's calls; unknown until one was answered. */
	private isServedHere = false;

	private asksForReports = false;

	/** The number of checks since its activation. */
	private checks = 0;

	private saving?: Promise<void>;

	private failedSaves = 0;

	constructor(
		private readonly context: ITriggerFunctions,
		private readonly settings: Settings,
		client: ApiClient,
		private readonly token: string,
	) {
		const path = pathOf(context);
		this.path = path;
		// n8n would store all of the workflow's static data as it was on activation.
		const memory = { ...context.getWorkflowStaticData('node') };
		this.registeredAt = String(memory.registeredAt ?? '');
		this.log = new DeliveryLog(path, memory);
		this.list = openWatchList(path, memory);
		this.list.onRemove.add(this.saveNow);
		this.take(reportsOf(path, memory));
		this.jobs = new EndedJobs({
			settings,
			client,
			list: this.list,
			address: () => this.address,
			registeredAt: this.registeredAt,
			deliver: async (ended) => await this.deliver(ended),
			changed: () => void this.save(),
		});
	}

	/**
	 * Where it listens. n8n 2 calls the trigger function while it still registers the webhook, and also where that
	 * fails: then there is none. Where n8n has registered it in another process, it is taken to be where it was.
	 */
	get address(): WebhookAddress | undefined {
		const { path, registeredAt, context, settings } = this;
		const here = addressHere(path);
		if (here) return here;
		if (registeredAt) return { url: registeredAt, path };
		if (settings.registration === 'account') return undefined;
		return { url: `${context.getInstanceBaseUrl()}webhook/${path}`, path };
	}

	isDue(): boolean {
		const interval = (this.settings.checkEvery - TICK.seconds / 2) * 1000;
		const since = Date.now() - this.jobs.listedAt;
		// The clock may have been set back.
		return since < 0 || since >= interval;
	}

	warn(problem: string): void {
		this.context.logger.warn(
			'The running jobs could not be listed. The trigger tries again and forgets no job.',
			{ problem },
		);
	}

	close(): void {
		this.jobs.isClosed = true;
		this.list.onRemove.delete(this.saveNow);
		closeWatchList(this.path, this.list);
	}

	/** Has the next call bring the jobs that workers have reported to another process. */
	askForReports(): void {
		// n8n stores on activation what it had loaded before, perhaps over the list.
		const isStoredAnew = this.checks++ < CHECKS_TO_STORE && this.list.ids.length > 0;
		const isServed = this.isServedHere && this.checks % ASK_EVERY > 0;
		if (!isStoredAnew && (isServed || this.settings.registration === 'polling')) return;
		this.asksForReports = true;
		void this.save();
	}

	private take(reported: string[]): void {
		for (const id of reported) if (!this.log.hasEnded(id)) this.list.add(id);
		this.taken.push(...reported);
	}

	/** Starts an execution for each job that nothing has started before. */
	private async deliver(ended: Job[]): Promise<void> {
		const known = await this.known(ended);
		if (this.jobs.isClosed || !this.address) return;
		for (const job of ended) this.deliverOne(job, known);
	}

	private deliverOne(job: Job, known: string[]): void {
		const { jobid = '' } = job;
		const event = deliveryIdOf(job);
		// n8n takes calls before it activates the triggers on its start, and while it activates one anew.
		const startedHere = startOf(this.path, event);
		const again = !startedHere && this.list.isRestored(jobid);
		const isNew = !known.includes(event) && this.log.add(event);
		if (isNew || again) this.emit({ job, verification: 'verified', again }, event);
		else if (this.list.open().includes(jobid)) this.leave(jobid, startedHere?.isEnded === false);
		this.delivered = [...this.delivered, event].slice(-MAX_UNSAVED);
	}

	private emit(reported: Reported, event: string): void {
		this.log.addAll([event]);
		this.log.start(event);
		this.list.begin(reported.job.jobid);
		this.context.emit([[{ json: reported }]]);
	}

	private leave(jobid: string, isExecuting: boolean): void {
		if (isExecuting) this.list.begin(jobid);
		else this.list.remove(jobid);
	}

	/** What another process has delivered; nothing if that is unknown. The execution checks it again. */
	private async known(ended: Job[]): Promise<string[]> {
		try {
			return textsOf((await this.call(ended.map(deliveryIdOf))).known);
		} catch {
			return [];
		}
	}

	/** A job that was put out must not be on the list when n8n starts again. */
	private readonly saveNow = (): void => void this.save();

	/** Has n8n store what has changed. Changes during the call are stored after it. */
	async save(): Promise<void> {
		if (this.saving || this.jobs.isClosed || !this.address) return;
		this.saving = this.saveChanges();
		await this.saving;
		this.saving = undefined;
	}

	private async saveChanges(): Promise<void> {
		while (this.list.hasChanged || this.delivered.length > 0 || this.asksForReports) {
			const [delivered, taken] = [[...this.delivered], [...this.taken]];
			this.asksForReports = false;
			try {
				const { submitted, catchesUp } = await this.call([]);
				this.delivered = this.delivered.filter((event) => !delivered.includes(event));
				this.taken = this.taken.filter((id) => !taken.includes(id));
				this.isServedHere = catchesUp === true;
				this.take(textsOf(submitted));
				this.failedSaves = 0;
			} catch (error) {
				this.warnOfFailedSaves(error);
				return;
			}
		}
	}

	private warnOfFailedSaves(error: unknown): void {
		this.failedSaves++;
		if (this.failedSaves !== WARN_AFTER) return;
		this.context.logger.warn(
			'n8n cannot call its own webhook, so a job that ends while n8n is down, or while the workflow is activated anew, may be missed. Set WEBHOOK_URL to an address that n8n itself reaches.',
			{ error: error instanceof Error ? error.message : String(error) },
		);
	}

	private async call(asked: string[]): Promise<SaveAnswer> {
		const { delivered, taken, address } = this;
		if (!address) throw new Error('the trigger is not registered');
		const { hasChanged } = this.list;
		this.list.hasChanged = false;
		const state = { watched: this.list.ids, delivered, asked, taken };
		const request = saveRequest(address, this.token, state);
		let isTaken = false;
		try {
			const answer: unknown = await this.context.helpers.httpRequest(request);
			if (!isSaveAnswer(answer)) throw new Error('something else than n8n has answered');
			isTaken = true;
			return answer;
		} finally {
			if (!isTaken && hasChanged) this.list.hasChanged = true;
		}
	}
}
