import type { Resource } from '../types';
import { create } from './create';

export const changeBackground: Resource = {
	value: 'changeBackground',
	name: 'Background',
	description: 'Portraits in front of another background',
	operations: [create],
	first: create,
};
