import { channel } from '../fields';
import { requireSnowflake } from '../../shared/validation';
import type { Operation, ReadParameter } from '../types';
import { accountChannel, accountPath } from './path';

const ids = (read: ReadParameter) => ({
	server: requireSnowflake(read('serverId'), 'Server ID'),
	channel: accountChannel(read),
});

export const upsert: Operation = {
	value: 'upsert',
	name: 'Create or Update',
	action: 'Create or update an account',
	description: 'Create a new record, or update the current one if it already exists (upsert)',
	properties: [
		{
			displayName:
				'The Discord token is taken from the credential for it above and never stands in the workflow. To copy the IDs, switch on Developer Mode in Discord and right-click the server and the channel.',
			name: 'discordTokenNotice',
			type: 'notice',
			default: '',
		},
		{
			displayName: 'Server ID',
			name: 'serverId',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. 1122226477161144546',
			description: 'The Discord server that holds the channel',
		},
		channel('The Discord channel in which the InsightFaceSwap bot answers', {
			required: true,
			mode: 'id',
		}),
	],
	request: {
		method: 'POST',
		path: accountPath,
		effect: 'repeatable',
		json: ids,
		secret: {
			credential: 'useApiNetDiscordApi',
			property: 'discordToken',
			field: 'discord',
			label: 'Discord Token',
		},
	},
	answer: { of: 'data', items: (_body, read) => [{ ...ids(read), saved: true }] },
};
