import type {
	IDataObject,
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';

import { accountsOf, hasFailed, isObject, isRunning } from '../api/job';
import { endpoints } from '../api/endpoints';
import { parseFaces } from '../actions/faceNames';
import { createClient, type ApiCall } from '../api/client';
import { MultipartForm } from '../n8nCompat/multipartForm';
import { apiError, jobProblem } from '../api/nodeErrors';

const CHOOSE_CHANNEL = {
	message: 'Choose a channel first: there is not exactly one account',
	description:
		'Each account has its own saved faces. Choose a channel in the field "Channel". If its list is empty, add an account with Account → Create or Update.',
};

const NO_ACCOUNTS = {};

const NOT_LISTED = {
	message: 'The bot has not listed the saved faces yet',
	description: 'Try again in a moment, or enter the name.',
};

/**
 * The configured accounts, shown by their channels alone: n8n keeps the label as it was when it was
 * chosen, so it holds nothing that changes.
 */
export async function searchChannels(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const accounts = await answerOf(this, { method: 'GET', path: endpoints.accounts }, NO_ACCOUNTS);
	const items = accountsOf(accounts).map(([channel]) => ({ name: channel, value: channel }));
	return { results: matching(items, filter) };
}

/** The saved faces of the chosen channel, shown by their names alone. */
export async function searchIdentities(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const channel = this.getCurrentNodeParameter('channel', { extractValue: true });
	const body = new MultipartForm();
	if (channel) body.append('channel', String(channel));
	const job = await answerOf(this, { method: 'POST', path: endpoints.listIdentities, body });
	if (hasFailed(job)) throw apiError(this, jobProblem(job));
	const items = parseFaces(job.content).map(({ idName }) => ({
		name: String(idName),
		value: String(idName),
	}));
	if (items.length === 0 && isRunning(job)) throw apiError(this, NOT_LISTED);
	return { results: matching(items, filter) };
}

/** @param ifMissing what an answer of 404 stands for, if it is no error */
async function answerOf(
	context: ILoadOptionsFunctions,
	call: ApiCall,
	ifMissing?: IDataObject,
): Promise<IDataObject> {
	const client = await createClient(context);
	const outcome = await client(call);
	if (outcome.kind === 'answered') return isObject(outcome.body) ? outcome.body : {};
	if (ifMissing && outcome.problem.cause === 'notFound') return ifMissing;
	if (outcome.problem.cause === 'channelMissing') throw apiError(context, CHOOSE_CHANNEL);
	throw apiError(context, outcome.problem);
}

const matching = (items: INodeListSearchItems[], filter = '') =>
	items.filter(({ name }) => name.toLowerCase().includes(filter.toLowerCase()));
