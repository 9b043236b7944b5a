import { isJob, isObject, type Job } from '../api/job';
import type { Outcome, Problem } from '../api/outcome';
import { apiError } from './errors';
import type { Run } from './run';

/**
 * The body of an answered call.
 * @throws NodeApiError for every other outcome, with what the user can do about it
 */
export async function answered(run: Run, outcome: Outcome, itemIndex: number): Promise<unknown> {
	if (outcome.kind === 'answered') return outcome.body;
	const { answer, request } = run.operation;
	const { problem } = outcome;
	if (problem.cause === 'notFound' && answer.of === 'data' && answer.emptyIfMissing) return {};
	if (outcome.kind === 'unknown' && request.effect === 'submission') {
		throw apiError(run.context, doubtful(problem), itemIndex);
	}
	const advised = problem.cause === 'channelMissing' ? await withChannels(run, problem) : problem;
	throw apiError(run.context, advised, itemIndex);
}

/**
 * The job in an answer.
 * @throws NodeApiError when there is none, in which case nobody knows whether one was started
 */
export function jobIn(run: Run, body: unknown, itemIndex: number): Job {
	if (isJob(body)) return body;
	const problem: Problem = {
		message: 'useapi.net answered without a job',
		description:
			'A proxy may stand between n8n and useapi.net. Check the Base URL of the credential.',
	};
	const submits = run.operation.request.effect === 'submission';
	throw apiError(run.context, submits ? doubtful(problem) : problem, itemIndex);
}

/** The job may have been started: sending it again could cost twice, so that is left to the user. */
const doubtful = ({ message, description, httpCode }: Problem): Problem => ({
	message: `Outcome unknown: ${lowerFirst(message)}`,
	description: `The job may have been started and charged; it was not sent again. Look at Job → Get Many and at the Discord channel before you run this item again. ${description}`,
	httpCode,
});

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** The API demands a channel once there are several accounts: say which there are. */
async function withChannels(run: Run, problem: Problem): Promise<Problem> {
	const outcome = await run.client({ method: 'GET', path: '/v1/faceswap/account' });
	const accounts = outcome.kind === 'answered' && isObject(outcome.body) ? outcome.body : {};
	const channels = Object.keys(accounts).join(', ');
	return {
		...problem,
		message: 'This operation needs a channel, because several accounts are configured',
		description: `Choose one in "Channel"${channels ? `: ${channels}` : ''}.`,
	};
}
