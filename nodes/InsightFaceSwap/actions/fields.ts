import type { INodeProperties, INodePropertyMode } from 'n8n-workflow';

import { asBoolean, asNumber, asText, httpUrl, reference, snowflake } from '../shared/validation';
import { faceList, faceNames, type FaceRow } from './faceNames';
import { valueOf } from './readParameters';
import type { FormPart, PicturePart, ReadParameter } from './types';

type More = Partial<INodeProperties>;

/** A field for a text, or what else `more` says. */
export const field = (
	displayName: string,
	name: string,
	description: string,
	more: More = {},
): INodeProperties => ({ displayName, name, type: 'string', default: '', description, ...more });

/** A field that is on or off. */
export const yesNo = (
	displayName: string,
	name: string,
	description: string,
	isOn = false,
): INodeProperties => field(displayName, name, description, { type: 'boolean', default: isOn });

/** A field for a number. */
export const amount = (
	displayName: string,
	name: string,
	description: string,
	byDefault: number,
	typeOptions: INodeProperties['typeOptions'],
): INodeProperties =>
	field(displayName, name, description, { type: 'number', default: byDefault, typeOptions });

type Choice = [value: string, name: string, description?: string];

/** A field with choices, of which the first is the default. */
export const choiceOf = (
	displayName: string,
	name: string,
	description: string,
	choices: [Choice, ...Choice[]],
): INodeProperties =>
	field(displayName, name, description, {
		type: 'options',
		options: choices.map(([value, label, words]) => ({ name: label, value, description: words })),
		default: choices[0][0],
	});

/** A text between the fields. */
export const notice = (name: string, displayName: string): INodeProperties => ({
	displayName,
	name,
	type: 'notice',
	default: '',
});

/** What a text field holds, without blanks around it; empty where there is nothing. */
export const textOf = (read: ReadParameter, { name, displayName }: INodeProperties): string =>
	asText(valueOf(read<unknown>(name, '')), displayName).trim();

/** A field with two modes, of which the editor begins with the first unless `more` says otherwise. */
const locator = (
	displayName: string,
	name: string,
	description: string,
	modes: [INodePropertyMode, INodePropertyMode],
	more: More = {},
): INodeProperties =>
	field(displayName, name, description, {
		type: 'resourceLocator',
		default: { mode: modes[0].name, value: '' },
		modes,
		...more,
	});

/** Apart, as n8n's lint takes an object with a label, a name and a type for a parameter. */
const TEXT = { type: 'string' } as const;

/** A way to fill in a locator; as a text unless `more` says otherwise. */
const modeOf = (
	displayName: string,
	name: string,
	placeholder: string,
	more: Partial<INodePropertyMode> = {},
): INodePropertyMode => ({ displayName, name, placeholder, ...TEXT, ...more });

const listMode = (searchListMethod: string, placeholder: string): INodePropertyMode =>
	modeOf('From List', 'list', placeholder, {
		type: 'list',
		typeOptions: { searchListMethod, searchable: true },
	});

const channelId = modeOf('By ID', 'id', 'e.g. 1122277481822456166', {
	validation: [
		{
			type: 'regex',
			properties: {
				regex: '^\\s*(\\d{17,20})?\\s*$',
				errorMessage: 'A Discord channel ID has 17 to 20 digits',
			},
		},
	],
});

/**
 * The channel of a call, as a dropdown of the accounts or as an ID.
 * @param inList what the empty dropdown says
 */
export const channel = (description: string, inList = 'Select a channel…', more?: More) =>
	locator('Channel', 'channel', description, [listMode('searchChannels', inList), channelId], more);

/** For operations that any channel with credits can run. */
export const anyChannel = channel(
	'The Discord channel of the account to use. Leave it empty to use any account that has credits.',
	'Any channel with credits',
);

/** For operations that need a channel as soon as several accounts are configured. */
export const ownChannel = channel(
	'The Discord channel of the account to use. It may stay empty while there is only one account.',
	'Needed with several accounts',
);

/**
 * The channel that the user names for an item; empty if there is none.
 * @throws InputError for what is no Discord ID
 */
export const chosenChannel = (read: ReadParameter): string =>
	snowflake(valueOf(read<unknown>(anyChannel.name, '')), anyChannel.displayName);

/**
 * The field of one picture: a binary field of the item, or a web address.
 * @param description what the picture shows, as the beginning of a sentence
 */
export const picture = (
	{ picture: name, label, field: byDefault }: PicturePart,
	description: string,
	hint?: string,
): INodeProperties =>
	locator(
		label,
		name,
		`${description}: PNG, JPEG, WebP or GIF. In a tool of an AI agent, give a URL: files do not reach tools.`,
		[
			modeOf('Binary Field', 'binary', `e.g. photo (empty: ${byDefault})`),
			modeOf('URL', 'url', 'e.g. https://example.com/portrait.jpg'),
		],
		{
			hint,
			builderHint: {
				propertyHint: `Mode "binary" takes the name of a binary field of the item, empty for "${byDefault}". Mode "url" takes a web address.`,
			},
		},
	);

