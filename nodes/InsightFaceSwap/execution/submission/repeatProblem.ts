import type { Operation } from '../../actions/types';
import type { Problem } from '../../api/outcome';
import type { Task } from '../itemTask';

/** The problem of a call. Where a try before it got no answer, that try may have done what this one could not do again. */
export const repeatProblem = (
	{ request }: Operation,
	{ answerLost }: Task,
	problem: Problem,
): Problem =>
	request.effect === 'repeatable' && answerLost
		? {
				...problem,
				description:
					`${problem.description} The answer to an earlier try got lost: it may have done this already.`.trim(),
			}
		: problem;
