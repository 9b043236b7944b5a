import { endpoints } from '../../api/endpoints';
import { commandFields, ownChannel, picture } from '../fields';
import type { Operation } from '../types';
import { identity, singleName } from './names';

export const save: Operation = {
	value: 'save',
	name: 'Save',
	action: 'Save an identity',
	description: 'Upload a face and save it under a name for later swaps',
	properties: [
		identity(
			'The name of the face: 1 to 10 letters and digits. An existing name is overwritten. An account holds at most 20 names.',
			'e.g. me',
			'name',
		),
		...picture('image', 'Image', 'the picture of the face'),
		ownChannel,
		...commandFields,
	],
	request: {
		method: 'POST',
		path: endpoints.saveIdentity,
		effect: 'repeatable',
		form: [
			{ part: 'idname', text: (read) => singleName(read('idName')) },
			{ part: 'image', picture: 'image', label: 'Image' },
		],
	},
	answer: { of: 'job', until: 'ended' },
};
