import { endpoints } from '../../api/endpoints';
import { commandFields, ownChannel } from '../fields';
import type { Operation } from '../types';
import { faceNames, identity } from './names';

export const setDefault: Operation = {
	value: 'setDefault',
	name: 'Set Default',
	action: 'Set the default identity',
	description: 'Choose the saved face for swaps that name none',
	properties: [
		ownChannel,
		identity(
			'A saved name, a list (me,_,anna) or a mix of up to three (father+mother)',
			'e.g. me or me,_,anna or father+mother',
		),
		...commandFields,
	],
	request: {
		method: 'POST',
		path: endpoints.setDefaultIdentity,
		effect: 'repeatable',
		form: [{ part: 'idname', text: (read) => faceNames(read('idName')) }],
	},
	answer: { of: 'job', until: 'ended' },
};
