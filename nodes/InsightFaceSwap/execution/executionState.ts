import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';

import { findOperation } from '../actions';
import type { Operation } from '../actions/types';
import { createClient, requireBaseUrl, type ApiClient } from '../api/client';
import type { Job } from '../api/job';
import { OUT_OF_CREDITS, type HttpAnswer, type Problem } from '../api/outcome';
import { accountKey } from '../api/accountKey';
import { noteAnswered } from '../jobs/receivedJobs';
import { tellTriggers, type ReportTools } from '../jobs/submittedJobs';
import { apiError, itemError, type ItemError } from '../api/nodeErrors';
import { Cancellation, whenStopped, type CancelSignal } from '../shared/cancellation';
import { limit } from '../shared/semaphore';
import { pause } from '../shared/retry';
import { adviseAgent } from './agentErrors';
import { resumeUrlOf } from './buildRequest';
import { RunSummary } from './executionHints';
import { replyUrlOf, type Task } from './itemTask';
import type { RunContext } from './runContext';
import { jobToRemember, submissionToRemember } from './submission/jobToRemember';
import { paidJobsOf, type PaidJobs } from './submission/paidJobs';
import type { TakenJobs } from './submission/reconcileSubmission';
import type { UnknownOutcome } from './submission/submitJob';
import { UndeliveredJobs, type Undelivered } from './submission/undeliveredJobs';
import { JobPoller } from './waiting/jobPoller';

/** The maximum number of concurrent downloads. */
const DOWNLOADS = 4;

/** The maximum number of jobs that an error names. */
const NAMED_JOBS = 10;

/** What all items of one run share, and what has become of them so far. Only `executeItems` knows it. */
export class Run implements RunContext {
	readonly poller = new JobPoller(this);

	/** Runs a download when its turn comes. */
	readonly download = limit(DOWNLOADS);

	/** The jobs that the API took, by item, until their items have been reported. */
	readonly accepted = new Map<number, Job>();

	/** The IDs of the jobs that belong to an item of this run, or to another run of the node. */
	readonly taken: TakenJobs = {
		has: (jobid) => this.own.has(jobid) || Boolean(this.undelivered?.isClaimed(jobid)),
		add: (jobid) => this.own.add(jobid),
	};

	/** What the tries of this run have submitted, where the operation costs credits. */
	readonly paid?: PaidJobs;

	/** What it continues of earlier runs and leaves to later ones, where the operation costs credits. */
	readonly undelivered?: UndeliveredJobs;

	readonly summary = new RunSummary();

	/** What the API said of the last channel that could not be used. */
	noChannel = OUT_OF_CREDITS;

	/** The IDs of the jobs that belong to an item of this run. */
	private readonly own = new Set<string | undefined>();

	private readonly halt = new Cancellation();

	private readonly output: INodeExecutionData[][] = [];

	private readonly failed = new Set<number>();

	private failure?: ItemError;

	private constructor(
		readonly context: IExecuteFunctions,
		readonly operation: Operation,
		readonly client: ApiClient,
		readonly account: string,
		private readonly token: string,
	) {
		whenStopped(context, () => this.halt.abort());
		if (operation.request.effect !== 'submission') return;
		this.paid = paidJobsOf(context);
		this.undelivered = new UndeliveredJobs(context);
	}

	/** Reads what the user chose, and the credential. */
	static async start(context: IExecuteFunctions): Promise<Run> {
		const resource = context.getNodeParameter('resource', 0);
		const name = context.getNodeParameter('operation', 0);
		const operation = findOperation(resource, name);
		if (!operation) throw itemError(context, `There is no operation "${name}" of "${resource}"`, 0);
		const credential = await context.getCredentials<ICredentialDataDecryptedObject>('useApiNetApi');
		const token = String(credential.apiToken);
		const account = accountKey(baseUrlFor(context, credential), token);
		return new Run(context, operation, await createClient(context, credential), account, token);
	}

	readonly halted = (): boolean => this.halt.aborted;

	get halting(): CancelSignal {
		return this.halt;
	}

	readonly pause = async (ms: number, ...events: Array<Promise<void>>): Promise<void> =>
		await pause(ms, this.halt, ...events);

	/** Notes a job that the API took for an item. */
	accept(task: Task, job: Job): void {
		const { itemIndex } = task;
		this.accepted.set(itemIndex, job);
		this.taken.add(job.jobid);
		if (this.operation.request.form) noteAnswered(this.account, job);
		this.summary.take(itemIndex, job);
		const undelivered = jobToRemember(this, task, job);
		if (undelivered) this.undelivered?.note(itemIndex, undelivered);
		this.paid?.take(itemIndex, job, this.undelivered?.of(itemIndex));
		if (this.operation.request.form && !task.resumed) {
			const submitted = { ...job, replyUrl: replyUrlOf(task) ?? job.replyUrl };
			tellTriggers(this.account, submitted, () => reportTools(this.context, this.token));
		}
	}

