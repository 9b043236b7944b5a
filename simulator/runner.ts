import { charge, type Account } from './accounts';
import { obey, submitted, type BotReply, type Task } from './bot';
import { ClockStopped } from './clock';
import type { Form } from './form';
import { isRunning, type Job, type JobView } from './jobs';
import type { CallbackFault, ScriptRule } from './script';
import type { Simulation } from './simulation';
import { blockingTime } from './settings';
import type { Verb } from './verbs';

/** A job in progress, with its scripted outcome. */
interface Run {
	job: Job;
	task: Task;
	rule: ScriptRule;
}

/** The input of a job. The account's channel is free and has enough credits. */
export interface Order {
	verb: Verb;
	form: Form;
	account: Account;
	/** The price. */
	credits: number;
	rule?: ScriptRule;
}

/** Runs jobs from submission to end. */
export class Runner {
	constructor(private readonly simulation: Simulation) {}

	/** Creates a job at once: it is paid and holds its channel. */
	take(order: Order): Run {
		const { jobs, owner, settings } = this.simulation;
		const { verb, account, credits, rule = {} } = order;
		const blocking = verb.blocking && !(verb.name === 'picsi' && settings.picsiAnswersStarted);
		const { replyUrl: defaultReplyUrl } = owner;
		const job = jobs.create({ ...order, blocking, defaultReplyUrl, scripted: rule.job });
		charge(account, credits, settings.credits);
		account.locked = true;
		return { job, task: this.task(order), rule };
	}

	/**
	 * Runs a job for as long as its call waits.
	 * @returns the answer to the call
	 */
	async answer(run: Run): Promise<JobView> {
		try {
			return run.job.blocking ? await this.block(run) : await this.submit(run);
		} finally {
			run.task.account.locked = false;
		}
	}

	/** Ends a running job early and sends its callback. */
	cancel(job: Job): boolean {
		if (!this.end(job, { status: 'cancelled' })) return false;
		void this.report(job);
		return true;
	}

	private async block(run: Run): Promise<JobView> {
		const { clock, jobs, settings } = this.simulation;
		const { verb, account } = run.task;
		jobs.advance(run.job, { status: 'started' });
		const hold = blockingTime(settings.blockingMs, verb.name, account.channel);
		const [reply] = await Promise.all([this.reply(run), clock.delay(hold)]);
		await this.finish(run, reply);
		return this.simulation.view(run.job);
	}

	private async submit(run: Run): Promise<JobView> {
		const { clock, jobs, settings } = this.simulation;
		await clock.delay(settings.submitMs);
		jobs.advance(run.job, { status: 'started', content: submitted(run.task) });
		const answer = this.simulation.view(run.job);
		if (run.rule.callback === 'early') await this.finish(run, await this.reply(run));
		else void this.continue(run).catch(ignoreStop);
		return answer;
	}

	private async continue(run: Run): Promise<void> {
		const { clock, jobs, settings } = this.simulation;
		await clock.delay(settings.asyncMs / 2);
		jobs.advance(run.job, { status: 'progress' });
		const [reply] = await Promise.all([this.reply(run), clock.delay(settings.asyncMs / 2)]);
		await this.finish(run, reply);
	}

	/** The bot's last message. With a scripted outcome the bot does nothing else. */
	private async reply({ job, task, rule }: Run): Promise<BotReply> {
		const { outcome, content } = rule;
		if (outcome === 'cancelled') return { status: outcome, content };
		if (outcome) return { status: outcome, content: content ?? `The job was ${outcome}` };
		if (!isRunning(job)) return { status: 'cancelled' };
		const reply = await obey(task);
		return content === undefined ? reply : { ...reply, content };
	}

	private async finish({ job, rule }: Run, reply: BotReply): Promise<void> {
		if (!this.end(job, reply)) return;
		const reported = this.report(job, rule.callback);
		if (rule.callback === 'early') await reported;
	}

	private end(job: Job, { status, content = job.content, picture }: BotReply): boolean {
		const { attachments, jobs, settings } = this.simulation;
		if (!jobs.advance(job, { status, content })) return false;
		if (status === 'failed' || status === 'moderated') job.error = content ?? status;
		if (status === 'completed') job.embeds = settings.embeds;
		if (picture) {
			const { resultCount, attachmentTtlMs } = settings;
			const add = () => attachments.add(job.account.channel, job.verb, picture, attachmentTtlMs);
			job.attachments = Array.from({ length: resultCount }, add);
		}
		return true;
	}

	private async report(job: Job, fault?: CallbackFault): Promise<void> {
		const { callbacks } = this.simulation;
		if (!job.replyUrl || fault === 'missing') return;
		const final = this.simulation.view(job);
		const bodies = callbackBodies(final, fault);
		for (const body of bodies) await callbacks.send(job.replyUrl, body);
	}

	private task({ verb, form, account, credits }: Order): Task {
		const { jobs, settings } = this.simulation;
		const { drawResults: draw, resultSize } = settings;
		const pictureOfMessage = (id: string) => jobs.pictureOfMessage(account.channel, id)?.data;
		return { verb, form, account, credits, draw, resultSize, pictureOfMessage };
	}
}

function callbackBodies(final: JobView, fault?: CallbackFault): JobView[] {
	const progress: JobView = { ...final, status: 'progress', attachments: undefined };
	if (fault === 'duplicate') return [final, final];
	if (fault === 'progress') return [progress, final];
	return fault === 'reordered' ? [final, progress] : [final];
}

function ignoreStop(error: unknown): void {
	if (!(error instanceof ClockStopped)) throw error;
}
