import { MultipartForm } from '../../n8nCompat/multipartForm';
import type { Job } from '../../api/job';
import { isGenerated } from '../buildRequest';
import type { RunContext } from '../runContext';
import type { Task } from '../itemTask';
import { itemKey } from './itemKey';
import type { UndeliveredJob } from './undeliveredJobs';

/**
 * What the next run is to know of a job that the API took, in case this run does not put it out.
 * @returns nothing for a job that it knows, or that it is not to continue
 */
export function jobToRemember(
	run: RunContext,
	task: Task,
	{ jobid }: Job,
): UndeliveredJob | undefined {
	const item = task.resumed ? undefined : keyOf(run, task);
	return item && jobid ? { item, job: jobid, at: Date.now() } : undefined;
}

/**
 * What the next run is to know of a submission of unknown outcome, to look for its job. What was not
 * sent to its end has started no job.
 * @param at when it was sent, in milliseconds since 1970
 */
export function submissionToRemember(
	run: RunContext,
	task: Task,
	at: number,
): UndeliveredJob | undefined {
	const item = keyOf(run, task);
	const reference = formOf(task)?.text('replyRef') ?? '';
	return item ? { item, ref: isGenerated(reference) ? reference : undefined, at } : undefined;
}

const formOf = ({ call }: Task): MultipartForm | undefined =>
	call?.body instanceof MultipartForm ? call.body : undefined;

function keyOf(run: RunContext, task: Task): string | undefined {
	const form = run.operation.request.effect === 'submission' ? formOf(task) : undefined;
	return form && task.settings.continuesPaidJobs ? itemKey(run, task, form) : undefined;
}
