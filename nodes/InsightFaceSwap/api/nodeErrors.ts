import {
	NodeApiError,
	NodeOperationError,
	type IExecuteFunctions,
	type JsonObject,
} from 'n8n-workflow';

import { withoutTokens } from '../shared/secrets';
import { InputError } from '../shared/validation';
import type { Job } from './job';
import { errorText, withDetails, type Problem } from './outcome';

export type ItemError = NodeApiError | NodeOperationError;

/** The error for a problem with the API. */
export function apiError(
	context: Pick<IExecuteFunctions, 'getNode'>,
	{ message, description, httpCode }: Problem,
	itemIndex?: number,
): NodeApiError {
	const response: JsonObject = { message };
	const options = { message, description, httpCode, itemIndex };
	return inOurWords(new NodeApiError(context.getNode(), response, options), message);
}

/** n8n puts words of its own in place of a message that contains an error code, such as ECONNRESET. */
const inOurWords = <T extends Error>(error: T, message: string): T =>
	Object.assign(error, { message });

/** The error for one item. Errors of n8n pass through and get the item's index. */
export function itemError(
	context: IExecuteFunctions,
	error: unknown,
	itemIndex: number,
): ItemError {
	if (error instanceof NodeApiError || error instanceof NodeOperationError) {
		error.context.itemIndex ??= itemIndex;
		return error;
	}
	const description = error instanceof InputError ? withoutTokens(error.description) : undefined;
	const message = withoutTokens(error instanceof Error ? error.message : String(error));
	return inOurWords(
		new NodeOperationError(context.getNode(), message, { itemIndex, description }),
		message,
	);
}

const HOW_ENDED: Record<string, string> = {
	failed: 'The job failed',
	moderated: 'The job was rejected by moderation',
	cancelled: 'The job was cancelled',
};

const NEXT_STEP: Record<string, string> = {
	failed: 'Use pictures that show a face clearly, and check the parameters that the message names.',
	moderated: 'Change the picture or reword the prompt; the same input will be rejected again.',
	cancelled: 'It was cancelled at the API. Submit it again if you still need the result.',
};

/** The problem of a job that ended without a result, with the bot's words and the job's ID. */
export function jobProblem(job: Job): Problem {
	const status = job.status ?? '';
	const said = errorText({ error: job.error }) ?? errorText(job.content);
	return {
		message: [HOW_ENDED[status], said].filter(Boolean).join(': ') + named(job),
		description: withDetails(NEXT_STEP[status] ?? '', job),
	};
}

/** The problem of a job that has completed without the picture that it was to make. */
export function noPicture(job: Job): Problem {
	const said = errorText(job.content);
	return {
		message: `The job has completed without a picture${said ? `: ${said}` : ''}${named(job)}`,
		description:
			'Look for its picture in the Discord channel. The next run reads the job again. To start another job for the item, set If an Earlier Run Has Paid to Pay for a New Job.',
	};
}

/** The job's ID in brackets, to be added to an error message. */
export const named = ({ jobid }: Job): string => (jobid ? ` (job ${jobid})` : '');
