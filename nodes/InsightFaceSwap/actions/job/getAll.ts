import { endpoints } from '../../api/endpoints';
import { simplify } from '../fields';
import type { Operation } from '../types';

export const getAll: Operation = {
	value: 'getAll',
	name: 'Get Many',
	action: 'Get many jobs',
	description: 'List the jobs that are running now, one item each',
	properties: [simplify],
	request: { method: 'GET', path: endpoints.runningJobs, effect: 'none' },
	answer: { of: 'jobs' },
};
