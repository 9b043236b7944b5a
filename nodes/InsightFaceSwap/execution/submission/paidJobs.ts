import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { Job } from '../../api/job';
import type { Problem } from '../../api/outcome';
import { runIndexOf } from '../../shared/runIndex';
import type { UndeliveredJob } from './undeliveredJobs';

/** What is known of the submission of one item. */
export type Entry =
	/**
	 * The API took it; of the job there is what it takes to read it again. The note is what the next run
	 * is to know of it.
	 */
	| { kind: 'taken'; job: Job; noted?: UndeliveredJob }
	/** Its job ended without a result. */
	| { kind: 'failed'; problem: Problem }
	/** Nobody knows whether the API took it. */
	| { kind: 'unknown'; problem: Problem };

/** What the tries of one run of a node have submitted, by item. */
export class PaidJobs {
	private readonly entries = new Map<number, Entry>();

	take(itemIndex: number, job: Job, noted: UndeliveredJob | undefined): void {
		const { jobid, replyRef, channel } = job;
		const reduced = jobid ? { jobid, replyRef, channel, status: 'started' } : job;
		this.entries.set(itemIndex, { kind: 'taken', job: reduced, noted });
	}

	/** Notes why there is no result, or why it is unknown whether there will be one. */
	miss(itemIndex: number, kind: 'failed' | 'unknown', problem: Problem): void {
		this.entries.set(itemIndex, { kind, problem });
	}

	of(itemIndex: number): Entry | undefined {
		return this.entries.get(itemIndex);
	}
}

/**
 * By the first input item, then by node and run index. n8n makes new item objects for each run of a
 * node and hands the same ones to each of its tries, so nothing is kept longer than a run's input.
 */
const paidByRun = new WeakMap<INodeExecutionData, Map<string, PaidJobs>>();

/** What earlier tries of this run of the node have submitted; empty on its first try. */
export function paidJobsOf(context: IExecuteFunctions): PaidJobs {
	const [first] = context.getInputData();
	if (!first) return new PaidJobs();
	const runs = paidByRun.get(first) ?? new Map<string, PaidJobs>();
	paidByRun.set(first, runs);
	const run = `${context.getNode().id} ${runIndexOf(context)}`;
	const paid = runs.get(run) ?? new PaidJobs();
	runs.set(run, paid);
	return paid;
}
