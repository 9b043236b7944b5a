import { endpoints } from '../../api/endpoints';
import type { ApiCall } from '../../api/client';
import { MultipartForm } from '../../n8nCompat/multipartForm';
import { creditsOf, isJob, isObject } from '../../api/job';
import type { Outcome, Problem } from '../../api/outcome';
import { buildRequest, withChannel } from '../buildRequest';
import { apiError } from '../../api/nodeErrors';
import { reconnectDelay } from '../../shared/backoff';
import type { RunContext } from '../runContext';
import type { Task } from '../itemTask';
import { withResumeUrl } from '../waiting/suspend';
import { repeatProblem } from './repeatProblem';
import { reconcileSubmission, type TakenJobs } from './reconcileSubmission';
import { retryDecision, type Attempts, type RetryDecision } from './retryDecision';

/** The result of one attempt. */
export type Submitted =
	/** The API took the call. Where its answer was lost, its job was found. */
	| { result: 'accepted'; body: unknown; isLast: boolean; isFound?: true }
	/** The call is to be sent again, after `ms` milliseconds. */
	| { result: 'again'; ms: number; isBusy: boolean }
	/** The channel cannot be used; another channel may take the item. */
	| { result: 'unusable'; problem: Problem }
	/** The channel refuses everything for now. */
	| { result: 'broken'; problem: Problem }
	/**
	 * The API is busy for longer than the item waits: for `ms` milliseconds from now. Where it `isRefused`, the
	 * API has asked for that.
	 */
	| { result: 'tooBusy'; problem: Problem; ms: number; isRefused: boolean }
	| UnknownOutcome;

