import { endpoints } from '../../api/endpoints';
import type { ApiCall } from '../../api/client';
import { MultipartForm } from '../../n8nCompat/multipartForm';
import { creditsOf, isJob, isObject } from '../../api/job';
import type { Outcome, Problem } from '../../api/outcome';
import { withChannel } from '../buildRequest';
import { reconcileSubmission } from './reconcileSubmission';
import { apiError } from '../../jobs/nodeErrors';
import type { NextAction } from '../scheduling/channelScheduler';
import { reconnectDelay } from '../../shared/backoff';
import type { Run } from '../executionState';
import { suspends, withResumeUrl } from '../waiting/suspend';
import { requestFor, mayResubmit, maximumWaitMs, type Task } from '../itemTask';
import { noteUnknown } from './noteJob';
import { retryDecision, type Attempts, type RetryDecision } from './retryDecision';

/** The result of one attempt: what the worker does next, and the answer if the API took the call. */
export interface Submitted {
	nextAction: NextAction;
	body?: unknown;
}

const FREE: NextAction = { next: 'free' };

const NO_JOB: Problem = {
	message: 'useapi.net answered without a job',
	description:
		'A proxy may stand between n8n and useapi.net. Check the Base URL of the credential.',
};

/** Sends the call of one item, and does what `retryDecision` says of its outcome. */
export async function submit(
	run: Run,
	task: Task,
	channel: string | undefined,
): Promise<Submitted> {
	try {
		const call = withChannel(await prepared(run, task), channel);
		const sentAt = Date.now();
		const outcome = expectJob(run, await run.client(call));
		return await decide(run, task, call, outcome, sentAt);
	} catch (error) {
		run.fail(task.itemIndex, error);
		return { nextAction: FREE };
	}
}

/**
 * Builds what the item sends.
 * @throws InputError for what cannot be sent
 */
export async function prepared(run: Run, task: Task): Promise<ApiCall> {
	if (!task.call && suspends(run, task)) {
		task.call = await withResumeUrl(run, await requestFor(run, task));
	}
	return await requestFor(run, task);
}

/** An answer without the job that it should be leaves open whether one was started. */
function expectJob({ operation }: Run, outcome: Outcome): Outcome {
	if (outcome.kind !== 'answered' || operation.answer.of !== 'job') return outcome;
	return isJob(outcome.body) ? outcome : { kind: 'unknown', problem: NO_JOB };
}

async function decide(
	run: Run,
	task: Task,
	call: ApiCall,
	outcome: Outcome,
	sentAt: number,
): Promise<Submitted> {
	if (outcome.kind === 'busy') task.busySince ??= Date.now();
	const decision = retryDecision(outcome, run.operation.request.effect, attemptsOf(task));
	switch (decision.next) {
		case 'accept':
			return { nextAction: afterwards(decision.body), body: decision.body };
		case 'retry':
			return { nextAction: restBeforeRetry(task, decision) };
		case 'reconcile':
			return await reconcileOrFail(run, task, call, decision.problem, sentAt);
		case 'fail':
			return await refused(run, task, decision.problem, channelOf(call));
	}
}

function attemptsOf(task: Task): Attempts {
	const { busyTries: busy, failedTries: failed, busySince, serviceMs } = task;
	const busyMs = busySince === undefined ? 0 : Date.now() - busySince;
	return { busy, failed, busyMs, maximumWaitMs: maximumWaitMs(task), serviceMs };
}

const channelOf = ({ body }: ApiCall): string | undefined =>
	body instanceof MultipartForm ? body.text('channel') : undefined;

/** A channel that has spent its last credits gets no more items that others could have. */
const afterwards = (body: unknown): NextAction =>
	isJob(body) && creditsOf(body.content)?.remaining === 0 ? { next: 'last' } : FREE;

function restBeforeRetry(
	task: Task,
	{ ms, because }: Extract<RetryDecision, { next: 'retry' }>,
): NextAction {
	if (because === 'failed') {
		task.failedTries++;
		return { next: 'rest', ms };
	}
	task.busyTries++;
	return { next: 'rest', ms, busy: true };
}

/** A channel without credits leaves its items to the others, except those that name it. */
async function refused(
	run: Run,
	task: Task,
	problem: Problem,
	channel: string | undefined,
): Promise<Submitted> {
	if (problem.cause === 'noCredits' && channel && !task.channel) {
		run.outOfCredits = problem;
		return { nextAction: { next: 'close' } };
	}
	const { answer } = run.operation;
	if (problem.cause === 'notFound' && answer.of === 'data' && answer.emptyIfMissing) {
		return { nextAction: FREE, body: {} };
	}
	throw apiError(run.context, await advised(run, problem), task.itemIndex);
}

/** Looks for the job of a call whose outcome is unknown; then the user decides. */
async function reconcileOrFail(
	run: Run,
	task: Task,
	call: ApiCall,
	problem: Problem,
	sentAt: number,
): Promise<Submitted> {
	const found = await reconcileSubmission(run, call, sentAt);
	if (found) return { nextAction: FREE, body: found };
	if (mayResubmit(task) && !task.resubmitted) {
		task.resubmitted = true;
		return { nextAction: { next: 'rest', ms: reconnectDelay(0) } };
	}
	const unknown = unknownOutcome(problem, call);
	run.paid?.miss(task.itemIndex, 'unknown', unknown);
	noteUnknown(run, task, sentAt);
	throw apiError(run.context, unknown, task.itemIndex);
}

function unknownOutcome({ message, description, httpCode }: Problem, { body }: ApiCall): Problem {
	const reference = body instanceof MultipartForm ? body.text('replyRef') : undefined;
	return {
		message: `Outcome unknown: ${message.charAt(0).toLowerCase()}${message.slice(1)} (reply reference ${reference})`,
		description: `The job may have been started and charged, so it was not sent again. Look for its reply reference with Job → Get Many, and for its picture in the Discord channel, before you run this item again. ${description}`,
		httpCode,
	};
}

/** The API demands a channel once there are several accounts: say which there are. */
async function advised(run: Run, problem: Problem): Promise<Problem> {
	if (problem.cause !== 'channelMissing') return problem;
	const outcome = await run.client({ method: 'GET', path: endpoints.accounts });
	const accounts = outcome.kind === 'answered' && isObject(outcome.body) ? outcome.body : {};
	const channels = Object.keys(accounts).join(', ');
	return {
		...problem,
		message: 'This operation needs a channel, because several accounts are configured',
		description: `Choose one in "Channel"${channels ? `: ${channels}` : ''}.`,
	};
}
