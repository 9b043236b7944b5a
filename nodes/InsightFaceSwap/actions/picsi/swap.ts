import { endpoints } from '../../api/endpoints';
import { anyChannel, picture, pictureCommandFields, waitMode } from '../fields';
import type { Operation } from '../types';
import { composeOptions, picsiOptions } from './options';

const MAX_GIF_BYTES = 10 * 1024 * 1024;

export const swap: Operation = {
	value: 'swap',
	name: 'Swap',
	action: 'Swap a face between two pictures',
	description: 'Put the face of a source picture into a target picture or GIF',
	properties: [
		...picture('sourceImage', 'Source Image', 'the picture with the face to use'),
		...picture('targetImage', 'Target Image', 'the picture or GIF whose face is replaced', {
			field: 'target',
			formats: 'PNG, JPEG, WebP, or GIF of up to 10 MB. Videos are not supported',
		}),
		anyChannel,
		waitMode,
		...pictureCommandFields(picsiOptions),
	],
	request: {
		method: 'POST',
		path: endpoints.picsi,
		effect: 'submission',
		anyChannel: true,
		form: [
			{ part: 'source_image', picture: 'sourceImage', label: 'Source Image' },
			{
				part: 'target_image_gif_or_video',
				picture: 'targetImage',
				label: 'Target Image',
				maxGifBytes: MAX_GIF_BYTES,
				second: true,
			},
			{ part: 'options', text: (read) => composeOptions(read('picsiOptions', {})) },
		],
	},
	answer: { of: 'job', until: 'asked' },
};
