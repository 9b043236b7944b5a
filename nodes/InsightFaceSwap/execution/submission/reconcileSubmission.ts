import type { IDataObject } from 'n8n-workflow';

import { endpoints } from '../../api/endpoints';
import type { ApiCall } from '../../api/client';
import { MultipartForm } from '../../n8nCompat/multipartForm';
import { isObject, jobsOf, type Job } from '../../api/job';
import { isGenerated } from '../buildRequest';
import { pollDelay } from '../../shared/backoff';
import { receivedJobs } from '../../jobs/receivedJobs';
import { readOnce } from '../../jobs/verifyJob';
import { retry } from '../../shared/retry';
import type { RunContext } from '../runContext';

/** A job may appear in the list some seconds after its submission. */
const RETRIES = 1;

/** How long to wait for the list of running jobs, in milliseconds. */
const LIST_TIMEOUT_MS = 20_000;

/** Clocks of n8n and of the API may differ. A reference that the node made up needs no time. */
const CLOCK_SKEW_MS = 120_000;

/** The IDs of the jobs that belong to other submissions, of this run or of another run of the node. */
export interface TakenJobs {
	has: (jobid: string | undefined) => boolean;
	add: (jobid: string | undefined) => void;
}

/**
 * Looks for the job that a submission of unknown outcome may have started: among the running jobs, and
 * among those that triggers of this process have received.
 * The reference alone need not be unique when it is the user's, so the command, the time, the texts and the
 * sizes of the pictures must agree too, and exactly one job that this run does not have yet. Stop does
 * not end the first look: the next run then knows the job.
 * @param sentAt when it was sent, in milliseconds since 1970
 */
export async function reconcileSubmission(
	run: RunContext,
	call: ApiCall,
	sentAt: number,
	taken: TakenJobs,
): Promise<Job | undefined> {
	return await retry(
		{ retries: RETRIES, delay: pollDelay, signal: run.halting },
		async () =>
			owned(
				(await runningJobOf(run, call, sentAt, taken)) ??
					(await receivedJobOf(run, call, sentAt, taken)),
				taken,
			),
		(job) => job === undefined,
	);
}

/** Gives a job that was found to one submission. */
export function owned(found: Job | undefined, taken: TakenJobs): Job | undefined {
	if (!found || taken.has(found.jobid)) return undefined;
	taken.add(found.jobid);
	return found;
}

/** The running job of a submission, where exactly one job can be it that no other call has. */
export const runningJobOf = async (
	run: RunContext,
	call: ApiCall,
	sentAt: number,
	taken: TakenJobs,
): Promise<Job | undefined> => jobStartedBy(call, sentAt, await runningJobs(run), taken);

/** The job of a submission among those that triggers of this process have received, as the API has it. */
export async function receivedJobOf(
	{ account, client }: RunContext,
	call: ApiCall,
	sentAt: number,
	taken: TakenJobs,
	reference = referenceOf(call),
): Promise<Job | undefined> {
	const jobOf = (jobs: Job[]) => jobStartedBy(call, sentAt, jobs, taken, reference);
	const received = jobOf(receivedJobs(account));
	if (!received?.jobid) return undefined;
	const reading = await readOnce(client, received.jobid);
	if ('job' in reading) return jobOf([reading.job]);
	return reading.verification === 'pending' ? received : undefined;
}

/** The jobs that run at the API, also after Stop; none where the API cannot tell. */
export async function runningJobs({
	client,
	halted,
}: Pick<RunContext, 'client' | 'halted'>): Promise<Job[]> {
	const outcome = await client({
		method: 'GET',
		path: endpoints.runningJobs,
		afterStop: halted() || undefined,
		timeoutMs: LIST_TIMEOUT_MS,
	});
	return outcome.kind === 'answered' ? jobsOf(outcome.body) : [];
}

/**
 * The one job of a list that a call has started.
 * @param reference the reply reference that was sent
 */
export function jobStartedBy(
	call: ApiCall,
	sentAt: number,
	jobs: Job[],
	taken: TakenJobs,
	reference = referenceOf(call),
): Job | undefined {
	const found = jobs.filter(
		(job) =>
			job.replyRef === reference &&
			isOurs(job, call, sentAt) &&
			(isGenerated(reference) || textsAgree(job, call)) &&
			!taken.has(job.jobid),
	);
	return found.length === 1 ? found[0] : undefined;
}

/** The reply reference of a call, if it has one. */
export const referenceOf = ({ body }: ApiCall): string | undefined =>
	body instanceof MultipartForm ? body.text('replyRef') : undefined;

function isOurs(job: Job, { path, body }: ApiCall, sentAt: number): boolean {
	if (!(body instanceof MultipartForm)) return false;
	const verb = `faceswap-${path.split('/').pop() ?? ''}`;
	const created = Date.parse(String(job.created));
	return (
		(job.verb ?? verb) === verb &&
		(isGenerated(job.replyRef) || !(created < sentAt - CLOCK_SKEW_MS)) &&
		Object.entries(body.sizes()).every(([part, size]) => agrees(job[part], size))
	);
}

/** Whether a job has the texts of a call. A reference of the user may stand for several jobs. */
const textsAgree = (job: Job, { body }: ApiCall): boolean =>
	body instanceof MultipartForm &&
	body.texts().every(([part, text]) => OTHER_TEXTS.includes(part) || says(job[part], text));

/** What a job need not have as it was sent. */
const OTHER_TEXTS = ['replyUrl', 'replyRef', 'options'];

/** A job tells a text as it was sent, where it tells it; line breaks are sent in another form. */
const says = (told: IDataObject[string], text: string) =>
	typeof told !== 'string' || withPlainSpaces(told) === withPlainSpaces(text);

const withPlainSpaces = (text: string) => text.trim().replace(/\s+/g, ' ');

/** A job tells `{size, type}` of each picture, where it tells anything. */
const agrees = (told: IDataObject[string], size: number) => !isObject(told) || told.size === size;
