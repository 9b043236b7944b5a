import type {
	IDataObject,
	IHookFunctions,
	ITriggerFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';

import { valueOf } from '../actions/readParameters';
import type { ReadParameter } from '../actions/types';
import { FINAL, type Job } from '../api/job';

/** Which jobs start the workflow; an empty filter lets every job pass. */
export interface Filters {
	/** Without the API's prefix, for example `picsi`. */
	verbs: string[];
	statuses: string[];
	channel: string;
	replyRef?: { match: 'equals' | 'startsWith'; value: string };
}

/** What the user chose in the panel. */
export interface Settings extends Filters {
	registration: 'account' | 'manual' | 'polling';
	simplify: boolean;
	downloadResults: boolean;
	replaceExisting: boolean;
	verifyWithApi: boolean;
	/** Whether a job that the API does not confirm starts the workflow. */
	acceptUnverified: boolean;
	/** Whether the trigger checks for jobs that have ended, without waiting for their callbacks. */
	catchUp: boolean;
	/** How often to check, in seconds. */
	checkEvery: number;
}

const PREFIX = 'faceswap-';

const CHECK_EVERY = { default: 60, min: 15, max: 3600 };

/** Reads parameters of the trigger where there are no items. */
export const parametersOf =
	(context: IHookFunctions | ITriggerFunctions | IWebhookFunctions): ReadParameter =>
	(name, fallback) =>
		context.getNodeParameter(name, fallback) as never;

/** Reads the panel; what it does not hold has its default. */
export function settingsOf(read: ReadParameter): Settings {
	const options = read<IDataObject>('options', {});
	const registration = read<Settings['registration']>('registration', 'account');
	const statuses = read<string[]>('statuses', []);
	const wantsEnds = statuses.length === 0 || statuses.some((status) => FINAL.includes(status));
	const verifyWithApi = options.verifyWithApi !== false;
	return {
		registration,
		verbs: read<string[]>('verbs', []),
		statuses,
		simplify: read('simplify', true),
		downloadResults: read('downloadResults', true),
		replaceExisting: options.replaceExisting === true,
		verifyWithApi,
		acceptUnverified: !verifyWithApi || options.acceptUnverified === true,
		catchUp: wantsEnds && (registration === 'polling' || options.catchUp !== false),
		checkEvery: secondsOf(options.checkEvery),
		channel: String(valueOf(options.channel) ?? '').trim(),
		replyRef: ruleOf(options.replyRef),
	};
}

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
export function wants(filters: Filters, job: Job): boolean {
	const { channel, replyRef: rule } = filters;
	if (!wantsKind(filters, job) || (channel && job.channel !== channel)) return false;
	if (!rule) return true;
	const reference = typeof job.replyRef === 'string' ? job.replyRef : undefined;
	return rule.match === 'equals'
		? reference === rule.value
		: (reference?.startsWith(rule.value) ?? false);
}

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

/** Within the limits that the panel names; an expression may give anything. */
function secondsOf(value: IDataObject[string]): number {
	const seconds = Number(value) || CHECK_EVERY.default;
	return Math.min(CHECK_EVERY.max, Math.max(CHECK_EVERY.min, seconds));
}

function ruleOf(collection: IDataObject[string]): Filters['replyRef'] {
	const rule = (collection as IDataObject | undefined)?.rule as Filters['replyRef'];
	return rule?.value ? { match: rule.match, value: String(rule.value) } : undefined;
}
