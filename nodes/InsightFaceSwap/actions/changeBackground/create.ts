import { endpoints } from '../../api/endpoints';
import { anyChannel, picture, pictureCommandFields, waitMode } from '../fields';
import { requireText } from '../../shared/validation';
import type { Operation } from '../types';

export const create: Operation = {
	value: 'create',
	name: 'Create',
	action: 'Change the background of a picture',
	description: 'Put the person of a picture in front of another background',
	properties: [
		...picture('image', 'Image', 'the picture of the person'),
		{
			displayName: 'Background',
			name: 'prompt',
			type: 'string',
			typeOptions: { rows: 2 },
			default: '',
			required: true,
			placeholder: 'e.g. sunny beach',
			description: 'What the new background shows',
		},
		anyChannel,
		waitMode,
		...pictureCommandFields(),
	],
	request: {
		method: 'POST',
		path: endpoints.changeBackground,
		effect: 'submission',
		freesChannel: true,
		anyChannel: true,
		form: [
			{ part: 'a_background_photo_of', text: (read) => requireText(read('prompt'), 'Background') },
			{ part: 'image', picture: 'image', label: 'Image' },
		],
	},
	answer: { of: 'job', until: 'asked' },
};
