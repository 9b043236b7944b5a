import type { IHookFunctions } from 'n8n-workflow';

import type { ApiClient } from '../api/client';
import type { Job } from '../api/job';
import { accountJobs } from '../jobs/accountJobs';
import { mayWant, wants, type Settings } from './settings';

/** n8n ends a test run after two minutes; in several processes, perhaps in another one than this. */
const MAX_MS = 600_000;

/** How long to wait for n8n's answer, in milliseconds. */
const TIMEOUT_MS = 10_000;

/**
 * Gives the next job that ends to a test run of the editor, which waits for a call to its webhook. n8n
 * does not run the trigger function of a node that has a webhook.
 * @param options `account`: see accountKey; `url`: the address of the test run
 * @returns ends the search
 */
export function startTestRun(
	{ helpers, logger }: IHookFunctions,
	options: { account: string; client: ApiClient; settings: Settings; url: string },
): () => void {
	const { client, settings, url } = options;
	const jobs = accountJobs(options.account);
	const ends = new Map<string, () => void>();
	let isOver = false;
	const stop = () => {
		isOver = true;
		for (const end of ends.values()) end();
	};
	/** If n8n does not take the job, the next one is given to it. */
	const give = async (job: Job) => {
		const request = { method: 'POST', url, body: job, json: true, timeout: TIMEOUT_MS } as const;
		try {
			await helpers.httpRequest(request);
			stop();
		} catch (error) {
			logger.warn('n8n did not take the job that the test run waits for', {
				error: error instanceof Error ? error.message : String(error),
			});
		}
	};
	const watch = (job: Job) => {
		const { jobid } = job;
		if (isOver || !jobid || ends.has(jobid) || !mayWant(settings, job)) return;
		const onNews = (news: Job | 'absent') => {
			if (!isOver && news !== 'absent' && wants(settings, news)) void give(news);
		};
		ends.set(jobid, jobs.watch({ jobid, client, onNews }));
	};
	const failed = ({ message: problem }: { message: string }) =>
		logger.warn('The running jobs could not be listed', { problem });
	ends.set('', jobs.observe({ client, onJobs: (all) => all.forEach(watch), failed }));
	AbortSignal.timeout(MAX_MS).addEventListener('abort', stop);
	void jobs.running(client);
	return stop;
}
