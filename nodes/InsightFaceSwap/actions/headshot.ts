import { endpoints } from '../api/endpoints';
import { singleName } from './faceNames';
import * as panel from './fields';
import { submission, type Operation, type ReadParameter, type Resource } from './types';

const face = panel.savedFace({
	description: 'The saved face to use',
	hint: 'Empty: the face that the prompt begins with (me, a smiling chef), or else the default face',
});

const prompt = panel.field('Prompt', 'prompt', {
	description: 'What the portrait shows',
	typeOptions: { rows: 3 },
	required: true,
	placeholder: 'e.g. a smiling chef in a bright kitchen',
});

const noWords = panel.field('Leave Out', 'noWords', {
	description: 'What the portrait must not show (--no). Separate several words by commas.',
	placeholder: 'e.g. hat, glasses',
});

const square = panel.yesNo('Square', 'square', {
	description: 'Whether the portrait is as wide as high (--square)',
});

/** The prompt as the bot wants it: `me, a smiling chef --no hat --square`. */
function promptOf(read: ReadParameter): string {
	const name = panel.textOf(read, face);
	const text = panel.requiredText(read, prompt);
	const words = panel
		.textOf(read, noWords)
		.split(',')
		.map((word) => word.trim())
		.filter(Boolean);
	return [
		name ? `${singleName(name, face.displayName)}, ${text}` : text,
		...words.map((word) => `--no ${word}`),
		...(panel.isOn(read, square) ? ['--square'] : []),
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
		panel.ownChannel,
		noWords,
		square,
		panel.waitMode,
		...panel.paidCommandFields(panel.botOptions),
	],
	request: submission(endpoints.headshot, { freesChannel: true }, [
		{ part: 'prompt', text: promptOf },
		panel.optionsPart,
	]),
	answer: { of: 'job', until: 'asked' },
};

export const headshot: Resource = {
	value: 'headshot',
	name: 'Headshot',
	description: 'Portraits from a description',
	operations: [create],
};
