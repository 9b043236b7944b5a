import { endpoints } from '../../api/endpoints';
import { commandFields, ownChannel, picture } from '../fields';
import type { Operation } from '../types';
import { identity, singleName } from './names';

export const save: Operation = {
	value: 'save',
	name: 'Save',
	action: 'Save an identity',
	description: 'Upload a face and keep it under a name for later swaps',
	properties: [
		identity(
			'The name to keep the face under: letters and digits, at most 10. An existing name is overwritten; at most 20 are kept.',
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
