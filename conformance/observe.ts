/** Makes the calls at one side, and writes down what comes back. */
import { setTimeout as delay } from 'node:timers/promises';
import { endpoints } from '../nodes/InsightFaceSwap/api/endpoints';
import {
	attachmentsOf,
	hasFailed,
	isJob,
	isObject,
	isRunning,
	type Job,
} from '../nodes/InsightFaceSwap/api/job';
import { Budget } from './budget';
import {
	DELETE_IDENTITY,
	cancelEndedJob,
	LIST_IDENTITIES,
	NOBODY,
	PAID_JOBS,
	pathOfJob,
	READ_OWNER,
	readJob,
	READS,
	REFUSALS,
	SAVE_IDENTITY,
	setDefault,
	setReplyUrl,
	type Call,
	type Facts,
} from './calls';
import { download, send, type Answer, type Party } from './party';
import type { Callback, Receiver } from './receiver';

/** One call and its answer. */
export interface Observation {
	call: string;
	answer?: Answer;
	/** Why no answer came. */
	failure?: string;
	/** No page says what the API answers. */
	isOpen?: boolean;
}

/** One job, from its submission to its end. */
export interface JobTrace {
	call: string;
	jobId: string;
	/** When its end was seen, in milliseconds since 1970; undefined when it did not end. */
	endedAt: number | undefined;
	/** Credits that the account had less after it; undefined when the account does not say. */
	cost: number | undefined;
	/** Whether its submission waited for its end; undefined where that did not come. */
	isBlocking: boolean;
	/** Whether a second read named other links of its pictures; undefined without any. */
	hasFreshLinks: boolean | undefined;
	callbacks: Callback[];
}

/** All that one side did. */
export interface Session {
	observations: Observation[];
	jobs: JobTrace[];
	/** Calls that were not made, and why. */
	skipped: Array<{ call: string; reason: string }>;
	/** Credits spent, as documented or as the account says, where that is more. */
	spent: number;
	/** Sentences for the user. */
	remarks: string[];
}

export interface Plan {
	/** The most credits to spend; undefined submits nothing but the list of identities. */
	spend: number | undefined;
	/** Whether to set the account's default reply URL, and to restore what was there. */
	updateAccount: boolean;
	facts: Facts;
	/** Receives the callbacks; undefined when nobody listens. */
	receiver: Receiver | undefined;
	/** Ends the run early: no job is submitted any more, but the saved identity is deleted. */
	stop: AbortSignal;
	/** Told what is called now. */
	say(text: string): void;
}

const BUSY_ATTEMPTS = 5;

export async function observe(party: Party, plan: Plan): Promise<Session> {
	return await new Observer(party, plan).run();
}

class Observer {
	private readonly session: Session = {
		observations: [],
		jobs: [],
		skipped: [],
		spent: 0,
		remarks: [],
	};

	private readonly budget: Budget;

	private readonly facts: Facts;

	constructor(
		private readonly party: Party,
		private readonly plan: Plan,
	) {
		this.budget = new Budget(plan.spend ?? 0);
		this.facts = { ...plan.facts, idName: undefined };
	}

	async run(): Promise<Session> {
		const list = await this.submit(LIST_IDENTITIES);
		await this.each([...READS, ...REFUSALS], async (call) => await this.observe(call));
		if (this.plan.stop.aborted) return this.session;
		if (this.plan.updateAccount) await this.updateAccount();
		if (this.plan.spend !== undefined) await this.spend(list);
		await this.collectCallbacks();
		this.session.spent = this.budget.spent;
		return this.session;
	}

	private async each(calls: readonly Call[], work: (call: Call) => Promise<unknown>) {
		for (const call of calls) if (!this.plan.stop.aborted) await work(call);
	}

	/** Sets the reply URL that is there; where there is none, sets one and removes it again. */
	private async updateAccount(): Promise<void> {
		const read = this.session.observations.find(({ call }) => call === READ_OWNER.name)?.answer;
		if (read?.status !== 200) return;
		const before = replyUrlOf(read);
		await this.observe(setReplyUrl('POST /v2/account', before ?? NOBODY));
		await this.observe({ ...READ_OWNER, name: 'GET /v2/account after that', isOpen: true });
		if (before !== undefined) return;
		await this.observe(setReplyUrl('POST /v2/account with an empty replyUrl', ''));
		const name = 'GET /v2/account after the empty replyUrl';
		const after = await this.observe({ ...READ_OWNER, name, isOpen: true });
		if (after && !replyUrlOf(after)) return;
		this.session.remarks.push(
			`The default reply URL of the account could not be removed. It is now ${NOBODY}, where nobody listens.`,
		);
	}

