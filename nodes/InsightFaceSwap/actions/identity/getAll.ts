import { endpoints } from '../../api/endpoints';
import { commandFields, ownChannel } from '../fields';
import type { Operation } from '../types';
import { parseIdentities } from './names';

export const getAll: Operation = {
	value: 'getAll',
	name: 'Get Many',
	action: 'Get many identities',
	description: 'List the saved faces, one item each',
	properties: [ownChannel, ...commandFields],
	request: { method: 'POST', path: endpoints.listIdentities, effect: 'none', form: [] },
	answer: {
		of: 'job',
		until: 'ended',
		items: (job) => parseIdentities(String(job.content ?? '')),
	},
};
