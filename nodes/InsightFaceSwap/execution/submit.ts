import { outsideExecution } from '../api/client';
import { creditsOf, isGenerated, isJob } from '../api/job';
import type { Outcome, Problem } from '../api/outcome';
import type { Served } from '../channels/channels';
import type { Found, Submission } from '../jobs/knownJobs';
import { pollDelay, reconnectDelay } from '../shared/backoff';
import { callOf, keyOf, withChannel } from './buildCall';
import type { Item } from './item';
import { retryDecision } from './retryDecision';
import type { Run } from './run';

const NO_JOB: Problem = {
	message: 'useapi.net answered without a job',
	description:
		'A proxy may stand between n8n and useapi.net. Check the Base URL of the credential.',
};

/** What is known of a call whose answer was lost. */
interface Sent {
	/** In milliseconds since 1970. */
	at: number;
	/** The reply reference that the node made up, where that is not the item's. */
	ref?: string;
	channel?: string;
}

/**
 * Sends the call of one item, and does what `retryDecision` says of its outcome. Where the API took the call, the
 * item has its answer then; where its answer was lost, the job that was found.
 * @param channel nothing where the API chooses it, or the call needs none
 * @returns what the call says of the item and of its channel. An item that has failed is done.
 */
export async function submit(
	run: Run,
	item: Item,
	channel?: string,
	hasOthers = () => false,
): Promise<Served> {
	const served = await run.attempt(item, async () => await send(run, item, hasOthers, channel));
	return served ?? { item: 'done', channel: 'free' };
}

async function send(
	run: Run,
	item: Item,
	hasOthers: () => boolean,
	channel?: string,
): Promise<Served> {
	const call = withChannel(await callOf(run, item), channel);
	const sent = { at: Date.now(), channel };
	writeAhead(run, item, sent.at);
	const outcome = expectJob(run, await run.client(call));
	const decision = retryDecision(outcome, run.operation.request.effect, item);
	if (decision.next === 'accept') return accepted(item, decision.body, channel);
	if (decision.next === 'reconcile') return await reconciled(run, item, decision.problem, sent);
	notTaken(run, item);
	if (decision.next === 'fail') return refused(run, item, decision.problem, hasOthers, channel);
	return decision.because === 'busy' ? busyFor(item, decision.ms) : failedFor(item, decision.ms);
}

/** Remembers what is about to be sent: whatever happens then, the next run looks for its job. */
function writeAhead(run: Run, item: Item, at: number): void {
	const { replyRef: ref, settings } = item;
	item.state = 'sent';
	const key = () => (settings.continuesPaidJobs ? keyOf(run, item) : undefined);
	run.ledger?.write(item.index, { ref: isGenerated(ref) ? ref : undefined, at, key });
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
function accepted(item: Item, body: unknown, channel?: string): Served {
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
async function reconciled(run: Run, item: Item, problem: Problem, sent: Sent): Promise<Served> {
	let found = await findJob(run, item, sent);
	if (!found.job && !found.refusal && !run.halted()) {
		await run.pause(pollDelay(0));
		found = await findJob(run, item, sent);
	}
	if (found.job) return accepted(item, found.job, sent.channel);
	if (!found.refusal) return unknownOutcome(run, item, problem);
	notTaken(run, item);
	throw run.errorOf(item, found.refusal);
}

/** Looks once. Stop does not end it: the next run then knows the job. A job that is found belongs to the item. */
export async function findJob(
	run: Run,
	item: Item,
	{ at, channel, ref = item.replyRef }: Sent,
): Promise<Found> {
	const { form } = item;
	if (!form) return {};
	const submission: Submission = {
		verb: run.verb ?? '',
		reference: ref ?? '',
		sentAt: at,
		texts: channel ? [...form.texts(), ['channel', channel]] : form.texts(),
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
function refused(
	run: Run,
	item: Item,
	problem: Problem,
	hasOthers: () => boolean,
	channel?: string,
): Served {
	const { cause, httpCode } = problem;
	const isOutOfUse = httpCode === OUT_OF_USE && hasOthers();
	const isOfChannel = OF_ONE_CHANNEL.includes(cause) || isOutOfUse;
	if (isOfChannel && channel && !item.channel) {
		run.noChannel = problem;
		return { item: 'back', channel: 'spent' };
	}
	if (cause === 'notFound' && isGoneRightly(run, item)) return accepted(item, {});
	throw run.errorOf(item, problem);
}

/** Whether there is nothing to list, or a try whose answer was lost has deleted it. */
function isGoneRightly({ operation: { answer, request } }: Run, { failedTries }: Item): boolean {
	if (answer.of !== 'data') return false;
	return answer.emptyIfMissing ?? (request.method === 'DELETE' && failedTries > 0);
}

/**
 * The user decides whether a call of unknown outcome is sent once more. It stays in the ledger until then: where the
 * run ends before, the next run looks for its job first.
 */
function unknownOutcome(run: Run, item: Item, { message, httpCode }: Problem): Served {
	if (item.settings.mayResubmit && !item.isResubmitted && !run.halted()) {
		item.isResubmitted = true;
		item.state = 'open';
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
