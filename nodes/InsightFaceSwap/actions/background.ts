import { endpoints } from '../api/endpoints';
import {
	anyChannel,
	botOptions,
	field,
	keepInputPictures,
	maxConcurrentJobs,
	optionsPart,
	paidCommandFields,
	picture,
	requiredText,
	waitMode,
} from './fields';
import type { Operation, PicturePart, Resource } from './types';

const image: PicturePart = { part: 'image', picture: 'image', label: 'Picture', field: 'data' };

const background = field('Background', 'prompt', {
	description: 'What the new background shows',

	typeOptions: { rows: 2 },
	required: true,
	placeholder: 'e.g. sunny beach',
});

const create: Operation = {
	value: 'create',
	name: 'Change',
	action: 'Change background of picture',
	description: 'Put the person of a picture in front of another background',
	properties: [
		picture(image, 'The picture of the person'),
		background,
		anyChannel,
		waitMode,
		...paidCommandFields(botOptions, keepInputPictures, maxConcurrentJobs),
	],
	request: {
		method: 'POST',
		path: endpoints.changeBackground,
		effect: 'submission',
		freesChannel: true,
		anyChannel: true,
		form: [
			{ part: 'a_background_photo_of', text: (read) => requiredText(read, background) },
			image,
			optionsPart,
		],
	},
	answer: { of: 'job', until: 'asked' },
};

export const changeBackground: Resource = {
	value: 'changeBackground',
	name: 'Background',
	description: 'Portraits in front of another background',
	operations: [create],
};
