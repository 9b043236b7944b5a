import type {
	IDataObject,
	IHookFunctions,
	ITriggerFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';

import type { ReadParameter } from '../actions/types';
import type { Filters, ReplyRefRule } from './filters';

/** What the user chose in the panel. */
export interface Settings extends Filters {
	registration: 'account' | 'manual' | 'polling';
	simplify: boolean;
	downloadResults: boolean;
	replaceExisting: boolean;
	verifyWithApi: boolean;
	/** Whether a job that the API does not confirm starts the workflow. */
	acceptUnverified: boolean;
	/** Whether to look for ended jobs, without waiting for their callbacks. */
	catchUp: boolean;
	/** How often to look, in seconds. */
	checkEvery: number;
}

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
	return {
		registration,
		verbs: read<string[]>('verbs', []),
		statuses: read<string[]>('statuses', []),
		simplify: read('simplify', true),
		downloadResults: read('downloadResults', true),
		replaceExisting: options.replaceExisting === true,
		verifyWithApi: options.verifyWithApi !== false,
		acceptUnverified: options.acceptUnverified === true,
		catchUp: registration === 'polling' || options.catchUp !== false,
		checkEvery: secondsOf(options.checkEvery),
		channel: textOf(options.channel),
		replyRef: ruleOf(options.replyRef),
	};
}

/** Whether what was posted may start the workflow without the API's word. */
export const acceptsUnverified = ({ verifyWithApi, acceptUnverified }: Settings): boolean =>
	!verifyWithApi || acceptUnverified;

/** Within the limits that the panel names; an expression may give anything. */
function secondsOf(value: IDataObject[string]): number {
	const seconds = Number(value) || CHECK_EVERY.default;
	return Math.min(CHECK_EVERY.max, Math.max(CHECK_EVERY.min, seconds));
}

/** The value of a resource locator, or of the plain text that an expression gives. */
function textOf(locator: IDataObject[string]): string {
	const value = typeof locator === 'object' && locator ? (locator as IDataObject).value : locator;
	return String(value ?? '').trim();
}

function ruleOf(collection: IDataObject[string]): ReplyRefRule | undefined {
	const rule = (collection as IDataObject | undefined)?.rule as ReplyRefRule | undefined;
	return rule?.value ? { match: rule.match, value: String(rule.value) } : undefined;
}
