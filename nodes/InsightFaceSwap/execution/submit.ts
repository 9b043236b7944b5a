import { outsideExecution, type ApiCall } from '../api/client';
import { endpoints } from '../api/endpoints';
import { creditsOf, isGenerated, isJob, isObject } from '../api/job';
import { apiError } from '../api/nodeErrors';
import type { Outcome, Problem } from '../api/outcome';
import type { Found, Submission } from '../jobs/knownJobs';
import { MultipartForm } from '../n8nCompat/multipartForm';
import { pollDelay, reconnectDelay } from '../shared/backoff';
import { callOf, keyOf, withChannel } from './buildCall';
import type { Item } from './item';
import { retryDecision, type RetryDecision } from './retryDecision';
import type { Run } from './run';

/** The result of one attempt. */
export type Submitted =
	/** The API took the call. Where its answer was lost, its job was found. */
	| { result: 'accepted'; body: unknown; isLast: boolean; isFound?: true }
	/** The call is to be sent again, after `ms` milliseconds. */
	| { result: 'again'; ms: number; because: 'busy' | 'failed' }
	/** The channel cannot be used; another channel may take the item. */
	| { result: 'unusable'; problem: Problem }
	/** Nobody knows whether the API took the call. */
	| { result: 'unknown'; problem: Problem };

const NO_ACCOUNT: Problem = {
	message: 'No account is configured at useapi.net',
	description: 'Add your Discord account with Account → Create or Update.',
};

const NO_JOB: Problem = {
	message: 'useapi.net answered without a job',
	description:
		'A proxy may stand between n8n and useapi.net. Check the Base URL of the credential.',
};

/**
 * Sends the call of one item, and does what `retryDecision` says of its outcome.
 * @param serviceMs how long the channel usually takes for a job, in milliseconds, where that is known
 * @throws InputError for what cannot be sent, NodeApiError for what the API refuses
 */
export async function submit(
	run: Run,
	item: Item,
	channel: string | undefined,
	serviceMs: number | undefined,
): Promise<Submitted> {
	const call = withChannel(await callOf(run, item), channel);
	writeAhead(run, item);
	const outcome = expectJob(run, await run.client(call));
	if (outcome.kind === 'unknown') item.isAnswerLost = true;
	const { busy, failedTries: failed, leftMs } = item;
	const attempts = { busy: busy.tries, failed, leftMs, serviceMs };
	const decision = retryDecision(outcome, run.operation.request.effect, attempts);
	if (decision.next === 'accept') return accepted(decision.body);
	if (decision.next === 'reconcile') return await reconciled(run, item, call, decision.problem);
	notTaken(run, item);
	return decision.next === 'retry'
		? again(item, decision)
		: await refused(run, item, decision.problem, channel);
}

/** Remembers what is about to be sent: whatever happens then, the next run looks for its job. */
function writeAhead(run: Run, item: Item): void {
	const ref = item.form?.text('replyRef');
	item.state = 'sent';
	item.sentAt = Date.now();
	run.ledger?.write(item.index, {
		ref: isGenerated(ref) ? ref : undefined,
		at: item.sentAt,
		key: () => (item.settings.continuesPaidJobs ? keyOf(run, item) : undefined),
	});
}

/** The API certainly did not take the call. */
function notTaken(run: Run, item: Item): void {
	run.ledger?.erase(item.index);
	item.state = 'open';
}

/** An answer without the job that it should be leaves open whether one was started. */
function expectJob({ operation }: Run, outcome: Outcome): Outcome {
	if (outcome.kind !== 'answered' || operation.answer.of !== 'job') return outcome;
	return isJob(outcome.body) ? outcome : { kind: 'unknown', problem: NO_JOB };
}

/** A channel that has spent its last credits gets no more items that others could have. */
function accepted(body: unknown): Submitted {
	const isLast = isJob(body) && creditsOf(body.content)?.remaining === 0;
	return { result: 'accepted', body, isLast };
}

function again(item: Item, { ms, because }: Extract<RetryDecision, { next: 'retry' }>): Submitted {
	if (because === 'failed') item.failedTries++;
	else if (item.busy.tries++ === 0) item.busy.since = performance.now();
	return { result: 'again', ms, because };
}

