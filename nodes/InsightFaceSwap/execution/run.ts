import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';

import { findOperation } from '../actions';
import type { Operation } from '../actions/types';
import {
	accountKey,
	type ApiClient,
	baseUrlOf,
	createClient,
	ownerOf,
	requireBaseUrl,
} from '../api/client';
import type { Job } from '../api/job';
import { apiError, itemError, type ItemError } from '../api/nodeErrors';
import { OUT_OF_CREDITS, type Problem } from '../api/outcome';
import { accountJobs, type AccountJobs } from '../jobs/accountJobs';
import { tellTriggers } from '../jobs/triggerCall';
import { JobLedger, type Undelivered } from '../ledger/jobLedger';
import { isAgentTool, noteFirstJob, failedItem } from '../n8nCompat/execution';
import { Cancellation } from '../shared/cancellation';
import { limit } from '../shared/locks';
import { pause } from '../shared/retry';
import { InputError } from '../shared/validation';
import { Hints } from './hints';
import { Item, type ItemFiles } from './item';

/** The maximum number of concurrent downloads. */
const DOWNLOADS = 4;

/** What all items of one run share. It changes their state, and keeps what becomes of them. */
export class Run {
	readonly items: Item[];

	/** Runs a download when its turn comes. */
	readonly download = limit(DOWNLOADS);

	/** What it has paid for, where the operation costs credits. */
	readonly ledger?: JobLedger;

	/** What the user is to be told after the run. */
	readonly hints = new Hints();

	/** What the API said of the last channel that could not be used. */
	noChannel = OUT_OF_CREDITS;

	/** Names the account in this process. */
	readonly account: string;

	/** Names the account by what does not rotate. */
	readonly owner: string;

	readonly token: string;

	/** Says when to begin nothing more: the user pressed Stop, or an item failed that ends the run. */
	readonly halting = new Cancellation();

	private failure?: ItemError;

	private firstJob?: string;

	private varies?: Promise<boolean>;

	private constructor(
		readonly context: IExecuteFunctions,
		readonly operation: Operation,
		readonly client: ApiClient,
		private readonly credential: ICredentialDataDecryptedObject,
	) {
		this.token = String(credential.apiToken);
		this.account = accountKey(baseUrlOf(credential), this.token);
		this.owner = ownerOf(this.token);
		this.items = context.getInputData().map((_, index) => new Item(context, operation, index));
		if (this.isSubmission) this.ledger = JobLedger.open(context);
	}

	/**
	 * Reads what the user chose, and the credential.
	 * @throws NodeOperationError for an operation that does not exist and a base URL that is none
	 */
	static async start(context: IExecuteFunctions): Promise<Run> {
		const resource = context.getNodeParameter('resource', 0);
		const name = context.getNodeParameter('operation', 0);
		const operation = findOperation(resource, name);
		if (!operation) throw itemError(context, `There is no operation "${name}" of "${resource}"`, 0);
		const credential = await context.getCredentials<ICredentialDataDecryptedObject>('useApiNetApi');
		try {
			requireBaseUrl(credential);
		} catch (error) {
			throw itemError(context, error, 0);
		}
		const run = new Run(context, operation, await createClient(context, credential), credential);
		for (const item of run.items) await run.attempt(item, async () => item.settings);
		return run;
	}

	get jobs(): AccountJobs {
		return accountJobs(this.account);
	}

	/** Whether the operation costs credits. */
	get isSubmission(): boolean {
		return this.operation.request.effect === 'submission';
	}

	/** The verb of its jobs, for example `faceswap-picsi`; nothing for calls that start none. */
	get verb(): string | undefined {
		const { form, path } = this.operation.request;
		return form && typeof path === 'string' ? `faceswap-${path.split('/').pop()}` : undefined;
	}

	readonly halted = (): boolean => this.halting.aborted;

	get isStopped(): boolean {
		return this.context.getExecutionCancelSignal()?.aborted ?? false;
	}

	/** Waits some milliseconds, but no longer than there is something to wait for. */
	readonly pause = async (ms: number): Promise<void> => await pause(ms, this.halting);

	/**
	 * A run uses one account.
	 * @throws InputError where an expression of the credential gives the item another one
	 */
	async requireSameAccount({ index }: Item): Promise<void> {
		if (index === 0 || !(await this.mayVary())) return;
		if (await this.isAccountOf(index)) return;
		throw new InputError(
			'The useapi.net credential gives this item another account than the first item',
			'A run uses one account. Put a Loop Over Items node with a batch size of 1 before this node.',
		);
	}

	/**
	 * Whether the credential may depend on the item: then there is another one, or none, for one of two items that do
	 * not exist. n8n takes milliseconds to read a credential, so only one that may vary is read for each item.
	 */
	private async mayVary(): Promise<boolean> {
		const { length } = this.items;
		this.varies ??= Promise.all([this.isAccountOf(length), this.isAccountOf(length + 1)]).then(
			(areSame) => areSame.includes(false),
			() => true,
		);
		return await this.varies;
	}

	private async isAccountOf(index: number): Promise<boolean> {
		const { apiToken, baseUrl } = await this.context.getCredentials('useApiNetApi', index);
		return apiToken === this.credential.apiToken && baseUrl === this.credential.baseUrl;
	}

	/** Whether a job belongs to another item, or to another run of the node. */
	isTaken(jobid: string, item: Item): boolean {
		const isOfAnother = this.items.some((other) => other !== item && other.job?.jobid === jobid);
		return isOfAnother || Boolean(this.ledger?.isClaimed(jobid));
	}

