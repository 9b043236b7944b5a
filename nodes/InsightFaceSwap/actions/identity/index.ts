import type { Resource } from '../types';
import { deleteAll } from './deleteAll';
import { getAll } from './getAll';
import { remove } from './delete';
import { save } from './save';
import { setDefault } from './setDefault';

export const identity: Resource = {
	value: 'identity',
	name: 'Identity',
	description: 'Faces saved under a name',
	operations: [remove, deleteAll, getAll, save, setDefault],
	first: save,
};
