import type { Resource } from '../types';
import { swap } from './swap';

export const picsi: Resource = {
	value: 'picsi',
	name: 'Picsi',
	description: 'Face swaps from two pictures',
	operations: [swap],
	first: swap,
};
