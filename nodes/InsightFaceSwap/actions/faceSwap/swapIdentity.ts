import { endpoints } from '../../api/endpoints';
import { ownChannel, picture, pictureCommandFields } from '../fields';
import { faceNames, identity } from '../identity/names';
import type { Operation } from '../types';

export const swapIdentity: Operation = {
	value: 'swapIdentity',
	name: 'Swap Identity',
	action: 'Swap a saved identity into a picture',
	description: 'Set one or more saved faces into a picture',
	properties: [
		ownChannel,
		identity(
			'A saved name, a list for the faces from left to right (me,_,anna — "_" leaves a face alone) or a mix of up to three (father+mother); options may follow (me --oldify 300)',
			'e.g. me or me,_,anna or father+mother',
		),
		...picture('image', 'Image', 'the picture whose faces are replaced'),
		...pictureCommandFields(),
	],
	request: {
		method: 'POST',
		path: endpoints.swapIdentity,
		effect: 'submission',
		form: [
			{ part: 'idname', text: (read) => faceNames(read('idName')) },
			{ part: 'image', picture: 'image', label: 'Image' },
		],
	},
	answer: { of: 'job', until: 'ended' },
};
