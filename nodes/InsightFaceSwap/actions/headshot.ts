import { endpoints } from '../api/endpoints';
import { singleName } from './faceNames';
import {
	botOptions,
	field,
	isOn,
	optionsPart,
	ownChannel,
	paidCommandFields,
	requiredText,
	savedFace,
	textOf,
	waitMode,
	yesNo,
} from './fields';
import type { Operation, ReadParameter, Resource } from './types';

const face = savedFace({
	description: 'The saved face to use',
	hint: 'Empty: the face that the prompt begins with (me, a smiling chef), or else the default face',
});

const prompt = field('Prompt', 'prompt', {
	description: 'What the portrait shows',

	typeOptions: { rows: 3 },
	required: true,
	placeholder: 'e.g. a smiling chef in a bright kitchen',
});

const noWords = field('Leave Out', 'noWords', {
	description: 'What the portrait must not show (--no). Separate several words by commas.',
	placeholder: 'e.g. hat, glasses',
});

const square = yesNo('Square', 'square', {
	description: 'Whether the portrait is as wide as high (--square)',
});

/** The prompt as the bot wants it: `me, a smiling chef --no hat --square`. */
function promptOf(read: ReadParameter): string {
	const name = textOf(read, face);
	const text = requiredText(read, prompt);
	const words = textOf(read, noWords)
		.split(',')
		.map((word) => word.trim())
		.filter(Boolean);
	return [
		name ? `${singleName(name, face.displayName)}, ${text}` : text,
		...words.map((word) => `--no ${word}`),
		...(isOn(read, square) ? ['--square'] : []),
	].join(' ');
}

const create: Operation = {
	value: 'create',
	name: 'Create',
	action: 'Create headshot of saved face',
	description: 'Make portraits of a saved face from a description',
	properties: [
		face,
		prompt,
		ownChannel,
		noWords,
		square,
		waitMode,
		...paidCommandFields(botOptions),
	],
	request: {
		method: 'POST',
		path: endpoints.headshot,
		effect: 'submission',
		freesChannel: true,
		form: [{ part: 'prompt', text: promptOf }, optionsPart],
	},
	answer: { of: 'job', until: 'asked' },
};

export const headshot: Resource = {
	value: 'headshot',
	name: 'Headshot',
	description: 'Portraits from a description',
	operations: [create],
};