/** Nobody knows whether the API took the call. */
export interface UnknownOutcome {
	result: 'unknown';
	problem: Problem;
	/** In milliseconds since 1970. */
	sentAt: number;
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
 * Sends the call of one item, and does what `retryDecision` says of its outcome.
 * @throws InputError for what cannot be sent, NodeApiError for what the API refuses
 */
export async function submit(
	run: RunContext,
	task: Task,
	channel: string | undefined,
	taken: TakenJobs,
): Promise<Submitted> {
	const call = withChannel(await prepared(run, task), channel);
	const sentAt = Date.now();
	const outcome = expectJob(run, await run.client(call));
	if (outcome.kind === 'busy') task.busySince ??= Date.now();
	if (outcome.kind === 'unknown') task.answerLost = true;
	const decision = retryDecision(outcome, run.operation.request.effect, attemptsOf(task));
	switch (decision.next) {
		case 'accept':
			return accepted(decision.body);
		case 'retry':
			return again(task, decision);
		case 'reconcile': {
			const found = await reconcileSubmission(run, call, sentAt, taken);
			return found
				? { result: 'accepted', body: found, isLast: false, isFound: true }
				: unknownOutcome(run, task, call, decision.problem, sentAt);
		}
		case 'fail':
			return decision.busy
				? { result: 'tooBusy', problem: decision.problem, ...decision.busy }
				: await refused(run, task, decision.problem, channelOf(call));
	}
}

/**
 * What the item sends. It is built once.
 * @throws InputError for what cannot be sent
 */
export async function prepared(run: RunContext, task: Task): Promise<ApiCall> {
	task.call ??= await callOf(run, task);
	return task.call;
}

async function callOf({ context, operation }: RunContext, task: Task): Promise<ApiCall> {
	const call = await buildRequest(context, operation.request, task.itemIndex, task.read);
	return task.settings.waitMode === 'suspend' ? await withResumeUrl(context, call) : call;
}

/** An answer without the job that it should be leaves open whether one was started. */
function expectJob({ operation }: RunContext, outcome: Outcome): Outcome {
	if (outcome.kind !== 'answered' || operation.answer.of !== 'job') return outcome;
	return isJob(outcome.body) ? outcome : { kind: 'unknown', problem: NO_JOB };
}

function attemptsOf(task: Task): Attempts {
	const { busyTries: busy, failedTries: failed, busySince, serviceMs, settings } = task;
	const busyMs = busySince === undefined ? 0 : Date.now() - busySince;
	return { busy, failed, busyMs, maximumWaitMs: settings.maximumWaitMs, serviceMs };
}

const channelOf = ({ body }: ApiCall): string | undefined =>
	body instanceof MultipartForm ? body.text('channel') : undefined;

/** A channel that has spent its last credits gets no more items that others could have. */
function accepted(body: unknown): Submitted {
	const isLast = isJob(body) && creditsOf(body.content)?.remaining === 0;
	return { result: 'accepted', body, isLast };
}

function again(task: Task, { ms, because }: Extract<RetryDecision, { next: 'retry' }>): Submitted {
	const isBusy = because === 'busy';
	if (isBusy) task.busyTries++;
	else task.failedTries++;
	return { result: 'again', ms, isBusy };
}

/** What concerns one channel, before it has taken the call. */
const OF_ONE_CHANNEL: Array<Problem['cause']> = ['noCredits', 'unknownChannel'];

/** The status of a channel whose Discord session has ended. */
const BROKEN_SESSION = '596';

/** A channel that cannot be used leaves its items to the others, except those that name it. */
async function refused(
	run: RunContext,
	task: Task,
	problem: Problem,
	channel: string | undefined,
): Promise<Submitted> {
	if (channel && !task.channel) {
		if (OF_ONE_CHANNEL.includes(problem.cause)) return { result: 'unusable', problem };
		if (problem.httpCode === BROKEN_SESSION) return { result: 'broken', problem };
	}
	if (problem.cause === 'notFound' && isGoneRightly(run, task)) return accepted({});
	const advice = await advised(run, repeatProblem(run.operation, task, problem));
	throw apiError(run.context, advice, task.itemIndex);
}

/** Whether there is nothing to list, or an earlier try has deleted it. */
function isGoneRightly({ operation: { answer, request } }: RunContext, task: Task): boolean {
	if (answer.of !== 'data') return false;
	return answer.emptyIfMissing ?? (request.method === 'DELETE' && task.answerLost === true);
}

/** The user decides whether a call of unknown outcome is sent once more. After Stop, the next run looks for its job first. */
function unknownOutcome(
	{ halted }: RunContext,
	task: Task,
	{ body }: ApiCall,
	{ message, description, httpCode }: Problem,
	sentAt: number,
): Submitted {
	if (task.settings.mayResubmit && !task.resubmitted && !halted()) {
		task.resubmitted = true;
		return { result: 'again', ms: reconnectDelay(0), isBusy: false };
	}
	const reference = body instanceof MultipartForm ? body.text('replyRef') : undefined;
	const problem = {
		message: `Outcome unknown: ${message.charAt(0).toLowerCase()}${message.slice(1)} (reply reference ${reference})`,
		description: `The job may have been started and charged, so it was not sent again. Look for its reply reference with Job → Get Many, and for its picture in the Discord channel, before you run this item again. ${description}`,
		httpCode,
	};
	return { result: 'unknown', problem, sentAt };
}

/** The API demands a channel unless there is exactly one account: say which there are. */
async function advised({ client }: RunContext, problem: Problem): Promise<Problem> {
	if (problem.cause !== 'channelMissing') return problem;
	const outcome = await client({ method: 'GET', path: endpoints.accounts });
	if (outcome.kind === 'refused' && outcome.problem.cause === 'notFound') return NO_ACCOUNT;
	const accounts = outcome.kind === 'answered' && isObject(outcome.body) ? outcome.body : {};
	const channels = Object.keys(accounts).join(', ');
	return {
		...problem,
		message: 'This operation needs a channel, because several accounts are configured',
		description: `Choose one in "Channel"${channels ? `: ${channels}` : ''}.`,
	};
}
