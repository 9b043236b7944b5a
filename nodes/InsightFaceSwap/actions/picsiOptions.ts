import type { INodeProperties } from 'n8n-workflow';

import { asBoolean, asText, InputError, quoted } from '../shared/validation';
import { amount, field, yesNo } from './fields';

/** An option of the bot that has a control of its own. */
interface Flag {
	flag: string;
	/** A switch, or a number: the intensity from 1 to 1000, 0 for the bot's default. */
	control: INodeProperties;
	/** What is sent when it is switched off. */
	off?: string;
}

export const flag = (sent: string, name: string, label: string, description: string): Flag => ({
	flag: sent,
	control: yesNo(label, name, { description, default: true }),
});

const onOff = (sent: string, name: string, label: string, what: string): Flag =>
	flag(sent, name, label, `Whether to ${what} (${sent})`);

const level = (sent: string, name: string, label: string, what: string): Flag => ({
	flag: sent,
	control: amount(label, name, {
		description: `${what} (${sent})`,
		typeOptions: { minValue: 0, maxValue: 1000, numberPrecision: 0 },
		default: 0,
		hint: "1 to 1000; 0 is the bot's default intensity",
	}),
});

export const texturizer = onOff(
	'-f',
	'faceTexturizer',
	'Face Texturizer (Paid)',
	'keep fine details',
);

export const sharpen = onOff('-s', 'sharpen', 'Sharpen (Paid)', 'add clarity and definition');

/** The options of `/picsi` that its page documents, in the order in which they are sent. */
const flags: Flag[] = [
	onOff('-m', 'keepMouth', 'Keep Mouth (Free)', 'keep the mouth of the picture unchanged'),
	onOff('--shut', 'keepClosedEyes', 'Keep Closed Eyes (Free)', 'keep closed eyes closed'),
	onOff('--ch', 'correctChin', 'Correct Chin (Free)', 'correct mismatches of chin and jaw'),
	onOff('--hl', 'correctHairline', 'Correct Hairline (Free)', 'correct bangs and low hairlines'),
	texturizer,
	sharpen,
	level(
		'-e',
		'expression',
		'Expression Matching (Paid)',
		"How much of the picture's expression stays",
	),
	level('-o', 'oldify', 'Oldify (Paid)', 'How much older to make the face'),
	level('-y', 'youngify', 'Youngify (Paid)', 'How strongly to fit the face to a younger picture'),
	onOff('-a', 'artify', 'Artify (Paid)', 'blend the photo of a face into a stylized picture'),
	onOff('-x', 'xtreme', 'Xtreme (Paid)', 'work out an ultra-detailed close-up portrait'),
];

const additionalOptions = field('Additional Options', 'additionalOptions', {
	description: 'Options of the bot that have no control here, as you would type them in Discord',
	placeholder: 'e.g. --newflag 5',
});

/** What makes a field a collection of options of the bot. */
export const optionsOf = (
	options: Flag[],
	...more: INodeProperties[]
): Partial<INodeProperties> => ({
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: [...options.map(({ control }) => control), ...more],
});

/** A control for each documented option, and a text field for options that have none. */
export const picsiOptions = field('Picsi Options', 'picsiOptions', {
	description: 'Options marked Paid need a paid Picsi.Ai plan',
	...optionsOf(flags, additionalOptions),
});

/**
 * Composes what is sent for chosen options, for example `-m -e 300`.
 * @throws InputError for a value that its option cannot have
 */
export const composed = (options: Flag[], chosen: Record<string, unknown>): string =>
	options
		.map((option) => sentFor(option, chosen[option.control.name]))
		.filter(Boolean)
		.join(' ');

/**
 * Composes the `options` string of `/picsi`.
 * @throws InputError for a value that its option cannot have
 */
export function composeOptions(chosen: Record<string, unknown>): string {
	const { name, displayName } = additionalOptions;
	return [composed(flags, chosen), asText(chosen[name], displayName).trim()]
		.filter(Boolean)
		.join(' ');
}

function sentFor({ flag: sent, control, off = '' }: Flag, value: unknown): string {
	const { displayName: label, type } = control;
	if (value === undefined || value === null || value === '') return '';
	if (type === 'boolean') return asBoolean(value, label) ? sent : off;
	const text = asText(value, label, 'a number').trim();
	if (!text) return '';
	const intensity = Number(text);
	if (!Number.isInteger(intensity) || intensity < 0 || intensity > 1000) {
		throw new InputError(
			`${label} ${quoted(text)} is not a whole number from 1 to 1000`,
			"Enter a whole number from 1 to 1000, or 0 for the bot's default intensity.",
		);
	}
	return intensity === 0 ? sent : `${sent} ${intensity}`;
}
