import type { Resource } from '../types';
import { create } from './create';

export const headshot: Resource = {
	value: 'headshot',
	name: 'Headshot',
	description: 'Portraits from a description',
	operations: [create],
	first: create,
};
