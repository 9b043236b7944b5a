import type { INodeProperties } from 'n8n-workflow';

import { asText, httpUrl, reference, snowflake } from '../shared/validation';
import type { FormPart, ReadParameter } from './types';

interface ChannelChoice {
	required?: true;
	/** What the empty dropdown says. */
	placeholder?: string;
	mode?: 'list' | 'id';
}

/** The channel of a call, as a dropdown of the configured accounts or as an ID. */
export function channel(
	description: string,
	{ required, placeholder = 'Select a channel…', mode = 'list' }: ChannelChoice = {},
): INodeProperties {
	return {
		displayName: 'Channel',
		name: 'channel',
		type: 'resourceLocator',
		default: { mode, value: '' },
		required,
		description,
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				placeholder,
				typeOptions: { searchListMethod: 'searchChannels', searchable: true },
			},
			{
				displayName: 'By ID',
				name: 'id',
				type: 'string',
				placeholder: 'e.g. 1122277481822456166',
				validation: [
					{
						type: 'regex',
						properties: {
							regex: '^\\s*(\\d{17,20})?\\s*$',
							errorMessage: 'A Discord channel ID has 17 to 20 digits',
						},
					},
				],
			},
		],
	};
}

/** For operations that any channel with credits can run. */
export const anyChannel = channel(
	'The Discord channel of the account to use. Leave it empty to let the API choose one that has credits.',
	{ placeholder: 'Any channel with credits' },
);

/** For operations that need a channel as soon as several accounts are configured. */
export const ownChannel = channel(
	'The Discord channel of the account to use. It may stay empty while a single account is configured.',
	{ placeholder: 'Needed with several accounts' },
);

interface PictureChoice {
	/** The default binary field. */
	field?: string;
	formats?: string;
}

/**
 * The three fields that say where a picture comes from.
 * @param what the picture in the user's words, for example `the picture of the face`
 */
export function picture(
	name: string,
	label: string,
	what: string,
	{ field = 'data', formats = 'PNG, JPEG, WebP or GIF' }: PictureChoice = {},
): INodeProperties[] {
	return [
		{
			displayName: `Get ${label} From`,
			name: `${name}Source`,
			type: 'options',
			options: [
				{
					name: 'Binary Field',
					value: 'binary',
					description: 'A file from an earlier node',
				},
				{ name: 'URL', value: 'url', description: 'A web address to download it from' },
			],
			default: 'binary',
			description: `Where ${what} comes from`,
		},
		{
			displayName: `${label} Binary Field`,
			name: `${name}BinaryPropertyName`,
			type: 'string',
			default: field,
			required: true,
			placeholder: `e.g. ${field}`,
			hint: `The input field that holds ${what}`,
			description: formats,
			displayOptions: { show: { [`${name}Source`]: ['binary'] } },
		},
		{
			displayName: `${label} URL`,
			name: `${name}Url`,
			type: 'string',
			default: '',
			placeholder: 'e.g. https://example.com/portrait.jpg',
			hint: `The address of ${what}`,
			description: `${formats}. It must open without signing in.`,
			displayOptions: { show: { [`${name}Source`]: ['url'] } },
		},
	];
}

export const waitMode: INodeProperties = {
	displayName: 'Wait for Result',
	name: 'waitMode',
	type: 'options',
	options: [
		{
			name: "Don't Wait",
			value: 'none',
			description: 'Return the job as soon as it has started',
		},
		{
			name: 'Poll',
			value: 'poll',
			description: 'Check every 10 to 30 seconds until the job has ended',
		},
		{
			name: 'Suspend Until Callback',
			value: 'suspend',
			description:
				'Store the execution and free its memory until the API calls back; one item per run',
		},
	],
	default: 'poll',
	description: 'Whether to return at once or when the job has ended',
};

export const simplify: INodeProperties = {
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return a simplified version of the response instead of the raw data',
};

export const downloadResults: INodeProperties = {
	displayName: 'Download Results',
	name: 'downloadResults',
	type: 'boolean',
	default: true,
	description:
		'Whether to download the resulting pictures as binary data. Their links expire after about a day.',
};

const replyUrl: INodeProperties = {
	displayName: 'Reply URL',
	name: 'replyUrl',
	type: 'string',
	default: '',
	placeholder: 'e.g. https://example.com/webhook/face-swap',
	description:
		"Where the API posts the job when it has ended, instead of the account's default reply URL. At most 1024 characters.",
};

const replyRef: INodeProperties = {
	displayName: 'Reply Reference',
	name: 'replyRef',
	type: 'string',
	default: '',
	placeholder: 'e.g. order-1234',
	description:
		'A reference of your own that the API keeps with the job and gives back. At most 1024 characters.',
};

