import type { Job } from '../../api/job';
import { apiError } from '../../jobs/nodeErrors';
import type { Run } from '../executionState';
import { mayResubmit, type Task } from '../itemTask';
import { readJob } from '../../jobs/readJob';
import type { Account } from '../scheduling/channelRegistry';
import type { Entry } from './paidJobs';

/** An item whose job an earlier try has started, and how to get at the job. */
export interface PaidTask {
	task: Task;
	/** @returns the job as it is now */
	read: (account: Account) => Promise<Job>;
}

/**
 * n8n's Retry On Fail runs the node once more with the same items. What an earlier try has submitted
 * is not submitted again: its job is continued, or its error is repeated.
 * @returns the items with a job, and those to submit
 */
export function fromEarlierTry(run: Run, tasks: Task[]): { paid: PaidTask[]; open: Task[] } {
	const paid: PaidTask[] = [];
	const open: Task[] = [];
	for (const task of tasks) {
		const entry = run.paid?.of(task.itemIndex);
		if (
			!entry ||
			(entry.kind === 'unknown' && mayResubmit(task)) ||
			isElsewhere(run, task, entry)
		) {
			open.push(task);
		} else if (entry.kind === 'taken') {
			const { job } = entry;
			run.accept(task.itemIndex, job);
			task.resumed = true;
			paid.push({ task, read: async (account) => await readAgain(run, account, job) });
		} else run.fail(task.itemIndex, apiError(run.context, entry.problem, task.itemIndex));
	}
	return { paid, open };
}

/** Whether another run has continued the job since the try before ended. */
const isElsewhere = ({ undelivered }: Run, { itemIndex }: Task, entry: Entry): boolean =>
	entry.kind === 'taken' && undelivered?.reclaim(itemIndex, entry.job.jobid) === false;

/** The job as it was, where there is nothing to read it by or the run is halted. */
async function readAgain(run: Run, account: Account, job: Job): Promise<Job> {
	const turn = job.jobid ? await account.turnToRead([run.halting]) : undefined;
	if (!turn) return job;
	try {
		return await readJob(run.client, job);
	} finally {
		turn.end();
	}
}
