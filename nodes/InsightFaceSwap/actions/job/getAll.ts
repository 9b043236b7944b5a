import { simplify } from '../fields';
import type { Operation } from '../types';

export const getAll: Operation = {
	value: 'getAll',
	name: 'Get Many',
	action: 'Get many jobs',
	description: 'List the jobs that are running now, one item each',
	properties: [simplify],
	request: { method: 'GET', path: '/v1/faceswap/jobs', effect: 'none' },
	answer: { of: 'jobs' },
};
