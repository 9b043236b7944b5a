import type { Account } from './accounts';
import type { Attachment, AttachmentView } from './attachments';
import { ApiError } from './errors';
import type { Form, Upload } from './form';
import { discordTime, jobId, maskDiscord, snowflake } from './ids';
import type { Settings } from './settings';
import { isKnown, refusals } from './undocumented';
import type { Verb, VerbName } from './verbs';

export type FinalStatus = 'completed' | 'failed' | 'moderated' | 'cancelled';
export type JobStatus = 'created' | 'started' | 'progress' | FinalStatus;

/** `{size, type}` of an upload: bytes and content type. */
export interface UploadView {
	size: number;
	type: string;
}

/** A job as the API returns it. */
export interface JobView {
	jobid: string;
	verb: `faceswap-${VerbName}`;
	status: JobStatus;
	created: string;
	updated: string;
	discord: string;
	server: string;
	channel: string;
	replyUrl?: string;
	replyRef?: string;
	messageId?: string;
	content?: string;
	attachments?: AttachmentView[];
	/** Additional information, in whatever form Discord has it. */
	embeds?: readonly object[];
	timestamp?: string;
	error?: string;
	code: number;
	/** The call's parts: texts as sent, pictures as size and type. */
	[part: string]: string | number | object | undefined;
}

/** A job as the simulator stores it. */
export interface Job {
	jobid: string;
	verb: VerbName;
	/** Whether the submitting call waits for its end. */
	blocking: boolean;
	status: JobStatus;
	/** The call's parts. */
	parts: Record<string, string | UploadView>;
	/** Milliseconds since 1970. */
	created: number;
	updated: number;
	account: Pick<Account, 'channel' | 'server' | 'discord'>;
	replyUrl?: string;
	replyRef?: string;
	messageId?: string;
	content?: string;
	error?: string;
	attachments: Attachment[];
	embeds?: readonly object[];
	/** Scripted fields of its view, in place of its own. */
	scripted?: Readonly<Record<string, unknown>>;
}

/** What a job is made of. */
export interface NewJob {
	verb: Verb;
	form: Form;
	account: Account;
	blocking: boolean;
	defaultReplyUrl: string | undefined;
	scripted: Job['scripted'];
}

const RUNNING: readonly JobStatus[] = ['created', 'started', 'progress'];

export const isRunning = (job: Job) => RUNNING.includes(job.status);

export class Jobs {
	private readonly byId = new Map<string, Job>();

	/** Adds a job. From now on it can be read and cancelled. */
	create({ verb, form, account, blocking, defaultReplyUrl, scripted }: NewJob): Job {
		const { channel, server, discord } = account;
		const job: Job = {
			jobid: jobId(),
			verb: verb.name,
			blocking,
			status: 'created',
			parts: ownParts(verb, form),
			created: Date.now(),
			updated: Date.now(),
			account: { channel, server, discord },
			replyUrl: form.texts.get('replyUrl') || defaultReplyUrl,
			replyRef: form.texts.get('replyRef') || undefined,
			attachments: [],
			scripted,
		};
		this.byId.set(job.jobid, job);
		return job;
	}

	/**
	 * Updates a job with the bot's message.
	 * @returns false for a job that has ended, or that a reset has removed
	 */
	advance(job: Job, change: Partial<Job> & { status: JobStatus }): boolean {
		if (!isRunning(job) || this.byId.get(job.jobid) !== job) return false;
		Object.assign(job, { messageId: snowflake(), ...change, updated: Date.now() });
		return true;
	}

	/**
	 * A job that can be read and cancelled.
	 * @throws ApiError 404 for an unknown job, 410 for one too old
	 */
	get(id: string, settings: Settings): Job {
		const job = this.byId.get(id);
		if (!job || !isKnown(job, settings)) throw new ApiError(404, `Unable to locate job ${id}`);
		if (Date.now() - job.created >= settings.jobTtlMs) throw refusals.expired();
		return job;
	}

	/** The jobs that can be listed, oldest first. */
	running(settings: Settings): Job[] {
		return this.all().filter((job) => isRunning(job) && isKnown(job, settings));
	}

	/** Oldest first. */
	all(): Job[] {
		return [...this.byId.values()];
	}

	/** The picture in a message of a channel, if there is one. */
	pictureOfMessage(channel: string, messageId: string): Attachment | undefined {
		const job = this.all().find(
			(one) => one.account.channel === channel && one.messageId === messageId,
		);
		return job?.attachments[0];
	}

	clear(): void {
		this.byId.clear();
	}
}

/**
 * @param masked whether the Discord token is masked
 * @param viewAttachment returns an attachment with its address
 */
export function viewJob(
	job: Job,
	masked: boolean,
	viewAttachment: (attachment: Attachment) => AttachmentView,
): JobView {
	const { jobid, verb, status, parts, account, replyUrl, replyRef, messageId } = job;
	const { content, error, attachments, embeds, scripted } = job;
	return {
		jobid,
		verb: `faceswap-${verb}`,
		status,
		...parts,
		created: new Date(job.created).toISOString(),
		updated: new Date(job.updated).toISOString(),
		discord: masked ? maskDiscord(account.discord) : account.discord,
		server: account.server,
		channel: account.channel,
		...(replyUrl && { replyUrl }),
		...(replyRef && { replyRef }),
		...(messageId && { messageId }),
		...(content && { content }),
		...(attachments.length > 0 && { attachments: attachments.map(viewAttachment) }),
		...(embeds && embeds.length > 0 && { embeds }),
		...(messageId && { timestamp: discordTime(job.updated) }),
		...(error && { error }),
		code: 200,
		...(scripted as Partial<JobView>),
	};
}

function ownParts(verb: Verb, { texts, files }: Form): Job['parts'] {
	const parts: Job['parts'] = {};
	for (const name of [...verb.requiredTexts, ...verb.optionalTexts]) {
		const value = texts.get(name);
		if (value) parts[name] = value;
	}
	for (const name of verb.pictures) {
		const file = files.get(name);
		if (file) parts[name] = viewUpload(file);
	}
	return parts;
}

const viewUpload = ({ size, contentType }: Upload): UploadView => ({ size, type: contentType });