	/** Notes a job that the API took for an item. First it is remembered: all else may throw. */
	accept(item: Item, job: Job): void {
		this.ledger?.paid(item.index, job.jobid);
		item.job = job;
		item.state = 'running';
		this.hints.noteJob(job);
		if (!this.operation.request.form) return;
		if (job.jobid && !this.firstJob) noteFirstJob(this.context, job.jobid);
		this.firstJob ??= job.jobid;
		if (item.isContinued) return;
		tellTriggers(this, { ...job, replyUrl: item.replyUrl ?? job.replyUrl });
	}

	/** The error for a problem of an item. */
	errorOf({ index }: Item, problem: Problem): ItemError {
		return apiError(this.context, problem, index);
	}

	/**
	 * Gives an item up: its job ended without a result, or nobody knows whether there is one.
	 * @throws NodeApiError for the item, which further tries repeat unless they find its job
	 */
	giveUp(item: Item, problem: Problem): never {
		this.ledger?.failed(item.index, problem);
		throw this.errorOf(item, problem);
	}

	/** Does some work for an item. What it throws fails the item: there is no result then. */
	async attempt<T>(item: Item, work: () => Promise<T>): Promise<T | undefined> {
		try {
			return await work();
		} catch (error) {
			this.fail(item, error);
			return undefined;
		}
	}

	/** Keeps the output of an item, each part of which is paired with it. */
	deliver(item: Item, output: INodeExecutionData[]): void {
		const continued = item.isContinued ? { resumed: true } : {};
		item.output = output.map((part) => ({
			...part,
			json: { ...part.json, ...continued },
			pairedItem: { item: item.index },
		}));
		item.state = 'done';
	}

	/** Keeps the error of an item as its output if the user chose to continue; otherwise it ends the run. */
	fail(item: Item, cause: unknown): void {
		const { index, job, files } = item;
		const isPaid = item.state === 'running' || item.state === 'unknown';
		if (!isPaid) item.state = 'failed';
		const error = itemError(this.context, cause, index);
		const hint = error.description;
		name(error, index, files);
		if (isAgentTool(this.context)) advise(error, isPaid);
		item.error = error;
		if (!this.context.continueOnFail()) {
			this.failure ??= error;
			this.halting.abort();
		}
		const fields = {
			error: error.message,
			...(hint ? { hint } : {}),
			status: 'failed',
			...(job?.jobid ? { jobId: job.jobid } : {}),
			...files,
		};
		const input = { json: {}, ...this.context.getInputData()[index], pairedItem: { item: index } };
		item.output = [failedItem(this.context, input, fields, error)];
	}

	/**
	 * Ends the run.
	 * @returns the output in the order of the input
	 * @throws the error that ended the run, which says what waits for the next one
	 */
	result(): INodeExecutionData[] {
		const left = this.ledger?.settle((index) => this.isDelivered(index));
		if (this.failure) throw this.withLeft(this.failure, left);
		return this.items.flatMap(({ output }) => output);
	}

	/** Ends a run that an error has broken off: begins nothing more, and leaves its jobs to the next run. */
	abandon(): void {
		this.halting.abort();
		this.ledger?.settle(() => false);
	}

	/** n8n drops what a run that was stopped returns. */
	private isDelivered(index: number): boolean {
		const isDropped = this.failure !== undefined || this.halted();
		return !isDropped && this.items[index]?.state === 'done';
	}

	/** Adds what a run leaves to the next one: in words, and the jobs' IDs in the details. */
	private withLeft(error: ItemError, { paid, unknown }: Undelivered = NOTHING): ItemError {
		if (paid.length > 0) error.messages.push(`Kept for the next run: ${paid.join(', ')}`);
		const isFinished = this.items.every(
			({ error: failed, state }) => failed ?? state !== 'running',
		);
		const what = isFinished ? 'finished picture' : 'paid job';
		error.description = [
			error.description,
			paid.length > 0 &&
				`${count(paid.length, `${what} is`, `${what}s are`)} kept for the next run, which pays nothing for them again. To let the other items go on: Settings → On Error → Continue.`,
			unknown > 0 &&
				`${count(unknown, 'submission has', 'submissions have')} an unknown outcome: the next run looks for the job first.`,
		]
			.filter(Boolean)
			.join(' ');
		return error;
	}

	/** The address that resumes this execution, below n8n's public webhook address. */
	get resumeUrl(): string {
		return (this.context.getWorkflowDataProxy(0).$execution as { resumeUrl: string }).resumeUrl;
	}

	/** The public origin of this n8n, for example `https://n8n.example.com`. */
	get origin(): string {
		return new URL(this.resumeUrl).origin;
	}
}

/** Says which item has failed: n8n counts from 0, and adds nothing where the message does. */
function name(error: ItemError, index: number, { sourceFile, targetFile }: ItemFiles): void {
	const item = `item ${index}`;
	if (error.message.includes(item)) return;
	const file = [sourceFile, targetFile].find((one) => one && error.message.includes(one));
	const picture = targetFile ?? sourceFile;
	error.message = file
		? error.message.replace(file, `${file} (${item})`)
		: `${error.message.replace(/\.$/, '')} (${[picture, item].filter(Boolean).join(', ')})`;
}

const NOTHING: Undelivered = { paid: [], unknown: 0 };

const NOT_AGAIN =
	'Do not call this tool again with the same input: the job may have cost credits, and may cost them again.';

/** Adds to a message what to do next: n8n tells an AI agent nothing else. */
function advise(error: ItemError, isPaid: boolean): void {
	const advice = isPaid ? NOT_AGAIN : error.description;
	if (advice) error.message = `${error.message.replace(/\.$/, '')}. ${advice}`;
}

const count = (number: number, one: string, several: string): string =>
	`${number} ${number === 1 ? one : several}`;
