import { endpoints } from '../api/endpoints';
import * as panel from './fields';
import { submission, type Operation, type PicturePart, type Resource } from './types';

const image: PicturePart = { part: 'image', picture: 'image', label: 'Picture', field: 'data' };

const background = panel.field('Background', 'prompt', {
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
		panel.picture(image, 'The picture of the person'),
		background,
		panel.anyChannel,
		panel.waitMode,
		...panel.paidCommandFields(panel.botOptions, panel.keepInputPictures, panel.maxConcurrentJobs),
	],
	request: submission(endpoints.changeBackground, { freesChannel: true, anyChannel: true }, [
		{ part: 'a_background_photo_of', text: (read) => panel.requiredText(read, background) },
		image,
		panel.optionsPart,
	]),
	answer: { of: 'job', until: 'asked' },
};

export const changeBackground: Resource = {
	value: 'changeBackground',
	name: 'Background',
	description: 'Portraits in front of another background',
	operations: [create],
};
