import type { INodeProperties } from 'n8n-workflow';

import { asBoolean, asText, InputError, quoted } from '../shared/validation';
import { field } from './fields';

/** An option of the bot that has a control of its own. */
export interface Flag {
	name: string;
	label: string;
	flag: string;
	description: string;
	/** Takes an intensity from 1 to 1000, 0 for the bot's default. */
	intensity?: true;
	/** What is sent when it is switched off. */
	off?: string;
}

const onOff = (name: string, label: string, flag: string, what: string): Flag => ({
	name,
	label,
	flag,
	description: `Whether to ${what} (${flag})`,
});

const level = (name: string, label: string, flag: string, what: string): Flag => ({
	name,
	label,
	flag,
	description: `${what} (${flag})`,
	intensity: true,
});

export const texturizer = onOff(
	'faceTexturizer',
	'Face Texturizer (Paid)',
	'-f',
	'keep fine details',
);

export const sharpen = onOff('sharpen', 'Sharpen (Paid)', '-s', 'add clarity and definition');

/** The options of `/picsi` that its page documents, in the order in which they are sent. */
const flags: Flag[] = [
	onOff('keepMouth', 'Keep Mouth (Free)', '-m', 'keep the mouth of the picture unchanged'),
	onOff('keepClosedEyes', 'Keep Closed Eyes (Free)', '--shut', 'keep closed eyes closed'),
	onOff('correctChin', 'Correct Chin (Free)', '--ch', 'correct mismatches of chin and jaw'),
	onOff('correctHairline', 'Correct Hairline (Free)', '--hl', 'correct bangs and low hairlines'),
	texturizer,
	sharpen,
	level(
		'expression',
		'Expression Matching (Paid)',
		'-e',
		"How much of the picture's expression stays",
	),
	level('oldify', 'Oldify (Paid)', '-o', 'How much older to make the face'),
	level('youngify', 'Youngify (Paid)', '-y', 'How strongly to fit the face to a younger picture'),
	onOff('artify', 'Artify (Paid)', '-a', 'blend the photo of a face into a stylized picture'),
	onOff('xtreme', 'Xtreme (Paid)', '-x', 'work out an ultra-detailed close-up portrait'),
];

const additionalOptions = field(
	'Additional Options',
	'additionalOptions',
	'Options of the bot that have no control here, as you would type them in Discord',
	{ placeholder: 'e.g. --newflag 5' },
);

/** The control of an option. */
export const control = ({
	name,
	label,
	description,
	intensity: hasIntensity,
}: Flag): INodeProperties =>
	hasIntensity
		? field(label, name, description, {
				type: 'number',
				typeOptions: { minValue: 0, maxValue: 1000, numberPrecision: 0 },
				default: 0,
				hint: "1 to 1000; 0 is the bot's default intensity",
			})
		: field(label, name, description, { type: 'boolean', default: true });

/** A control for each documented option, and a text field for options that have none. */
export const picsiOptions = field(
	'Picsi Options',
	'picsiOptions',
	'Options marked Paid need a paid Picsi.Ai plan',
	{
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [...flags.map(control), additionalOptions],
	},
);

/**
 * Composes what is sent for chosen options, for example `-m -e 300`.
 * @throws InputError for a value that its option cannot have
 */
export const composed = (options: Flag[], chosen: Record<string, unknown>): string =>
	options
		.map((option) => sentFor(option, chosen[option.name]))
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

function sentFor(option: Flag, value: unknown): string {
	if (option.intensity) return withIntensity(option, value);
	const { label, flag: sent, off = '' } = option;
	const isLeftOut = value === undefined || value === null || value === '';
	return isLeftOut ? '' : asBoolean(value, label) ? sent : off;
}

/** The flag with its intensity; empty where an expression gives none. */
function withIntensity({ flag: sent, label }: Flag, value: unknown): string {
	const text = asText(value, label, 'a number').trim();
	if (!text) return '';
	const wanted = Number(text);
	if (!Number.isInteger(wanted) || wanted < 0 || wanted > 1000) {
		throw new InputError(
			`${label} ${quoted(text)} is not a whole number from 1 to 1000`,
			"Enter a whole number from 1 to 1000, or 0 for the bot's default intensity.",
		);
	}
	return wanted === 0 ? sent : `${sent} ${wanted}`;
}
