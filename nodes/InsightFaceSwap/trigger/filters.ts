import { FINAL, type Job } from '../api/job';

export interface ReplyRefRule {
	match: 'equals' | 'startsWith';
	value: string;
}

/** Which jobs start the workflow; an empty filter lets every job pass. */
export interface Filters {
	/** Without the API's prefix, for example `picsi`. */
	verbs: string[];
	statuses: string[];
	channel: string;
	replyRef?: ReplyRefRule;
}

const PREFIX = 'faceswap-';

/** Whether a callback is about a job of this API and not about one of useapi.net's other services. */
export const isFaceSwap = (verb: unknown): boolean =>
	typeof verb === 'string' && verb.startsWith(PREFIX);

/** Whether jobs of this kind, in this state, may start the workflow. */
export function wantsKind({ verbs, statuses }: Filters, { verb, status = '' }: Job): boolean {
	const allowed = (filter: string[], value: string) =>
		filter.length === 0 || filter.includes(value);
	// Where the API tells no verb, the job was read where it keeps face swap jobs.
	const command = verb ?? PREFIX;
	return (
		isFaceSwap(command) && allowed(verbs, command.slice(PREFIX.length)) && allowed(statuses, status)
	);
}

/** Whether this very job may start the workflow. */
export const wants = (filters: Filters, job: Job): boolean =>
	wantsKind(filters, job) && wantsChannel(filters, job) && wantsReference(filters, job);

const wantsChannel = ({ channel }: Filters, job: Job): boolean =>
	!channel || job.channel === channel;

function wantsReference({ replyRef: rule }: Filters, { replyRef }: Job): boolean {
	if (!rule) return true;
	if (typeof replyRef !== 'string') return false;
	return rule.match === 'startsWith' ? replyRef.startsWith(rule.value) : replyRef === rule.value;
}

/** Whether any end of a job starts the workflow. */
export const wantsEnds = ({ statuses }: Filters): boolean =>
	statuses.length === 0 || statuses.some((status) => FINAL.includes(status));

/** Whether a running job may start the workflow once it has ended; what it does not tell may be right. */
export const mayWant = (filters: Filters, job: Job): boolean =>
	wants(
		{
			statuses: [],
			verbs: job.verb ? filters.verbs : [],
			channel: job.channel ? filters.channel : '',
			replyRef: job.replyRef ? filters.replyRef : undefined,
		},
		job,
	);
