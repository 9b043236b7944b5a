import type { INodeProperties, INodePropertyMode } from 'n8n-workflow';

import {
	asBoolean,
	asNumber,
	asText,
	httpUrl,
	reference,
	requireText,
	snowflake,
} from '../shared/validation';
import { faceList, faceNames, type FaceRow } from './faceNames';
import { valueOf } from './readParameters';
import type { FormPart, PicturePart, ReadParameter } from './types';

type More = Partial<INodeProperties> & { description: string };

/** A field for a text, or what else `more` says. */
export const field = (displayName: string, name: string, more: More): INodeProperties => ({
	displayName,
	name,
	type: 'string',
	default: '',
	...more,
});

/** A field that is on or off; off by default. */
export const yesNo = (displayName: string, name: string, more: More): INodeProperties =>
	field(displayName, name, { type: 'boolean', default: false, ...more });

/** A field for a number. */
export const amount = (displayName: string, name: string, more: More): INodeProperties =>
	field(displayName, name, { type: 'number', ...more });

type Choice = [value: string, name: string, description?: string];

/** A field with choices, of which the first is the default. */
export const choiceOf = (
	displayName: string,
	name: string,
	{ choices, ...more }: More & { choices: [Choice, ...Choice[]] },
): INodeProperties =>
	field(displayName, name, {
		type: 'options',
		options: choices.map(([value, label, words]) => ({ name: label, value, description: words })),
		default: choices[0][0],
		...more,
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

/** @throws InputError where a text field is empty */
export const requiredText = (read: ReadParameter, text: INodeProperties): string =>
	requireText(textOf(read, text), text.displayName);

/** @throws InputError for what is neither empty nor a Discord ID */
const snowflakeOf = (read: ReadParameter, { name, displayName }: INodeProperties): string =>
	snowflake(valueOf(read<unknown>(name, '')), displayName);

/** @throws InputError for what is no Discord ID */
export const requiredSnowflake = (read: ReadParameter, id: INodeProperties): string =>
	requireText(snowflakeOf(read, id), id.displayName);

/** @throws InputError for what is neither true nor false */
export const isOn = (
	read: ReadParameter,
	{ name, displayName, default: byDefault }: INodeProperties,
): boolean => asBoolean(read<unknown>(name, byDefault), displayName, byDefault === true);

/** A field with modes, of which the editor begins with the first unless `more` says otherwise. */
const locator = (
	displayName: string,
	name: string,
	modes: [INodePropertyMode, INodePropertyMode],
	more: More,
): INodeProperties =>
	field(displayName, name, {
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
export const channel = (more: More, inList = 'Select a channel…'): INodeProperties =>
	locator('Channel', 'channel', [listMode('searchChannels', inList), channelId], more);

/** For operations that any channel with credits can run. */
export const anyChannel = channel(
	{
		description:
			'The Discord channel of the account to use. Leave it empty to use any account that has credits.',
	},
	'Any channel with credits',
);

/** For operations that need a channel as soon as several accounts are configured. */
export const ownChannel = channel(
	{
		description:
			'The Discord channel of the account to use. It may stay empty while there is only one account.',
	},
	'Needed with several accounts',
);

/**
 * The channel that the user names for an item; empty if there is none.
 * @throws InputError for what is no Discord ID
 */
export const chosenChannel = (read: ReadParameter): string => snowflakeOf(read, anyChannel);

/**
 * The field of one picture: a binary field of the item, or a web address.
 * @param what what the picture shows, as the beginning of a sentence
 */
export const picture = (
	{ picture: name, label, field: byDefault }: PicturePart,
	what: string,
	hint?: string,
): INodeProperties => {
	const inField = modeOf('Binary Field', 'binary', `e.g. photo (empty: ${byDefault})`);
	const byUrl = modeOf('URL', 'url', 'e.g. https://example.com/portrait.jpg');
	return locator(label, name, [inField, byUrl], {
		description: `${what}: PNG, JPEG, WebP or GIF. In a tool of an AI agent, give a URL: files do not reach tools.`,
		hint,
		builderHint: {
			propertyHint: `Mode "binary" takes the name of a binary field of the item, empty for "${byDefault}". Mode "url" takes a web address.`,
		},
	});
};

/** The label of the field for saved faces. */
export const SAVED_FACE = 'Saved Face';

/**
 * The field for a saved face, with a dropdown of them.
 * @param byName an example of what is typed in
 */
export const savedFace = (more: More, byName = 'e.g. me'): INodeProperties => {
	const inList = listMode('searchIdentities', 'Select a face…');
	return locator(SAVED_FACE, 'idName', [inList, modeOf('By Name', 'name', byName)], more);
};

const faceOfRow = savedFace(
	{
		description: 'A saved name, or a mix of up to three',
		displayOptions: { show: { use: ['face'] } },
	},
	'e.g. me or father+mother',
);

const useOfRow = choiceOf('What to Do', 'use', {
	description: 'What becomes of this face',
	choices: [
		['face', 'Put in a Saved Face'],
		['leaveAlone', 'Leave This Face Alone'],
	],
});

const severalFaces = field('Several Faces', 'severalFaces', {
	description:
		'The faces of the picture from left to right, one row each. They take the place of Saved Face.',
	type: 'fixedCollection',
	typeOptions: { multipleValues: true, sortable: true },
	placeholder: 'Add Face',
	default: {},
	options: [{ displayName: 'Face', name: 'faces', values: [useOfRow, faceOfRow] }],
});

const oneFace = savedFace(
	{
		description: 'A saved name, or a mix of up to three (father+mother)',
		hint: 'Several faces, left to right: me, _, anna. _ leaves a face alone',
	},
	'e.g. me, or me,_,anna, or father+mother',
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

export const waitMode = choiceOf('Wait for Result', 'waitMode', {
	description: 'Whether to go on at once or when the result is there',
	choices: [
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
	builderHint: {
		propertyHint:
			'Take "poll". "suspend" takes one item a run and needs an n8n that the internet reaches; "none" gives a job without its picture.',
	},
});

export const simplify = yesNo('Simplify', 'simplify', {
	description: 'Whether to return a simplified version of the response instead of the raw data',
	default: true,
});

/** For nodes without the field `waitMode`: n8n 1 does not load one with a field that depends on what is not there. */
export const downloadFiles = yesNo('Download Results', 'downloadResults', {
	description:
		'Whether to download the resulting pictures as binary data. Their links expire after about a day.',
	default: true,
});

/** A job that is only started has no results yet. */
export const downloadResults: INodeProperties = {
	...downloadFiles,
	displayOptions: { hide: { waitMode: ['none'] } },
};

export const replyUrl = field('Reply URL', 'replyUrl', {
	description:
		"Where useapi.net posts the job at its end, instead of the account's reply URL. At most 1024 characters.",
	placeholder: 'e.g. https://example.com/webhook/face-swap',
	displayOptions: { hide: { '/waitMode': ['suspend'] } },
});

export const replyRef = field('Reply Reference', 'replyRef', {
	description:
		'A reference of your own that useapi.net keeps with the job and gives back. At most 1024 characters.',
	placeholder: 'e.g. order-1234',
});

/** The longest Maximum Wait in seconds: two weeks. The API keeps a job for at least 31 days. */
export const MAX_WAIT_SECONDS = 1_209_600;

export const maximumWait = amount('Maximum Wait (Seconds)', 'maximumWait', {
	description: 'How long to wait for a busy channel, and then for the end of the job, in seconds',
	default: 600,
	typeOptions: { minValue: 10, maxValue: MAX_WAIT_SECONDS },
});

export const outputField = field('Put Output File in Field', 'outputBinaryPropertyName', {
	description: 'The binary field of the output that gets the result',
	typeOptions: { binaryDataProperty: true },
	default: 'data',
	displayOptions: { hide: { '/waitMode': ['none'] } },
	hint: 'The name of the output field for the first picture; further pictures get _1, _2, …',
});

export const maxConcurrentJobs = amount('Maximum Channels at Once', 'maxConcurrentJobs', {
	description:
		'How many channels work on items without a channel of their own. Without this limit, all channels with credits are used.',
	default: 3,
	typeOptions: { minValue: 1 },
});

export const ifOutcomeUnknown = choiceOf(
	'If It Is Unclear Whether a Job Started',
	'ifOutcomeUnknown',
	{
		description: 'What to do when the connection broke and the job cannot be found',
		choices: [
			['stop', 'Stop With an Error', 'The error says what to check'],
			['resubmit', 'Start It Again', 'This may cost its credits twice'],
		],
	},
);

export const onRepeat = choiceOf('If an Earlier Run Has Paid', 'onRepeat', {
	description:
		'What to do with an item whose job an earlier run has started, and then failed or was stopped before it returned the result',
	choices: [
		['continue', 'Use the Paid Job', 'Wait for that job and return its result, at no further cost'],
		['anew', 'Pay for a New Job', 'Start another job for the same item'],
	],
});

export const cancelOnStop = yesNo('Cancel Running Jobs on Stop', 'cancelOnStop', {
	description:
		'Whether to cancel the running jobs of this run when the execution is stopped. Otherwise they finish at useapi.net.',
});

export const warnUnderCredits = amount('Warn Under (Credits)', 'warnUnderCredits', {
	description: 'Show a warning after the run when a channel has fewer credits than this',
	default: 20,
	typeOptions: { minValue: 0 },
});

/** For operations that take pictures. */
export const keepInputPictures = yesNo('Keep Input Pictures', 'keepInputPictures', {
	description:
		'Whether to return the input pictures beside the result, in the binary fields face and picture',
	default: true,
});

/** For operations that take options of the bot as a text. */
export const botOptions = field('Bot Options', 'botOptions', {
	description: 'Options of the bot, as you would type them in Discord',
	placeholder: 'e.g. --newflag 5',
});

/** `localeCompare` would take longer than all else that loads the package. */
const inLowerCase = ({ displayName }: INodeProperties): string => displayName.toLowerCase();

/** The collection of settings that few users need, in the order of their labels. */
export const additionalFields = (...options: INodeProperties[]): INodeProperties => ({
	displayName: 'Additional Fields',
	name: 'additionalFields',
	type: 'collection',
	placeholder: 'Add Field',
	default: {},
	options: options.sort((one, other) => (inLowerCase(one) < inLowerCase(other) ? -1 : 1)),
});

/** The additional fields of every command to the bot that costs no credits. */
export const rareFields = additionalFields(maximumWait, replyRef, replyUrl);

/** The fields of every command to the bot that costs no credits, behind its own. */
export const commandFields = [simplify, rareFields];

/** The additional fields of every command that costs credits and returns pictures, and `more`. */
export const paidFields = (...more: INodeProperties[]): INodeProperties =>
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
	);

/** The fields of every command that costs credits and returns pictures, behind its own. */
export const paidCommandFields = (...more: INodeProperties[]): INodeProperties[] => [
	simplify,
	downloadResults,
	paidFields(...more),
];

const returnAll = yesNo('Return All', 'returnAll', {
	description: 'Whether to return all results or only up to a given limit',
});

const limit = amount('Limit', 'limit', {
	description: 'Max number of results to return',
	default: 50,
	typeOptions: { minValue: 1 },
});

/** The fields of a list; `show` says when they matter. */
export const listFields = (show: Record<string, boolean[]> = {}): INodeProperties[] => [
	{ ...returnAll, displayOptions: { show } },
	{ ...limit, displayOptions: { show: { ...show, returnAll: [false] } } },
];

/** As many entries of a list as Return All and Limit say. */
export function limited<T>(entries: T[], read: ReadParameter): T[] {
	if (isOn(read, returnAll)) return entries;
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
	{ part: 'replyRef', text: (read) => reference(additional(read, replyRef), 'Reply Reference') },
];

/** The form part of {@link botOptions}. */
export const optionsPart: FormPart = {
	part: 'options',
	text: (read) => additional(read, botOptions).trim(),
};