/** The maximum of Maximum Wait in seconds: two weeks. The API promises to keep a job for one. */
export const MAX_WAIT_SECONDS = 1_209_600;

export const maximumWait: INodeProperties = {
	displayName: 'Maximum Wait',
	name: 'maximumWait',
	type: 'number',
	typeOptions: { minValue: 10, maxValue: MAX_WAIT_SECONDS },
	default: 600,
	description:
		'The maximum time to wait for a busy channel, and then for the end of the job, in seconds',
};

export const outputField: INodeProperties = {
	displayName: 'Put Output File in Field',
	name: 'outputBinaryPropertyName',
	type: 'string',
	default: 'data',
	hint: 'The name of the output field for the first picture; further pictures get _1, _2, …',
	description: 'The binary field of the output that gets the result',
};

const maxConcurrentJobs: INodeProperties = {
	displayName: 'Max Concurrent Jobs',
	name: 'maxConcurrentJobs',
	type: 'number',
	typeOptions: { minValue: 1 },
	default: 3,
	description:
		'The maximum number of channels for items that name none (Picsi, Background, Swap Images; no effect elsewhere). A channel takes the next background once one has started. Without this limit, all channels with credits are used.',
};

const ifOutcomeUnknown: INodeProperties = {
	displayName: 'If Outcome Unknown',
	name: 'ifOutcomeUnknown',
	type: 'options',
	options: [
		{
			name: 'Stop',
			value: 'stop',
			description: 'Fail with an error that says what to check',
		},
		{
			name: 'Submit Again',
			value: 'resubmit',
			description: 'Send the job once more, which may cost its credits twice',
		},
	],
	default: 'stop',
	description:
		'What to do when the connection broke and the job cannot be found, so it is unknown whether it was started',
};

const onRepeat: INodeProperties = {
	displayName: 'On Repeat',
	name: 'onRepeat',
	type: 'options',
	options: [
		{
			name: 'Continue Paid Jobs',
			value: 'continue',
			description: 'Wait for that job and put out its result, at no further cost',
		},
		{ name: 'Submit Anew', value: 'anew', description: 'Start another job and pay for it' },
	],
	default: 'continue',
	description:
		'What to do with an item whose job an earlier run has started without putting out its result, because it failed or was stopped',
};

const cancelOnStop: INodeProperties = {
	displayName: 'On Stop: Cancel Running Jobs',
	name: 'cancelOnStop',
	type: 'boolean',
	default: false,
	description:
		'Whether to cancel the running jobs of this run at the API when the execution is stopped. Otherwise they finish there.',
};

const warnUnderCredits: INodeProperties = {
	displayName: 'Warn Under Credits',
	name: 'warnUnderCredits',
	type: 'number',
	typeOptions: { minValue: 0 },
	default: 20,
	description:
		'Show a warning in the output panel when a channel is known to have fewer credits than this; for swaps, as read before a batch',
};

/** The collection of settings that few users need. */
export function additionalFields(...options: INodeProperties[]): INodeProperties {
	return {
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		default: {},
		options,
	};
}

/** The fields of every command to the bot. */
export const commandFields: INodeProperties[] = [
	simplify,
	additionalFields(maximumWait, replyRef, replyUrl),
];

const pictureAdditionalFields = additionalFields(
	ifOutcomeUnknown,
	maxConcurrentJobs,
	maximumWait,
	onRepeat,
	cancelOnStop,
	outputField,
	replyRef,
	replyUrl,
	warnUnderCredits,
);

/**
 * The fields of every command that returns pictures.
 * @param collections further collections, shown before Additional Fields
 */
export const pictureCommandFields = (...collections: INodeProperties[]): INodeProperties[] => [
	simplify,
	downloadResults,
	...collections,
	pictureAdditionalFields,
];

/** The channel that the user names for an item; empty if there is none. */
export const chosenChannel = (read: ReadParameter) => snowflake(read('channel', ''), 'Channel');

const additional = (read: ReadParameter, name: string, label: string) =>
	asText(read<Record<string, unknown>>('additionalFields', {})[name], label);

/** The form parts of every command, besides its own and the channel. */
export const commonParts: FormPart[] = [
	{
		part: 'replyUrl',
		text: (read) =>
			reference(httpUrl(additional(read, 'replyUrl', 'Reply URL'), 'Reply URL'), 'Reply URL'),
	},
	{
		part: 'replyRef',
		text: (read) => reference(additional(read, 'replyRef', 'Reply Reference'), 'Reply Reference'),
	},
];
