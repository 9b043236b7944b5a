import { endpoints } from '../../api/endpoints';
import { simplify } from '../fields';
import type { Operation } from '../types';
import { jobId, jobQuery } from './fields';

export const cancel: Operation = {
	value: 'cancel',
	name: 'Cancel',
	action: 'Cancel a job',
	description: 'Stop a job that is still running',
	properties: [jobId, simplify],
	request: {
		method: 'GET',
		path: endpoints.cancelJob,
		effect: 'repeatable',
		query: jobQuery,
	},
	answer: { of: 'job', until: 'read' },
};
