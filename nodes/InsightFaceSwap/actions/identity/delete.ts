import { endpoints } from '../../api/endpoints';
import { commandFields, ownChannel } from '../fields';
import type { Operation } from '../types';
import { identity, singleName } from './names';

export const remove: Operation = {
	value: 'delete',
	name: 'Delete',
	action: 'Delete an identity',
	description: 'Delete one saved face',
	properties: [ownChannel, identity('The saved name to delete', 'e.g. me'), ...commandFields],
	request: {
		method: 'DELETE',
		path: endpoints.deleteIdentity,
		effect: 'repeatable',
		form: [{ part: 'idname', text: (read) => singleName(read('idName')) }],
	},
	answer: { of: 'job', until: 'ended' },
};
