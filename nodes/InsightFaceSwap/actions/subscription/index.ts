import type { Resource } from '../types';
import { get } from './get';

export const subscription: Resource = {
	value: 'subscription',
	name: 'Subscription',
	description: 'The useapi.net account itself',
	operations: [get],
	first: get,
};
