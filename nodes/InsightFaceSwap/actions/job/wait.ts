import { endpoints } from '../../api/endpoints';
import { additionalFields, downloadResults, maximumWait, outputField, simplify } from '../fields';
import type { Operation } from '../types';
import { jobId, jobQuery } from './fields';

export const wait: Operation = {
	value: 'wait',
	name: 'Wait',
	action: 'Wait for a job',
	description: 'Check every 10 to 30 seconds until a job has ended, then return its results',
	properties: [jobId, simplify, downloadResults, additionalFields(maximumWait, outputField)],
	request: { method: 'GET', path: endpoints.job, effect: 'none', query: jobQuery },
	answer: { of: 'job', until: 'ended' },
};
