import { endpoints } from '../../api/endpoints';
import { anyChannel, picture, pictureCommandFields } from '../fields';
import type { Operation } from '../types';

export const swapImages: Operation = {
	value: 'swapImages',
	name: 'Swap Images (Deprecated)',
	action: 'Swap a face between two pictures (deprecated)',
	description: 'Deprecated by useapi.net in July 2024: use Picsi → Swap instead',
	properties: [
		{
			displayName: 'useapi.net has deprecated this call. Picsi → Swap does the same.',
			name: 'deprecated',
			type: 'notice',
			default: '',
		},
		...picture('sourceImage', 'Source Image', 'the picture with the face to use'),
		...picture('targetImage', 'Target Image', 'the picture whose face is replaced', {
			field: 'target',
		}),
		anyChannel,
		...pictureCommandFields(),
	],
	request: {
		method: 'POST',
		path: endpoints.swapImages,
		effect: 'submission',
		anyChannel: true,
		form: [
			{ part: 'saveid_image', picture: 'sourceImage', label: 'Source Image' },
			{ part: 'swapid_image', picture: 'targetImage', label: 'Target Image' },
		],
	},
	answer: { of: 'job', until: 'ended' },
};
