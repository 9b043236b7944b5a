import type { INodeProperties } from 'n8n-workflow';

import { asBoolean, asText, InputError, quoted } from '../../shared/validation';

interface Flag {
	name: string;
	label: string;
	flag: string;
	plan: 'Free' | 'Paid';
	description: string;
	/** Takes an intensity from 1 to 1000, 0 for the bot's default. */
	intensity?: true;
}

/** The options of `/picsi` that its page documents, in the order in which they are sent. */
const flags: Flag[] = [
	{
		name: 'keepMouth',
		label: 'Keep Mouth',
		flag: '-m',
		plan: 'Free',
		description: "keep the target's mouth unchanged",
	},
	{
		name: 'keepClosedEyes',
		label: 'Keep Closed Eyes',
		flag: '--shut',
		plan: 'Free',
		description: "keep eyes closed where the target's are; open eyes stay open",
	},
	{
		name: 'correctChin',
		label: 'Correct Chin',
		flag: '--ch',
		plan: 'Free',
		description: 'correct mismatches of chin and jawline',
	},
	{
		name: 'correctHairline',
		label: 'Correct Hairline',
		flag: '--hl',
		plan: 'Free',
		description: 'correct bangs and low hairlines of the source',
	},
	{
		name: 'faceTexturizer',
		label: 'Face Texturizer',
		flag: '-f',
		plan: 'Paid',
		description: "preserve fine details of the target's face such as wrinkles and freckles",
	},
	{
		name: 'sharpen',
		label: 'Sharpen',
		flag: '-s',
		plan: 'Paid',
		description: 'add clarity and definition',
	},
	{
		name: 'expression',
		label: 'Expression Matching',
		flag: '-e',
		plan: 'Paid',
		description: "How strongly to take over the target's expression",
		intensity: true,
	},
	{
		name: 'oldify',
		label: 'Oldify',
		flag: '-o',
		plan: 'Paid',
		description: 'How much older to make the face',
		intensity: true,
	},
	{
		name: 'youngify',
		label: 'Youngify',
		flag: '-y',
		plan: 'Paid',
		description: 'How strongly to blend an adult face onto a young-looking target',
		intensity: true,
	},
	{
		name: 'artify',
		label: 'Artify',
		flag: '-a',
		plan: 'Paid',
		description: 'blend a photo of a face into a stylized picture',
	},
	{
		name: 'xtreme',
		label: 'Xtreme',
		flag: '-x',
		plan: 'Paid',
		description: 'work out an ultra-detailed close-up portrait',
	},
];

const control = (option: Flag): INodeProperties =>
	option.intensity
		? {
				displayName: `${option.label} (${option.plan})`,
				name: option.name,
				type: 'number',
				typeOptions: { minValue: 0, maxValue: 1000, numberPrecision: 0 },
				default: 0,
				hint: "1 to 1000; 0 is the bot's default intensity",
				description: `${option.description} (${option.flag})`,
			}
		: {
				displayName: `${option.label} (${option.plan})`,
				name: option.name,
				type: 'boolean',
				default: true,
				description: `Whether to ${option.description} (${option.flag})`,
			};

/** A control for each documented option, and a text field for options that have none. */
export const picsiOptions: INodeProperties = {
	displayName: 'Picsi Options',
	name: 'picsiOptions',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	description: 'Options marked Paid need a paid Picsi.Ai plan',
	options: [
		...flags.map(control),
		{
			displayName: 'Additional Options',
			name: 'additionalOptions',
			type: 'string',
			default: '',
			placeholder: 'e.g. --newflag 5',
			description:
				'Options of the bot that have no control here, as you would type them in Discord',
		},
	],
};

/**
 * Composes the `options` string, for example `-m -e 300`.
 * @throws InputError for a value that its option cannot have
 */
export function composeOptions(chosen: Record<string, unknown>): string {
	const composed = flags.map((option) => {
		const value = chosen[option.name];
		if (option.intensity) return withIntensity(option, value);
		return asBoolean(value, option.label) ? option.flag : '';
	});
	const additional = asText(chosen.additionalOptions, 'Additional Options').trim();
	return [...composed, additional].filter(Boolean).join(' ');
}

/** The flag with its intensity; empty where an expression gives none. */
function withIntensity({ flag, label }: Flag, value: unknown): string {
	const text = asText(value, label, 'a number').trim();
	if (!text) return '';
	const intensity = Number(text);
	if (!Number.isInteger(intensity) || intensity < 0 || intensity > 1000) {
		throw new InputError(
			`${label} ${quoted(text)} is not a whole number from 1 to 1000`,
			"Enter a whole number from 1 to 1000, or 0 for the bot's default intensity.",
		);
	}
	return intensity === 0 ? flag : `${flag} ${intensity}`;
}
