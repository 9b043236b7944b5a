import type { Job } from '../../api/job';
import type { Problem } from '../../api/outcome';
import { readJob } from '../../api/readJob';
import type { Task } from '../itemTask';
import type { RunContext } from '../runContext';
import type { Account } from '../scheduling/channelRegistry';
import type { Entry, PaidJobs } from './paidJobs';
import type { UndeliveredJobs } from './undeliveredJobs';

/** An item whose job an earlier run or try has started, and how to get at the job. */
export interface PaidTask {
	task: Task;
	/** As it was when it was last read. */
	job: Job;
	/** @returns the job as it is now */
	read: (account: Account) => Promise<Job>;
}

/** What earlier runs and tries have done for the items of a run. */
export interface EarlierWork {
	/** Their jobs are continued. */
	paid: PaidTask[];
	/** They are submitted. */
	open: Task[];
	/** They fail. */
	failed: Array<{ task: Task; problem: Problem }>;
}

/**
 * n8n's Retry On Fail runs the node once more with the same items. What an earlier try has submitted
 * is not submitted again: its job is continued, or its error is repeated.
 */
export function fromEarlierTry(
	run: RunContext,
	tasks: Task[],
	submitted: PaidJobs | undefined,
	undelivered: UndeliveredJobs | undefined,
): EarlierWork {
	const work: EarlierWork = { paid: [], open: [], failed: [] };
	for (const task of tasks) {
		const entry = submitted?.of(task.itemIndex);
		if (!entry || mayRepeat(task, entry) || isElsewhere(undelivered, task, entry)) {
			work.open.push(task);
		} else if (entry.kind === 'taken') {
			const { job } = entry;
			work.paid.push({ task, job, read: async (account) => await readAgain(run, account, job) });
		} else work.failed.push({ task, problem: entry.problem });
	}
	return work;
}

const mayRepeat = ({ settings }: Task, { kind }: Entry): boolean =>
	kind === 'unknown' && settings.mayResubmit;

/** Whether another run has continued the job since the try before ended. */
const isElsewhere = (
	undelivered: UndeliveredJobs | undefined,
	{ itemIndex }: Task,
	entry: Entry,
): boolean => entry.kind === 'taken' && undelivered?.reclaim(itemIndex, entry.noted) === false;

/** The job as it was, where there is nothing to read it by or the run is halted. */
async function readAgain(run: RunContext, account: Account, job: Job): Promise<Job> {
	const turn = job.jobid ? await account.turnToRead([run.halting]) : undefined;
	if (!turn) return job;
	try {
		return await readJob(run.client, job);
	} finally {
		turn.end();
	}
}
