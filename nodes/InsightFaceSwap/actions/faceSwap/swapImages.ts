import { endpoints } from '../../api/endpoints';
import { asText } from '../../shared/validation';
import { anyChannel, picture, pictureCommandFields } from '../fields';
import { faceNames, singleName } from '../identity/names';
import type { Operation } from '../types';

const SAVE_AS = 'Save Source Face As';
const SWAP_IN = 'Swap In Identity';

const optional = (check: typeof singleName, value: unknown, label: string): string | undefined =>
	asText(value, label).trim() ? check(value, label) : undefined;

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
		{
			displayName: SAVE_AS,
			name: 'saveIdName',
			type: 'string',
			default: '',
			placeholder: 'e.g. me',
			description: 'The name under which the source face is saved. Empty: it is not named.',
		},
		{
			displayName: SWAP_IN,
			name: 'swapIdName',
			type: 'string',
			default: '',
			placeholder: 'e.g. me,_,anna',
			description:
				'The saved faces to swap in: a name, a list for the faces from left to right, or a mix. Empty: the source face.',
		},
		anyChannel,
		...pictureCommandFields(),
	],
	request: {
		method: 'POST',
		path: endpoints.swapImages,
		effect: 'submission',
		anyChannel: true,
		form: [
			{
				part: 'saveid_idname',
				text: (read) => optional(singleName, read('saveIdName', ''), SAVE_AS),
			},
			{ part: 'saveid_image', picture: 'sourceImage', label: 'Source Image' },
			{
				part: 'swapid_idname',
				text: (read) => optional(faceNames, read('swapIdName', ''), SWAP_IN),
			},
			{ part: 'swapid_image', picture: 'targetImage', label: 'Target Image', second: true },
		],
	},
	answer: { of: 'job', until: 'ended' },
};
