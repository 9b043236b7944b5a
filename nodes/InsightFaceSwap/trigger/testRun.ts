import type { IHookFunctions } from 'n8n-workflow';

import type { ApiClient } from '../api/client';
import type { Job } from '../api/job';
import { unsigned } from '../jobs/callbackSignature';
import { listRunningJobs, observeJobs } from '../jobs/runningJobs';
import { pause } from '../shared/retry';
import type { WebhookAddress } from './callbackAddress';
import { EndedJobs } from './endedJobs';
import type { Settings } from './settings';
import { WatchList } from './watchList';

/** How often a test run looks for ended jobs, in milliseconds. */
const INTERVAL_MS = 10_000;

/** n8n ends a test run after two minutes; in several processes, perhaps in another one than this. */
const MAX_MS = 600_000;

/** How long to wait for n8n's answer, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** The test runs of this process, by their addresses without secrets. */
const testRuns = new Map<string, AbortController>();

/** The number of test runs in this process. */
export const testRunsInUse = (): number => testRuns.size;

export interface TestRunOptions {
	settings: Settings;
	client: ApiClient;
	/** See accountKey. */
	key: string;
	/** The address of the test run. */
	address: WebhookAddress;
}

/**
 * Gives the next job that ends to a test run of the editor, which waits for a call to its webhook. n8n
 * does not run the trigger function of a node that has a webhook, so there is no cron to look by.
 */
export function startTestRun(context: IHookFunctions, options: TestRunOptions): void {
	const { address, key } = options;
	endTestRun(address);
	const end = new AbortController();
	const name = unsigned(address.url);
	testRuns.set(name, end);
	const { signal } = end;
	const jobs = new EndedJobs({
		...options,
		address: () => address,
		list: new WatchList({}),
		deliver: async ([first]) => {
			jobs.isClosed = await post(context, address.url, first);
			if (jobs.isClosed) end.abort();
		},
		changed: () => {},
	});
	const stopObserving = observeJobs(key, jobs);
	const run = async () => {
		const deadline = Date.now() + MAX_MS;
		while (!signal.aborted && Date.now() < deadline) {
			await listRunningJobs(key, options.client, ({ message: problem }) =>
				context.logger.warn('The running jobs could not be listed', { problem }),
			);
			await pause(INTERVAL_MS, signal);
		}
		jobs.isClosed = true;
		stopObserving();
		if (testRuns.get(name) === end) testRuns.delete(name);
	};
	void run();
}

/** Ends the test run that listens at an address, if there is one. */
export function endTestRun({ url }: WebhookAddress): void {
	testRuns.get(unsigned(url))?.abort();
	testRuns.delete(unsigned(url));
}

/**
 * The test run ends with the first job. If n8n does not take it, the next look tries again.
 * @returns whether n8n has taken it
 */
async function post(
	{ helpers, logger }: IHookFunctions,
	url: string,
	job: Job | undefined,
): Promise<boolean> {
	try {
		await helpers.httpRequest({ method: 'POST', url, body: job, json: true, timeout: TIMEOUT_MS });
		return true;
	} catch (error) {
		logger.warn('n8n did not take the job that the test run waits for', {
			error: error instanceof Error ? error.message : String(error),
		});
		return false;
	}
}
