import type { IDataObject, IHookFunctions, IWebhookFunctions } from 'n8n-workflow';

import type { ReadParameter } from '../actions/types';
import type { Filters, ReplyRefRule } from './filters';

/** What the user chose in the panel. */
export interface Settings extends Filters {
	registration: 'account' | 'manual';
	simplify: boolean;
	downloadResults: boolean;
	replaceExisting: boolean;
	verifyWithApi: boolean;
	/** Whether a job that the API does not confirm starts the workflow. */
	acceptUnverified: boolean;
}

/** Reads parameters of the trigger where there are no items. */
export const parametersOf =
	(context: IHookFunctions | IWebhookFunctions): ReadParameter =>
	(name, fallback) =>
		context.getNodeParameter(name, fallback) as never;

/** Reads the panel; what it does not hold has its default. */
export function settingsOf(read: ReadParameter): Settings {
	const options = read<IDataObject>('options', {});
	return {
		registration: read<Settings['registration']>('registration', 'account'),
		verbs: read<string[]>('verbs', []),
		statuses: read<string[]>('statuses', []),
		simplify: read('simplify', true),
		downloadResults: read('downloadResults', true),
		replaceExisting: options.replaceExisting === true,
		verifyWithApi: options.verifyWithApi !== false,
		acceptUnverified: options.acceptUnverified === true,
		channel: textOf(options.channel),
		replyRef: ruleOf(options.replyRef),
	};
}

/** Whether what was posted may start the workflow without the API's word. */
export const acceptsUnverified = ({ verifyWithApi, acceptUnverified }: Settings): boolean =>
	!verifyWithApi || acceptUnverified;

/** The value of a resource locator, or of the plain text that an expression gives. */
function textOf(locator: IDataObject[string]): string {
	const value = typeof locator === 'object' && locator ? (locator as IDataObject).value : locator;
	return String(value ?? '').trim();
}

function ruleOf(collection: IDataObject[string]): ReplyRefRule | undefined {
	const rule = (collection as IDataObject | undefined)?.rule as ReplyRefRule | undefined;
	return rule?.value ? { match: rule.match, value: String(rule.value) } : undefined;
}
