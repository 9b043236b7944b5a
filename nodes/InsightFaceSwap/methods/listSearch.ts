import type {
	IDataObject,
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';

import { endpoints } from '../api/endpoints';
import { parseIdentities } from '../actions/identity/names';
import { createClient, type ApiCall } from '../api/client';
import { MultipartForm } from '../n8nCompat/multipartForm';
import { isObject } from '../api/job';
import { apiError } from '../jobs/nodeErrors';

const CHOOSE_CHANNEL = {
	message: 'Choose a channel first: several accounts are configured',
	description: 'Each account has its own saved faces. Choose a channel in the field "Channel".',
};

/** The configured accounts, shown as `#channel · used/total credits`. */
export async function searchChannels(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const accounts = await answerOf(this, { method: 'GET', path: endpoints.accounts });
	const items = Object.entries(accounts).map(([channel, account]) => ({
		name: `#${channel}${usageOf(account)}`,
		value: channel,
	}));
	return { results: matching(items, filter) };
}

/** The saved identities of the chosen channel. */
export async function searchIdentities(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const channel = this.getCurrentNodeParameter('channel', { extractValue: true });
	const body = new MultipartForm();
	if (channel) body.append('channel', String(channel));
	const job = await answerOf(this, { method: 'POST', path: endpoints.listIdentities, body });
	const items = parseIdentities(String(job.content ?? '')).map(({ idName, isDefault }) => ({
		name: isDefault ? `${String(idName)} (default)` : String(idName),
		value: String(idName),
	}));
	return { results: matching(items, filter) };
}

async function answerOf(context: ILoadOptionsFunctions, call: ApiCall): Promise<IDataObject> {
	const client = await createClient(context);
	const outcome = await client(call);
	if (outcome.kind === 'answered') return isObject(outcome.body) ? outcome.body : {};
	if (outcome.problem.cause === 'notFound') return {};
	if (outcome.problem.cause === 'channelMissing') throw apiError(context, CHOOSE_CHANNEL);
	throw apiError(context, outcome.problem);
}

function usageOf(account: unknown): string {
	const credits = isObject(account) ? account.credits : undefined;
	return isObject(credits) ? ` · ${String(credits.used)}/${String(credits.total)} credits` : '';
}

const matching = (items: INodeListSearchItems[], filter = '') =>
	items.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));
