import { commandFields, ownChannel } from '../fields';
import type { Operation } from '../types';
import { parseIdentities } from './names';

export const getAll: Operation = {
	value: 'getAll',
	name: 'Get Many',
	action: 'Get many identities',
	description: 'List the saved faces, one item each',
	properties: [ownChannel, ...commandFields],
	request: { method: 'POST', path: '/v1/faceswap/listid', effect: 'none', form: [] },
	answer: {
		of: 'job',
		until: 'ended',
		items: (job) => parseIdentities(String(job.content ?? '')),
	},
};
