import { endpoints } from '../../api/endpoints';
import { commandFields, ownChannel } from '../fields';
import type { Operation } from '../types';

export const deleteAll: Operation = {
	value: 'deleteAll',
	name: 'Delete All',
	action: 'Delete all identities',
	description: 'Delete every saved face of the account, which cannot be undone',
	properties: [
		{
			displayName: 'This deletes every saved face of the account and cannot be undone.',
			name: 'deleteAllNotice',
			type: 'notice',
			default: '',
		},
		ownChannel,
		...commandFields,
	],
	request: {
		method: 'DELETE',
		path: endpoints.deleteAllIdentities,
		effect: 'repeatable',
		form: [],
	},
	answer: { of: 'job', until: 'ended' },
};
