import { endpoints } from '../../api/endpoints';
import { ownChannel, pictureCommandFields, waitMode } from '../fields';
import { requireText } from '../../shared/validation';
import type { Operation } from '../types';

export const create: Operation = {
	value: 'create',
	name: 'Create',
	action: 'Create a headshot',
	description: 'Make portraits of a saved identity from a description',
	properties: [
		{
			displayName: 'Prompt',
			name: 'prompt',
			type: 'string',
			typeOptions: { rows: 3 },
			default: '',
			required: true,
			placeholder: 'e.g. me, a smiling chef in a bright kitchen',
			description: 'What the portrait shows; name a saved identity to use its face',
		},
		ownChannel,
		waitMode,
		...pictureCommandFields(),
	],
	request: {
		method: 'POST',
		path: endpoints.headshot,
		effect: 'submission',
		freesChannel: true,
		form: [{ part: 'prompt', text: (read) => requireText(read('prompt'), 'Prompt') }],
	},
	answer: { of: 'job', until: 'asked' },
};
