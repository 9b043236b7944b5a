import type { INodeProperties } from 'n8n-workflow';

import { endpoints } from '../api/endpoints';
import { InputError, requireText } from '../shared/validation';
import { parseFaces, singleName } from './faceNames';
import * as panel from './fields';
import { composed, flag, optionsOf, sharpen, texturizer } from './picsiOptions';
import {
	repeatable,
	type Operation,
	type PicturePart,
	type ReadParameter,
	type Resource,
} from './types';

const newName = panel.savedFace({
	displayName: 'Name',
	description:
		'The name of the face: 1 to 10 letters and digits. An existing name is overwritten. An account holds at most 20 names.',
	required: true,
	default: { mode: 'name', value: '' },
});

const image: PicturePart = { part: 'image', picture: 'image', label: 'Face', field: 'data' };

const nameIn = (read: ReadParameter, face: INodeProperties): string =>
	singleName(panel.textOf(read, face), face.displayName);

const save: Operation = {
	value: 'save',
	name: 'Save',
	action: 'Save face',
	description: 'Upload a face and save it under a name for later swaps',
	properties: [
		panel.notice('saveNotice', 'A newly saved face becomes the default face of its account.'),
		newName,
		panel.picture(image, 'The picture of the face'),
		panel.ownChannel,
		...panel.commandFields,
	],
	request: repeatable('POST', endpoints.saveIdentity, [
		{ part: 'idname', text: (read) => nameIn(read, newName) },
		image,
	]),
	answer: { of: 'job', until: 'ended' },
};

const greedy = flag(
	'--greedy',
	'greedy',
	'Greedy',
	'Whether swaps look as much like the face as possible (--greedy, or --nogreedy)',
);

const lasting = [texturizer, sharpen, { ...greedy, off: '--nogreedy' }];

/** A lasting option behind a name. */
const LASTING_FLAG = /\s(-[fs]|--(no)?greedy)(?!\S)/;

const setOptions = panel.field('Options', 'setOptions', {
	description:
		'Lasting options of later swaps. The bot takes them in a call of their own: leave Saved Face empty.',
	...optionsOf(lasting),
});

/**
 * The faces or the options to be set, as the bot wants them.
 * @throws InputError for both, and for neither
 */
function newDefault(read: ReadParameter): string {
	const faces = panel.chosenFaces(read);
	const options = composed(lasting, read(setOptions.name, {}));
	if (faces && (options || LASTING_FLAG.test(faces))) {
		throw new InputError(
			'A saved face and options are both set',
			'The bot takes one or the other. Use one node for the face and another one for the options.',
		);
	}
	return requireText(faces || options, panel.SAVED_FACE);
}

const setDefault: Operation = {
	value: 'setDefault',
	name: 'Set Default',
	action: 'Set default face',
	description: 'Choose the saved face for swaps that name none, or the lasting options of swaps',
	properties: [...panel.savedFaces, setOptions, panel.ownChannel, ...panel.commandFields],
	request: repeatable('POST', endpoints.setDefaultIdentity, [{ part: 'idname', text: newDefault }]),
	answer: { of: 'job', until: 'ended' },
};

const getAll: Operation = {
	value: 'getAll',
	name: 'Get Many',
	action: 'Get many saved faces',
	description: 'List the saved faces, one item each',
	properties: [
		panel.ownChannel,
		panel.simplify,
		...panel.listFields({ simplify: [true] }),
		panel.rareFields,
	],
	request: { method: 'POST', path: endpoints.listIdentities, effect: 'none', form: [] },
	answer: {
		of: 'job',
		until: 'ended',
		items: ({ content }, read) => panel.limited(parseFaces(content), read),
	},
};

const name = panel.savedFace({ description: 'The face to delete', required: true });

const remove: Operation = {
	value: 'delete',
	name: 'Delete',
	action: 'Delete saved face',
	description: 'Delete one saved face',
	properties: [name, panel.ownChannel, ...panel.commandFields],
	request: repeatable('DELETE', endpoints.deleteIdentity, [
		{ part: 'idname', text: (read) => nameIn(read, name) },
	]),
	answer: { of: 'job', until: 'ended', fields: { deleted: true } },
};

const deleteAll: Operation = {
	value: 'deleteAll',
	name: 'Delete All',
	action: 'Delete all saved faces',
	description: 'Delete every saved face of the account, which cannot be undone',
	properties: [
		panel.notice(
			'deleteAllNotice',
			'This deletes every saved face of the account and cannot be undone.',
		),
		panel.ownChannel,
		...panel.commandFields,
	],
	request: repeatable('DELETE', endpoints.deleteAllIdentities, []),
	answer: { of: 'job', until: 'ended', fields: { deleted: true } },
};

export const identity: Resource = {
	value: 'identity',
	name: 'Saved Face',
	description: 'Faces saved under a name',
	operations: [save, setDefault, getAll, remove, deleteAll],
};
