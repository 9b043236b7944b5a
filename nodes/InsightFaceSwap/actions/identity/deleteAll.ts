import { commandFields, ownChannel } from '../fields';
import type { Operation } from '../types';

export const deleteAll: Operation = {
	value: 'deleteAll',
	name: 'Delete Many',
	action: 'Delete all identities',
	description: 'Delete every saved face of the account, which cannot be undone',
	properties: [ownChannel, ...commandFields],
	request: { method: 'DELETE', path: '/v1/faceswap/delall', effect: 'repeatable', form: [] },
	answer: { of: 'job', until: 'ended' },
};
