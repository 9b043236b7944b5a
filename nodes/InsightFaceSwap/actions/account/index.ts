import type { Resource } from '../types';
import { get } from './get';
import { getAll } from './getAll';
import { remove } from './delete';
import { upsert } from './upsert';

export const account: Resource = {
	value: 'account',
	name: 'Account',
	description: 'The Discord channels that useapi.net drives',
	operations: [upsert, remove, get, getAll],
	first: getAll,
};
