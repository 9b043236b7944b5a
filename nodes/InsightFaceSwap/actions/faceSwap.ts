import type { INodeProperties } from 'n8n-workflow';

import { endpoints } from '../api/endpoints';
import { requireText } from '../shared/validation';
import { faceNames, singleName } from './faceNames';
import * as panel from './fields';
import { composeOptions, picsiOptions } from './picsiOptions';
import {
	submission,
	type Operation,
	type PicturePart,
	type ReadParameter,
	type Resource,
} from './types';

const MAX_GIF_BYTES = 10 * 1024 * 1024;

const face = (part: string): PicturePart => ({
	part,
	picture: 'sourceImage',
	label: 'Face',
	field: 'data',
});

/** A picture beside a face. */
const target = (part: string): PicturePart => ({
	part,
	picture: 'targetImage',
	label: 'Picture',
	field: 'target',
	maxGifBytes: MAX_GIF_BYTES,
});

const targetPicture = (part: PicturePart): INodeProperties =>
	panel.picture(
		part,
		'The picture whose face is replaced. A GIF has up to 10 MB, needs a paid Picsi.Ai plan and costs 20 or 30 credits. Formats',
	);

const faceToUse = face('source_image');
const pictureToChange = target('target_image_gif_or_video');

const swap: Operation = {
	value: 'swap',
	name: 'Swap Two Pictures',
	action: 'Swap faces of two pictures',
	description: 'Put the face of one picture into another picture or GIF',
	properties: [
		panel.picture(
			faceToUse,
			'The picture with the face to use',
			"One face for many pictures: give it by an expression such as {{ $('Read Face').first().binary.data }}",
		),
		targetPicture(pictureToChange),
		panel.anyChannel,
		panel.waitMode,
		panel.simplify,
		panel.downloadResults,
		picsiOptions,
		panel.paidFields(panel.keepInputPictures, panel.maxConcurrentJobs),
	],
	request: submission(endpoints.picsi, { anyChannel: true }, [
		faceToUse,
		pictureToChange,
		{ part: 'options', text: (read) => composeOptions(read(picsiOptions.name, {})) },
	]),
	answer: { of: 'job', until: 'asked' },
};

const image: PicturePart = { ...target('image'), picture: 'image', field: 'data' };

const swapIdentity: Operation = {
	value: 'swapIdentity',
	name: 'Swap Saved Face',
	action: 'Swap saved face into picture',
	description: 'Put one or more saved faces into a picture',
	properties: [
		...panel.savedFaces,
		targetPicture(image),
		panel.ownChannel,
		...panel.paidCommandFields(panel.keepInputPictures),
	],
	request: submission(endpoints.swapIdentity, {}, [
		{ part: 'idname', text: (read) => requireText(panel.chosenFaces(read), panel.SAVED_FACE) },
		image,
	]),
	answer: { of: 'job', until: 'ended' },
};

const messageId = panel.field('Message ID', 'messageId', {
	description:
		'The Discord message, in the same channel, that holds the picture. Outputs of this node have it as messageId.',
	required: true,
	placeholder: 'e.g. 1203456789012345678',
});

const swapMessage: Operation = {
	value: 'swapMessage',
	name: 'Swap in Discord Message',
	action: 'Swap face in Discord message',
	description: 'Put the default face into a picture that was posted in the channel',
	properties: [messageId, panel.ownChannel, ...panel.paidCommandFields()],
	request: submission(endpoints.swapMessage, {}, [
		{ part: 'targetMessageId', text: (read) => panel.requiredSnowflake(read, messageId) },
	]),
	answer: { of: 'job', until: 'ended' },
};

const saveAs = panel.field('Save Face As', 'saveIdName', {
	description: 'The name under which the face is saved: 1 to 10 letters and digits',
	placeholder: 'e.g. me',
	hint: 'The saved face becomes the default face. Empty: it is saved as id, in place of a face of that name',
});

const putIn = panel.field('Saved Face to Put In', 'swapIdName', {
	description:
		'The saved faces to put in: a name, a list for the faces from left to right, or a mix. Empty: the face of this call.',
	placeholder: 'e.g. me,_,anna',
});

/** The names in a field that may stay empty. */
function namesIn(read: ReadParameter, names: INodeProperties, check: typeof singleName): string {
	const text = panel.textOf(read, names);
	return text && check(text, names.displayName);
}

const faceToSave = face('saveid_image');
const pictureToSwap = target('swapid_image');

const swapImages: Operation = {
	value: 'swapImages',
	name: 'Save and Swap (Deprecated)',
	action: 'Save and swap face (deprecated)',
	description: 'Deprecated by useapi.net in July 2024: use Swap Two Pictures instead',
	properties: [
		panel.notice(
			'deprecated',
			'useapi.net has deprecated this call. Swap Two Pictures does the same, and saves no face.',
		),
		panel.picture(faceToSave, 'The picture with the face to save and use'),
		targetPicture(pictureToSwap),
		saveAs,
		putIn,
		panel.anyChannel,
		...panel.paidCommandFields(panel.keepInputPictures, panel.maxConcurrentJobs),
	],
	request: submission(endpoints.swapImages, { anyChannel: true }, [
		{ part: 'saveid_idname', text: (read) => namesIn(read, saveAs, singleName) },
		faceToSave,
		{ part: 'swapid_idname', text: (read) => namesIn(read, putIn, faceNames) },
		pictureToSwap,
	]),
	answer: { of: 'job', until: 'ended' },
};

export const faceSwap: Resource = {
	value: 'picsi',
	name: 'Face Swap',
	description: 'One face in place of another',
	operations: [swap, swapIdentity, swapMessage, swapImages],
};