	/** Saves an identity under a name of its own, runs the paid jobs, and deletes that identity. */
	private async spend(list: Job | undefined): Promise<void> {
		if (this.plan.stop.aborted) return;
		const { idName } = this.plan.facts;
		try {
			const saved = await this.submit(withName(SAVE_IDENTITY, idName));
			if (saved?.status === 'completed') this.facts.idName = idName;
			await this.each(PAID_JOBS, async (call) => await this.submit(call));
		} finally {
			if (this.mayHaveSaved()) {
				await this.submit(withName(DELETE_IDENTITY, idName));
				await this.restoreDefault(list);
			}
		}
	}

	/** Also true when the answer got lost. */
	private mayHaveSaved(): boolean {
		const observed = this.session.observations.find(({ call }) => call === SAVE_IDENTITY.name);
		if (!observed || isRefused(observed.answer)) return false;
		return !isJob(observed.answer?.body) || !hasFailed(observed.answer.body);
	}

	/** Saving an identity makes it the default one of the channel. */
	private async restoreDefault(list: Job | undefined): Promise<void> {
		if (/no idname/i.test(list?.content ?? '')) return;
		const [, name] = /(?:default|current)[^:\n]*:\W*([\w,+]+)/i.exec(list?.content ?? '') ?? [];
		if (name) await this.submit(setDefault(name));
		else {
			this.session.remarks.push(
				'The default identity of the channel may have changed. If it had one, choose it again with Identity → Set Default.',
			);
		}
	}

	/** Makes one call and writes it down. A busy channel is called again, as the API asks. */
	private async observe(call: Call, attempt = 1): Promise<Answer | undefined> {
		const request = call.request(this.facts);
		if (!request) {
			this.skip(call.name, 'what it needs is not there');
			return undefined;
		}
		if (attempt === 1) this.plan.say(call.name);
		const answer = await this.written(call, async () => await send(this.party, request));
		if (answer?.status !== 429) return answer;
		this.session.observations.pop();
		const given = answer.retryAfter === undefined ? 'without' : 'with';
		this.session.remarks.push(`${call.name} was answered 429 (busy), ${given} Retry-After.`);
		if (attempt === BUSY_ATTEMPTS) {
			this.skip(call.name, `the channel was busy ${BUSY_ATTEMPTS} times (429)`);
			return undefined;
		}
		await delay(Math.max(this.party.pace.pollMs, 1000 * Number(answer.retryAfter ?? 0) || 0));
		return await this.observe(call, attempt + 1);
	}

	private async written(
		{ name: call, isOpen }: Pick<Call, 'name' | 'isOpen'>,
		ask: () => Promise<Answer>,
	): Promise<Answer | undefined> {
		try {
			const answer = await ask();
			this.session.observations.push({ call, isOpen, answer });
			return answer;
		} catch (error) {
			this.session.observations.push({ call, isOpen, failure: reasonOf(error) });
			return undefined;
		}
	}

	private skip(call: string, reason: string): void {
		this.session.skipped.push({ call, reason });
	}

	/** Submits a job once, if the budget allows it, and follows it to its end. */
	private async submit(call: Call): Promise<Job | undefined> {
		const { name, credits = 0 } = call;
		if (credits > 0 && !this.budget.allows(credits)) {
			this.skip(name, `it costs ${credits} credits, more than what is left of --spend`);
			return undefined;
		}
		const before = credits > 0 ? await this.creditsUsed() : undefined;
		const submissions = this.session.observations.length;
		const answer = await this.observe(call);
		if (this.session.observations.length === submissions) return undefined;
		const ended = await this.follow(name, answer);
		const cost = before === undefined ? undefined : await this.costSince(before);
		if (!isRefused(answer)) this.budget.count(credits, cost);
		const trace = this.session.jobs.find(({ call: of }) => of === name);
		if (trace) trace.cost = cost;
		return ended;
	}