	/** Notes that nobody knows whether the API took a submission, and fails its item. */
	failUnknown(task: Task, { problem, sentAt }: UnknownOutcome): void {
		const { itemIndex } = task;
		this.paid?.miss(itemIndex, 'unknown', problem);
		const undelivered = submissionToRemember(this, task, sentAt);
		if (undelivered) this.undelivered?.note(itemIndex, undelivered);
		this.fail(itemIndex, apiError(this.context, problem, itemIndex));
	}

	/** Notes that a job ended without a result, and fails its item. */
	failJob(itemIndex: number, problem: Problem): void {
		this.paid?.miss(itemIndex, 'failed', problem);
		this.undelivered?.drop(itemIndex);
		this.fail(itemIndex, apiError(this.context, problem, itemIndex));
	}

	/** Keeps the output of an item, each of whose items is paired with it. */
	report(itemIndex: number, items: INodeExecutionData[]): void {
		this.output[itemIndex] = items.map((item) => ({ ...item, pairedItem: { item: itemIndex } }));
		this.accepted.delete(itemIndex);
	}

	/** Keeps the error of an item as its output if the user chose to continue; otherwise it ends the run. */
	fail(itemIndex: number, cause: unknown): void {
		const error = itemError(this.context, cause, itemIndex);
		adviseAgent(this.context, error, this.accepted.has(itemIndex));
		this.report(itemIndex, [{ json: { error: error.message }, error }]);
		this.summary.fail(itemIndex);
		this.failed.add(itemIndex);
		if (this.context.continueOnFail()) return;
		this.failure ??= error;
		this.halt.abort();
	}

	/**
	 * Ends the run.
	 * @returns the output in the order of the input
	 * @throws the error that ended the run, which names the jobs that were started and not put out
	 */
	result(): INodeExecutionData[] {
		const left = this.undelivered?.settle((itemIndex) => this.isPutOut(itemIndex));
		if (this.failure) throw this.withUnreported(this.failure, left);
		return this.output.flat();
	}

	/** Ends a run that an error has broken off: begins nothing more, and leaves its jobs to the next run. */
	abandon(): void {
		this.halt.abort();
		this.undelivered?.settle(() => false);
	}

	/** n8n drops what a run that was stopped returns. */
	private isPutOut(itemIndex: number): boolean {
		const isDropped = this.failure !== undefined || this.halted();
		return !isDropped && itemIndex in this.output && !this.failed.has(itemIndex);
	}

	private withUnreported(error: ItemError, left?: Undelivered): ItemError {
		const jobs = [...this.accepted.values()].map(({ jobid }) => jobid);
		const others = jobs.filter((jobid) => !left?.paid.includes(String(jobid))).join(', ');
		error.description = [
			error.description,
			others && `Started by other items of this run, to be read with Job → Get: ${others}.`,
			left && forNextRun(left),
		]
			.filter(Boolean)
			.join(' ');
		return error;
	}
}

function baseUrlFor(
	context: IExecuteFunctions,
	credential: ICredentialDataDecryptedObject,
): string {
	try {
		return requireBaseUrl(credential);
	} catch (error) {
		throw itemError(context, error, 0);
	}
}

const reportTools = (context: IExecuteFunctions, token: string): ReportTools => ({
	token,
	origin: new URL(resumeUrlOf(context)).origin,
	post: async (request) => (await context.helpers.httpRequest(request)) as HttpAnswer,
	warn: (message, details) => context.logger.warn(message, details),
});

/** What a run leaves to the next one, in words for the user; at most ten jobs by their ID. */
function forNextRun({ paid, unknown }: Undelivered): string {
	const ids = paid.slice(0, NAMED_JOBS).join(', ') + (paid.length > NAMED_JOBS ? ', …' : '');
	return [
		paid.length > 0 &&
			`${count(paid.length, 'paid job waits', 'paid jobs wait')} for the next run (${ids}). Run the workflow again, or turn on Retry On Fail in the node's settings: that continues paid jobs and pays nothing for them again.`,
		unknown > 0 &&
			`${count(unknown, 'submission has', 'submissions have')} an unknown outcome. The next run looks for the job first, and does not submit it again unasked.`,
	]
		.filter(Boolean)
		.join(' ');
}

const count = (number: number, one: string, several: string): string =>
	`${number} ${number === 1 ? one : several}`;
