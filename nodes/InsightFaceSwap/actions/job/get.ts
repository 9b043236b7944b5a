import { endpoints } from '../../api/endpoints';
import { additionalFields, downloadResults, outputField, simplify } from '../fields';
import type { Operation } from '../types';
import { jobId, jobQuery } from './fields';

export const get: Operation = {
	value: 'get',
	name: 'Get',
	action: 'Get a job',
	description: 'Read the status and the results of a job, whether it has ended or not',
	properties: [jobId, simplify, downloadResults, additionalFields(outputField)],
	request: { method: 'GET', path: endpoints.job, effect: 'none', query: jobQuery },
	answer: { of: 'job', until: 'read' },
};
