import type { Resource } from '../types';
import { cancel } from './cancel';
import { get } from './get';
import { getAll } from './getAll';
import { wait } from './wait';

export const job: Resource = {
	value: 'job',
	name: 'Job',
	description: 'Jobs that were submitted before',
	operations: [cancel, get, getAll, wait],
	first: get,
};
