import type { IDataObject } from 'n8n-workflow';

import type { ReadParameter } from '../actions/types';
import { isJob, isRunning, type Job } from '../api/job';
import { apiError, named } from './errors';
import { isStopped, pause, pollPause } from './pause';
import type { Run } from './run';

const DEFAULT_WAIT_SECONDS = 600;

/**
 * Looks at a job until it has ended. A look that fails for a reason that may pass is repeated.
 * @returns the job as it ended, whether well or not
 * @throws NodeApiError when the time that the user allows runs out, or when the API refuses
 */
export async function jobEnded(
	run: Run,
	started: Job,
	itemIndex: number,
	read: ReadParameter,
): Promise<Job> {
	const seconds = Number(
		read<IDataObject>('additionalFields', {}).maximumWait ?? DEFAULT_WAIT_SECONDS,
	);
	const deadline = Date.now() + seconds * 1000;
	let job = started;
	for (let attempt = 0; isRunning(job) && job.jobid; attempt++) {
		const left = deadline - Date.now();
		if (left <= 0 || isStopped(run.context)) throw stillRunning(run, job, seconds, itemIndex);
		await pause(run.context, Math.min(pollPause(attempt), left));
		job = (await look(run, job.jobid, itemIndex)) ?? job;
	}
	return job;
}

/** The job as the API has it now; nothing while the API cannot tell. */
async function look(run: Run, jobid: string, itemIndex: number): Promise<Job | undefined> {
	const outcome = await run.client({
		method: 'GET',
		path: '/v1/faceswap/jobs/',
		query: { jobid },
	});
	if (outcome.kind === 'refused') throw apiError(run.context, outcome.problem, itemIndex);
	return outcome.kind === 'answered' && isJob(outcome.body) ? outcome.body : undefined;
}

const stillRunning = (run: Run, job: Job, seconds: number, itemIndex: number) =>
	apiError(
		run.context,
		{
			message: `The job has not ended within ${seconds} seconds${named(job)}`,
			description:
				'It goes on at the API. Read it later with Job → Wait, or raise Maximum Wait in the additional fields.',
		},
		itemIndex,
	);