/** The label of the field for saved faces. */
export const SAVED_FACE = 'Saved Face';

/**
 * The field for a saved face, with a dropdown of them.
 * @param byName an example of what is typed in
 */
export const savedFace = (description: string, byName = 'e.g. me', more?: More) =>
	locator(
		SAVED_FACE,
		'idName',
		description,
		[listMode('searchIdentities', 'Select a face…'), modeOf('By Name', 'name', byName)],
		more,
	);

const severalFaces = field(
	'Several Faces',
	'severalFaces',
	'The faces of the picture from left to right, one row each. They take the place of Saved Face.',
	{
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true },
		placeholder: 'Add Face',
		default: {},
		options: [
			{
				displayName: 'Face',
				name: 'faces',
				values: [
					choiceOf('What to Do', 'use', 'What becomes of this face', [
						['face', 'Put in a Saved Face'],
						['leaveAlone', 'Leave This Face Alone'],
					]),
					savedFace('A saved name, or a mix of up to three', 'e.g. me or father+mother', {
						displayOptions: { show: { use: ['face'] } },
					}),
				],
			},
		],
	},
);

const oneFace = savedFace(
	'A saved name, or a mix of up to three (father+mother)',
	'e.g. me, or me,_,anna, or father+mother',
	{ hint: 'Several faces, left to right: me, _, anna. _ leaves a face alone' },
);

/** One saved face, and a list of rows for pictures with several. */
export const savedFaces = [oneFace, severalFaces];

/**
 * What the user wants for the faces of a picture: Several Faces, or else Saved Face; empty where there is neither.
 * @throws InputError for what the bot does not take
 */
export function chosenFaces(read: ReadParameter): string {
	const { faces = [] } = read<{ faces?: FaceRow[] }>(severalFaces.name, {});
	if (faces.length > 0) {
		const rows = faces.map(({ use, idName }) => ({ use, idName: valueOf(idName) }));
		return faceList(rows, severalFaces.displayName);
	}
	const names = textOf(read, oneFace);
	return names && faceNames(names, oneFace.displayName);
}

export const waitMode: INodeProperties = {
	...choiceOf(
		'Wait for Result',
		'waitMode',
		'Whether to go on at once or when the result is there',
		[
			[
				'poll',
				'Yes, Check Until It Is There',
				'Check every 10 to 30 seconds until the job has ended',
			],
			['none', 'No, Only Start the Job', 'Return the job as soon as it has started'],
			[
				'suspend',
				'Pause the Workflow (needs a public n8n)',
				'Use no memory until useapi.net calls n8n at the end of the job; one item a run',
			],
		],
	),
	builderHint: {
		propertyHint:
			'Take "poll". "suspend" takes one item a run and needs an n8n that the internet reaches; "none" gives a job without its picture.',
	},
};

export const simplify = yesNo(
	'Simplify',
	'simplify',
	'Whether to return a simplified version of the response instead of the raw data',
	true,
);

/** For nodes without the field `waitMode`: n8n 1 does not load one with a field that depends on what is not there. */
export const downloadFiles = yesNo(
	'Download Results',
	'downloadResults',
	'Whether to download the resulting pictures as binary data. Their links expire after about a day.',
	true,
);

/** A job that is only started has no results yet. */
export const downloadResults: INodeProperties = {
	...downloadFiles,
	displayOptions: { hide: { waitMode: ['none'] } },
};

export const replyUrl = field(
	'Reply URL',
	'replyUrl',
	"Where useapi.net posts the job at its end, instead of the account's reply URL. At most 1024 characters.",
	{
		placeholder: 'e.g. https://example.com/webhook/face-swap',
		displayOptions: { hide: { '/waitMode': ['suspend'] } },
	},
);

export const replyRef = field(
	'Reply Reference',
	'replyRef',
	'A reference of your own that useapi.net keeps with the job and gives back. At most 1024 characters.',
	{ placeholder: 'e.g. order-1234' },
);

/** The longest Maximum Wait in seconds: two weeks. The API keeps a job for at least 31 days. */
export const MAX_WAIT_SECONDS = 1_209_600;

export const maximumWait = amount(
	'Maximum Wait (Seconds)',
	'maximumWait',
	'How long to wait for a busy channel, and then for the end of the job, in seconds',
	600,
	{ minValue: 10, maxValue: MAX_WAIT_SECONDS },
);

export const outputField = field(
	'Put Output File in Field',
	'outputBinaryPropertyName',
	'The binary field of the output that gets the result',
	{
		typeOptions: { binaryDataProperty: true },
		default: 'data',
		displayOptions: { hide: { '/waitMode': ['none'] } },
		hint: 'The name of the output field for the first picture; further pictures get _1, _2, …',
	},
);