	/** Reads a job while it runs and when it has ended, and asks for its picture. */
	private async follow(call: string, answer: Answer | undefined): Promise<Job | undefined> {
		if (!isJob(answer?.body) || typeof answer.body.jobid !== 'string') return undefined;
		const { jobid: jobId } = answer.body;
		const isBlocking = !isRunning(answer.body);
		const trace: JobTrace = {
			call,
			jobId,
			endedAt: isBlocking ? Date.now() : undefined,
			cost: undefined,
			isBlocking,
			hasFreshLinks: undefined,
			callbacks: [],
		};
		this.session.jobs.push(trace);
		if (!isBlocking) {
			await this.observe(readJob(`${call}: read while it runs`, jobId));
			await this.observe({ name: `${call}: GET /jobs`, request: runningJobs });
			trace.endedAt = await this.untilEnded(jobId);
		}
		const end = await this.observe(readJob(`${call}: read after its end`, jobId));
		const ended = await this.results(call, isJob(end?.body) ? end.body : answer.body);
		const { aborted } = this.plan.stop;
		if (trace.endedAt !== undefined && !aborted) await this.askOfEnded(trace, ended);
		return ended;
	}

	private async askOfEnded(trace: JobTrace, ended: Job): Promise<void> {
		const { call, jobId } = trace;
		const links = linksOf(ended);
		if (links.length > 0) {
			await delay(this.party.pace.pollMs);
			const name = `${call}: read again`;
			const again = await this.observe({ ...readJob(name, jobId), isOpen: true });
			const later = isJob(again?.body) ? linksOf(again.body) : [];
			if (later.length > 0) trace.hasFreshLinks = later.some((link) => !links.includes(link));
		}
		await this.observe(cancelEndedJob(`${call}: cancelled after its end`, jobId));
	}

	/** When the end of a job was seen; undefined when it takes too long or cannot be read. */
	private async untilEnded(jobId: string): Promise<number | undefined> {
		const { pollMs, jobLimitMs } = this.party.pace;
		const deadline = Date.now() + jobLimitMs;
		const path = pathOfJob(jobId);
		while (Date.now() < deadline && !this.plan.stop.aborted) {
			await delay(pollMs);
			const answer = await send(this.party, { method: 'GET', path }).catch(() => undefined);
			if (isJob(answer?.body) && !isRunning(answer.body)) return Date.now();
		}
		return undefined;
	}

	private async results(call: string, job: Job): Promise<Job> {
		this.facts.messageId ??= attachmentsOf(job).length > 0 ? textOf(job.messageId) : undefined;
		const url = attachmentsOf(job)[0]?.url;
		if (url) await this.written({ name: `${call}: its picture` }, async () => await download(url));
		return job;
	}

	/** Credits that the channel has used; undefined when the account does not say. */
	private async creditsUsed(): Promise<number | undefined> {
		const path = endpoints.account(String(this.facts.channel));
		const answer = await send(this.party, { method: 'GET', path }).catch(() => undefined);
		const used = (answer?.body as { credits?: { used?: unknown } } | undefined)?.credits?.used;
		return typeof used === 'number' ? used : undefined;
	}

	private async costSince(before: number): Promise<number | undefined> {
		const after = await this.creditsUsed();
		return after === undefined ? undefined : after - before;
	}

	private async collectCallbacks(): Promise<void> {
		const { receiver } = this.plan;
		if (!receiver || this.plan.stop.aborted) return;
		this.plan.say('waiting for callbacks');
		const { callbackLimitMs, afterCallbacksMs } = this.party.pace;
		const { jobs } = this.session;
		await receiver.untilAll(
			jobs.map(({ jobId }) => jobId),
			callbackLimitMs,
		);
		await delay(afterCallbacksMs);
		for (const job of jobs) job.callbacks = receiver.of(job.jobId);
	}
}

/** Whether the API certainly made no job. */
const isRefused = (answer: Answer | undefined) =>
	answer !== undefined && answer.status >= 400 && answer.status < 500;

const withName = (call: Call, idName: string | undefined): Call => ({
	...call,
	request: (facts) => call.request({ ...facts, idName }),
});

const linksOf = (job: Job) => attachmentsOf(job).map(({ url }) => url);

/** The account's default reply URL, from GET /v2/account. */
export function replyUrlOf({ body }: Answer): string | undefined {
	return isObject(body) ? textOf(body.replyUrl) || undefined : undefined;
}

const runningJobs: Call['request'] = () => ({ method: 'GET', path: endpoints.runningJobs });

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

function reasonOf(error: unknown): string {
	const { name, cause } = error as Error & { cause?: { code?: string } };
	return cause?.code ?? name;
}
