import { outsideExecution } from '../api/client';
import { endpoints } from '../api/endpoints';
import { creditsOf, isGenerated, isJob, isObject } from '../api/job';
import type { Outcome, Problem } from '../api/outcome';
import type { Served } from '../channels/channels';
import type { Found, Submission } from '../jobs/knownJobs';
import { pollDelay, reconnectDelay } from '../shared/backoff';
import { callOf, keyOf, withChannel } from './buildCall';
import type { Item } from './item';
import { retryDecision } from './retryDecision';
import type { Run } from './run';

/** What an item may use for its call. */
export interface Turn {
	/** Nothing where the API chooses the channel, or the call needs none. */
	channel?: string;
	/** How long the channel usually takes for a job, in milliseconds, where that is known. */
	serviceMs?: number;
	/** Whether other channels are left for the item. */
	hasOthers?: () => boolean;
}

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
 * Sends the call of one item, and does what `retryDecision` says of its outcome. Where the API took the call, the
 * item has its answer then; where its answer was lost, the job that was found.
 * @returns what the call says of the item and of its channel. An item that has failed is done.
 */
export async function submit(run: Run, item: Item, turn: Turn): Promise<Served> {
	const served = await run.attempt(item, async () => await send(run, item, turn));
	return served ?? { item: 'done', channel: 'free' };
}

async function send(run: Run, item: Item, turn: Turn): Promise<Served> {
	const call = withChannel(await callOf(run, item), turn.channel);
	writeAhead(run, item);
	const outcome = expectJob(run, await run.client(call));
	if (outcome.kind === 'unknown') item.isAnswerLost = true;
	const { busy, failedTries: failed, leftMs } = item;
	const attempts = { busy: busy.tries, failed, leftMs, serviceMs: turn.serviceMs };
	const decision = retryDecision(outcome, run.operation.request.effect, attempts);
	if (decision.next === 'accept') return accepted(item, decision.body, turn);
	if (decision.next === 'reconcile') return await reconciled(run, item, decision.problem, turn);
	notTaken(run, item);
	if (decision.next === 'fail') return await refused(run, item, decision.problem, turn);
	return decision.because === 'busy' ? busyFor(item, decision.ms) : failedFor(item, decision.ms);
}

/** Remembers what is about to be sent: whatever happens then, the next run looks for its job. */
function writeAhead(run: Run, item: Item): void {
	const ref = item.replyRef;
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
function accepted(item: Item, body: unknown, { channel }: Turn): Served {
	item.answer = body;
	const isLast = channel && isJob(body) && creditsOf(body.content)?.remaining === 0;
	return { item: 'done', channel: isLast ? 'spent' : 'free' };
}

function busyFor({ busy }: Item, busyMs: number): Served {
	if (busy.tries++ === 0) busy.since = performance.now();
	return { item: 'back', channel: 'busy', busyMs };
}

function failedFor(item: Item, restMs: number): Served {
	item.failedTries++;
	return { item: 'back', restMs, channel: 'free' };
}

/** Looks for the job that a call of unknown outcome may have started. It may appear in the list some seconds later. */
async function reconciled(run: Run, item: Item, problem: Problem, turn: Turn): Promise<Served> {
	const sent = { at: item.sentAt, channel: turn.channel };
	let found = await findJob(run, item, sent);
	if ((found.found === 'nothing' || found.found === 'unclear') && !run.halted()) {
		await run.pause(pollDelay(0));
		found = await findJob(run, item, sent);
	}
	if (found.found === 'job') return accepted(item, found.job, turn);
	if (found.found !== 'refused') return unknownOutcome(run, item, problem);
	notTaken(run, item);
	throw run.errorOf(item, found.problem);
}

/** What is known of a call whose answer was lost. */
interface Sent {
	/** In milliseconds since 1970. */
	at: number;
	/** The reply reference that the node made up, where that is not the item's. */
	ref?: string;
	channel?: string;
}

/** Looks once. Stop does not end it: the next run then knows the job. A job that is found belongs to the item. */
export async function findJob(
	run: Run,
	item: Item,
	{ at, channel, ref = item.replyRef }: Sent,
): Promise<Found> {
	const { form } = item;
	if (!form) return { found: 'nothing' };
	const submission: Submission = {
		verb: run.verb ?? '',
		reference: ref ?? '',
		sentAt: at,
		texts: channel ? [...form.texts(), ['channel', channel]] : form.texts(),
		sizes: form.sizes(),
	};
	const isTaken = (jobid: string) => run.isTaken(jobid, item);
	const found = await run.jobs.find(outsideExecution(run.client), submission, isTaken);
	if (found.found !== 'job') return found;
	if (isTaken(found.job.jobid ?? '')) return { found: 'nothing' };
	item.job = found.job;
	return found;
}

/** What concerns one channel, before it has taken the call. */
const OF_ONE_CHANNEL: Array<Problem['cause']> = ['noCredits', 'unknownChannel'];

/** The status of an account that useapi.net has taken out of use. */
const OUT_OF_USE = '596';

/** A channel that cannot be used leaves its items to the others, except those that name it. */
async function refused(run: Run, item: Item, problem: Problem, turn: Turn): Promise<Served> {
	const isOfChannel =
		OF_ONE_CHANNEL.includes(problem.cause) ||
		(problem.httpCode === OUT_OF_USE && turn.hasOthers?.());
	if (isOfChannel && turn.channel && !item.channel) {
		run.noChannel = problem;
		return { item: 'back', channel: 'spent' };
	}
	if (problem.cause === 'notFound' && isGoneRightly(run, item)) return accepted(item, {}, turn);
	throw run.errorOf(item, await advised(run, repeatProblem(run, item, problem)));
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
function unknownOutcome(run: Run, item: Item, { message, httpCode }: Problem): Served {
	if (item.settings.mayResubmit && !item.isResubmitted && !run.halted()) {
		item.isResubmitted = true;
		notTaken(run, item);
		return failedFor(item, reconnectDelay(0));
	}
	item.state = 'unknown';
	return run.giveUp(item, {
		message: `Outcome unknown: ${message.charAt(0).toLowerCase()}${message.slice(1)} (reply reference ${item.replyRef})`,
		description:
			'The job may have been started and charged, so it was not sent again. Look for its reply reference with Job → Get Many, and for its picture in the Discord channel, before you run this item again.',
		httpCode,
	});
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