export const maxConcurrentJobs = amount(
	'Maximum Channels at Once',
	'maxConcurrentJobs',
	'How many channels work on items without a channel of their own. Without this limit, all channels with credits are used.',
	3,
	{ minValue: 1 },
);

export const ifOutcomeUnknown = choiceOf(
	'If It Is Unclear Whether a Job Started',
	'ifOutcomeUnknown',
	'What to do when the connection broke and the job cannot be found',
	[
		['stop', 'Stop With an Error', 'The error says what to check'],
		['resubmit', 'Start It Again', 'This may cost its credits twice'],
	],
);

export const onRepeat = choiceOf(
	'If an Earlier Run Has Paid',
	'onRepeat',
	'What to do with an item whose job an earlier run has started, and then failed or was stopped before it returned the result',
	[
		['continue', 'Use the Paid Job', 'Wait for that job and return its result, at no further cost'],
		['anew', 'Pay for a New Job', 'Start another job for the same item'],
	],
);

export const cancelOnStop = yesNo(
	'Cancel Running Jobs on Stop',
	'cancelOnStop',
	'Whether to cancel the running jobs of this run when the execution is stopped. Otherwise they finish at useapi.net.',
);

export const warnUnderCredits = amount(
	'Warn Under (Credits)',
	'warnUnderCredits',
	'Show a warning after the run when a channel has fewer credits than this',
	20,
	{ minValue: 0 },
);

/** For operations that take pictures. */
export const keepInputPictures = yesNo(
	'Keep Input Pictures',
	'keepInputPictures',
	'Whether to return the input pictures beside the result, in the binary fields face and picture',
	true,
);

/** For operations that take options of the bot as a text. */
export const botOptions = field(
	'Bot Options',
	'botOptions',
	'Options of the bot, as you would type them in Discord',
	{ placeholder: 'e.g. --newflag 5' },
);

/** The collection of settings that few users need, in the order of their labels. */
export const additionalFields = (...options: INodeProperties[]): INodeProperties => ({
	displayName: 'Additional Fields',
	name: 'additionalFields',
	type: 'collection',
	placeholder: 'Add Field',
	default: {},
	options: options.sort((one, other) => one.displayName.localeCompare(other.displayName)),
});

/** The additional fields of every command to the bot that costs no credits. */
export const rareFields = additionalFields(maximumWait, replyRef, replyUrl);

/** The fields of every command to the bot that costs no credits, behind its own. */
export const commandFields = [simplify, rareFields];

/**
 * The fields of every command that costs credits and returns pictures, behind its own.
 * @param collections what stands before the additional fields
 * @param more further additional fields
 */
export const paidCommandFields = (
	collections: INodeProperties[],
	...more: INodeProperties[]
): INodeProperties[] => [
	simplify,
	downloadResults,
	...collections,
	additionalFields(
		...more,
		cancelOnStop,
		ifOutcomeUnknown,
		maximumWait,
		onRepeat,
		outputField,
		replyRef,
		replyUrl,
		warnUnderCredits,
	),
];

const returnAll = yesNo(
	'Return All',
	'returnAll',
	'Whether to return all results or only up to a given limit',
);

const limit = amount('Limit', 'limit', 'Max number of results to return', 50, { minValue: 1 });

/** The fields of a list; `show` says when they matter. */
export const listFields = (show: Record<string, boolean[]> = {}): INodeProperties[] => [
	{ ...returnAll, displayOptions: { show } },
	{ ...limit, displayOptions: { show: { ...show, returnAll: [false] } } },
];

/** As many entries of a list as Return All and Limit say. */
export function limited<T>(entries: T[], read: ReadParameter): T[] {
	if (asBoolean(read<unknown>(returnAll.name, false), returnAll.displayName)) return entries;
	const given = read<unknown>(limit.name, limit.default);
	return entries.slice(0, asNumber(given, limit.displayName, Number(limit.default), { min: 1 }));
}

const additional = (read: ReadParameter, { name, displayName }: INodeProperties): string =>
	asText(read<Record<string, unknown>>('additionalFields', {})[name], displayName);

/**
 * A reply URL that the user entered, without blanks around it.
 * @throws InputError for what is no web address, or too long for the API
 */
export const checkedReplyUrl = (entered: string): string =>
	reference(httpUrl(entered, replyUrl.displayName), replyUrl.displayName);

/** The form parts of every command, besides its own and the channel. */
export const commonParts: FormPart[] = [
	{ part: 'replyUrl', text: (read) => checkedReplyUrl(additional(read, replyUrl)) },
	{
		part: 'replyRef',
		text: (read) => reference(additional(read, replyRef), replyRef.displayName),
	},
];

/** The form part of {@link botOptions}. */
export const optionsPart: FormPart = {
	part: 'options',
	text: (read) => additional(read, botOptions).trim(),
};
