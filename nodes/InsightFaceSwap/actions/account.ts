import type { IDataObject } from 'n8n-workflow';

import { accountsOf, creditsLeft } from '../api/job';
import { endpoints } from '../api/endpoints';
import * as panel from './fields';
import type { Operation, ReadParameter, Resource } from './types';

const ownChannel = panel.channel({
	description: 'The Discord channel of the account',
	required: true,
});

/** An account is known by its channel. */
const accountPath = (read: ReadParameter): string =>
	endpoints.account(panel.requiredSnowflake(read, ownChannel));

/** An account as Simplify shows it: without its masked token, and its credits counted down. */
function simplified(account: IDataObject): IDataObject {
	const { channel: id, server, credits } = account;
	const creditsRemaining = creditsLeft(account);
	if (creditsRemaining === undefined) return { channel: id, server };
	return { channel: id, server, creditsRemaining, creditsTotal: (credits as IDataObject).total };
}

const shownAs = (account: IDataObject, read: ReadParameter): IDataObject =>
	panel.isOn(read, panel.simplify) ? simplified(account) : account;

const serverId = panel.field('Server ID', 'serverId', {
	description: 'The Discord server that holds the channel',
	required: true,
	placeholder: 'e.g. 1122226477161144546',
});

const ids = (read: ReadParameter) => ({
	server: panel.requiredSnowflake(read, serverId),
	channel: panel.requiredSnowflake(read, ownChannel),
});

const upsert: Operation = {
	value: 'upsert',
	name: 'Create or Update',
	action: 'Create or update account',
	description: 'Create a new record, or update the current one if it already exists (upsert)',
	properties: [
		panel.notice(
			'discordTokenNotice',
			'The Discord token is taken from the credential for it above and never stands in the workflow. Each account needs a Discord account and a Discord server of its own. To copy the IDs, switch on Developer Mode in Discord and right-click the server and the channel.',
		),
		serverId,
		panel.channel({
			description: 'The Discord channel in which the InsightFaceSwap bot answers',
			required: true,
			default: { mode: 'id', value: '' },
		}),
	],
	request: {
		method: 'POST',
		path: accountPath,
		effect: 'repeatable',
		json: ids,
		discordToken: true,
	},
	answer: { of: 'data', items: (_body, read) => [{ ...ids(read), saved: true }] },
};

const remove: Operation = {
	value: 'delete',
	name: 'Delete',
	action: 'Delete account',
	description: 'Remove an account from useapi.net; the Discord account itself stays',
	properties: [ownChannel],
	request: { method: 'DELETE', path: accountPath, effect: 'repeatable' },
	answer: { of: 'data', items: () => [{ deleted: true }] },
};

const get: Operation = {
	value: 'get',
	name: 'Get',
	action: 'Get account',
	description: 'Read the channel, the server and the credits of an account',
	properties: [ownChannel, panel.simplify],
	request: { method: 'GET', path: accountPath, effect: 'none' },
	answer: { of: 'data', items: (body, read) => [shownAs(body as IDataObject, read)] },
};

const getAll: Operation = {
	value: 'getAll',
	name: 'Get Many',
	action: 'Get many accounts',
	description: 'List the accounts with their credits, one item each',
	properties: [...panel.listFields(), panel.simplify],
	request: { method: 'GET', path: endpoints.accounts, effect: 'none' },
	answer: {
		of: 'data',
		items: (body, read) =>
			panel.limited(accountsOf(body), read).map(([, account]) => shownAs(account, read)),
		emptyIfMissing: true,
	},
};

export const account: Resource = {
	value: 'account',
	name: 'Account',
	description: 'The Discord channels that useapi.net drives',
	operations: [upsert, remove, get, getAll],
	byDefault: getAll,
};
