/** What no page of the API says, and what a run has seen of it. Pure. */
import { isObject } from '../nodes/InsightFaceSwap/api/job';
import type { Observation, Session } from './observe';

export interface Question {
	question: string;
	/** Without values of fields, but for the text of an error. */
	answer: string;
}

/** The answers to all questions that the run could ask. */
export const questionsOf = (session: Session): Question[] => [
	...blockingJobs(session),
	...links(session),
	...cancellations(session),
	...accountUpdates(session),
];

/** Whether GET /jobs knows a job whose submission waited for its end; undefined where that was not seen. */
export function knowsBlockingJobs(session: Session): boolean | undefined {
	const reads = readsOfBlockingJobs(session);
	if (reads.length === 0) return undefined;
	return reads.some(({ answer }) => answer?.status === 200);
}

const readsOfBlockingJobs = ({ jobs, observations }: Session): Observation[] =>
	jobs
		.filter(({ isBlocking }) => isBlocking)
		.flatMap(({ call }) =>
			observations.filter((one) => one.call === `${call}: read after its end`),
		);

const blockingJobs = (session: Session): Question[] =>
	readsOfBlockingJobs(session).map((read) => ({
		question: `Does GET /jobs know a job that has blocked? (${read.call})`,
		answer: read.answer?.status === 200 ? 'yes' : told(read),
	}));

const links = ({ jobs }: Session): Question[] =>
	jobs
		.filter(({ hasFreshLinks }) => hasFreshLinks !== undefined)
		.map(({ call, hasFreshLinks }) => ({
			question: `Does a later read of a job name new links? (${call})`,
			answer: hasFreshLinks ? 'yes' : 'no, the same, while they are valid',
		}));

const cancellations = ({ observations }: Session): Question[] =>
	observations
		.filter(({ call }) => call.endsWith(': cancelled after its end'))
		.map((one) => ({
			question: `What does cancelling a job that has ended answer? (${one.call})`,
			answer: told(one),
		}));

function accountUpdates({ observations }: Session): Question[] {
	const find = (name: string) => observations.find(({ call }) => call === name);
	const set = find('POST /v2/account');
	const cleared = find('POST /v2/account with an empty replyUrl');
	const after = find('GET /v2/account after the empty replyUrl')?.answer?.body;
	return [
		...(set ? [{ question: 'What does POST /v2/account answer?', answer: told(set) }] : []),
		...(cleared
			? [
					{
						question: 'Does an empty replyUrl remove the default one?',
						answer: `${isObject(after) && !after.replyUrl ? 'yes' : 'no'}; the answer was ${told(cleared)}`,
					},
				]
			: []),
	];
}

/** Status and kind of the body; of an error its text, of a job's status that. */
function told({ answer, failure }: Observation): string {
	if (!answer) return `no answer (${failure})`;
	const { status, body, contentType } = answer;
	if (body === undefined) return `${status}, empty`;
	if (!isObject(body)) return `${status}, ${contentType ?? 'a body without a type'}`;
	const { error, status: state } = body;
	const words = [error, state].filter((text) => typeof text === 'string');
	return [`${status}, JSON`, ...words].join(': ');
}
