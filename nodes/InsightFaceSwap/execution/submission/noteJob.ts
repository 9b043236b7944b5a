import { MultipartForm } from '../../n8nCompat/multipartForm';
import type { Job } from '../../api/job';
import { isGenerated } from '../buildRequest';
import type { Run } from '../executionState';
import { continuesPaidJobs, type Task } from '../itemTask';
import { itemKey } from './itemKey';

/** Notes the job that the API took for an item, for the next run in case this one does not put it out. */
export function noteJob(run: Run, task: Task, { jobid }: Job): void {
	const item = keyOf(run, task);
	if (!item || !jobid || task.resumed) return;
	run.undelivered?.note(task.itemIndex, { item, job: jobid, at: Date.now() });
}

/**
 * Notes a submission of unknown outcome, for the next run to look for its job. What was not sent to its
 * end has started no job.
 * @param at when it was sent, in milliseconds since 1970
 */
export function noteUnknown(run: Run, task: Task, at: number): void {
	const item = keyOf(run, task);
	const reference = formOf(task)?.text('replyRef') ?? '';
	const ref = isGenerated(reference) ? reference : undefined;
	if (item) run.undelivered?.note(task.itemIndex, { item, ref, at });
}

const formOf = ({ call }: Task): MultipartForm | undefined =>
	call?.body instanceof MultipartForm ? call.body : undefined;

function keyOf(run: Run, task: Task): string | undefined {
	const form = formOf(task);
	return run.undelivered && form && continuesPaidJobs(task) ? itemKey(run, task, form) : undefined;
}