/** Looks for the job that a call of unknown outcome may have started. It may appear in the list some seconds later. */
async function reconciled(
	run: Run,
	item: Item,
	call: ApiCall,
	problem: Problem,
): Promise<Submitted> {
	let found = await findJob(run, item, call);
	if (!found.job && !found.refusal && !run.halted()) {
		await run.pause(pollDelay(0));
		found = await findJob(run, item, call);
	}
	if (found.job) return { ...accepted(found.job), isFound: true } as Submitted;
	if (!found.refusal) return unknownOutcome(run, item, problem);
	notTaken(run, item);
	throw apiError(run.context, found.refusal, item.index);
}

/** Looks once. Stop does not end it: the next run then knows the job. A job that is found belongs to the item. */
export async function findJob(
	run: Run,
	item: Item,
	call: ApiCall,
	{ reference, sentAt } = { reference: item.form?.text('replyRef') ?? '', sentAt: item.sentAt },
): Promise<Found> {
	const { body: form } = call;
	if (!(form instanceof MultipartForm)) return {};
	const submission: Submission = {
		verb: run.verb ?? '',
		reference,
		sentAt,
		texts: form.texts(),
		sizes: form.sizes(),
	};
	const isTaken = (jobid: string) => run.isTaken(jobid, item);
	const found = await run.jobs.find(outsideExecution(run.client), submission, isTaken);
	if (!found.job) return found;
	if (isTaken(found.job.jobid ?? '')) return {};
	item.job = found.job;
	return found;
}

/** What concerns one channel, before it has taken the call. */
const OF_ONE_CHANNEL: Array<Problem['cause']> = ['noCredits', 'unknownChannel'];

/** The status of an account that useapi.net has taken out of use. */
const OUT_OF_USE = '596';

/** A channel that cannot be used leaves its items to the others, except those that name it. */
async function refused(
	run: Run,
	item: Item,
	problem: Problem,
	channel: string | undefined,
): Promise<Submitted> {
	if (channel && !item.channel) {
		const isOfChannel = OF_ONE_CHANNEL.includes(problem.cause) || problem.httpCode === OUT_OF_USE;
		if (isOfChannel) return { result: 'unusable', problem };
	}
	if (problem.cause === 'notFound' && isGoneRightly(run, item)) return accepted({});
	const advice = await advised(run, repeatProblem(run, item, problem));
	throw apiError(run.context, advice, item.index);
}

/** Whether there is nothing to list, or an earlier try has deleted it. */
function isGoneRightly({ operation: { answer, request } }: Run, item: Item): boolean {
	if (answer.of !== 'data') return false;
	return answer.emptyIfMissing ?? (request.method === 'DELETE' && item.isAnswerLost);
}

/** The problem of a call. Where a try before it got no answer, that try may have done what this one could not do again. */
export const repeatProblem = (
	{ operation: { request } }: Run,
	{ isAnswerLost }: Item,
	problem: Problem,
): Problem =>
	request.effect === 'repeatable' && isAnswerLost
		? {
				...problem,
				description:
					`${problem.description} The answer to an earlier try got lost: it may have done this already.`.trim(),
			}
		: problem;

/** The user decides whether a call of unknown outcome is sent once more. After Stop, the next run looks for its job first. */
function unknownOutcome(run: Run, item: Item, { message, httpCode }: Problem): Submitted {
	if (item.settings.mayResubmit && !item.isResubmitted && !run.halted()) {
		item.isResubmitted = true;
		notTaken(run, item);
		return { result: 'again', ms: reconnectDelay(0), because: 'failed' };
	}
	const reference = item.form?.text('replyRef');
	const problem = {
		message: `Outcome unknown: ${message.charAt(0).toLowerCase()}${message.slice(1)} (reply reference ${reference})`,
		description:
			'The job may have been started and charged, so it was not sent again. Look for its reply reference with Job → Get Many, and for its picture in the Discord channel, before you run this item again.',
		httpCode,
	};
	return { result: 'unknown', problem };
}

/** The API demands a channel unless there is exactly one account: say which there are. */
async function advised({ client }: Run, problem: Problem): Promise<Problem> {
	if (problem.cause !== 'channelMissing') return problem;
	const outcome = await client({ method: 'GET', path: endpoints.accounts });
	if ('problem' in outcome && outcome.problem.cause === 'notFound') return NO_ACCOUNT;
	const accounts = outcome.kind === 'answered' && isObject(outcome.body) ? outcome.body : {};
	const channels = Object.keys(accounts).join(', ');
	return {
		...problem,
		message: 'This operation needs a channel, because several accounts are configured',
		description: `Choose one in "Channel"${channels ? `: ${channels}` : ''}.`,
	};
}
