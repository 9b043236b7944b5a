export type VerbName =
	| 'saveid'
	| 'setid'
	| 'listid'
	| 'delid'
	| 'delall'
	| 'swapid'
	| 'swap'
	| 'inswapper'
	| 'picsi'
	| 'changebg'
	| 'headshot';

/** How one bot command is called over the API, as documented. */
export interface Verb {
	name: VerbName;
	method: 'POST' | 'DELETE';
	/** Required text parts, in the order in which the API reports missing ones. */
	requiredTexts: readonly string[];
	optionalTexts: readonly string[];
	/** Picture parts, all required. */
	pictures: readonly string[];
	/** Without `channel`: a random one with credits, or the only one that is configured. */
	withoutChannel: 'random' | 'only';
	/** Whether the answer waits for the result. */
	blocking: boolean;
	/** The cost in credits; of a swap for each face. */
	credits: number;
	/** The part with the picture that a swap changes. */
	target?: string;
	acceptsJson: boolean;
	/** The command's name in the bot's messages. */
	title: string;
}

const command: Omit<Verb, 'name' | 'title'> = {
	method: 'POST',
	requiredTexts: [],
	optionalTexts: [],
	pictures: [],
	withoutChannel: 'only',
	blocking: true,
	credits: 0,
	acceptsJson: false,
};

export const VERBS: readonly Verb[] = [
	{
		...command,
		name: 'saveid',
		title: 'SaveID',
		requiredTexts: ['idname'],
		pictures: ['image'],
	},
	{ ...command, name: 'setid', title: 'SetID', requiredTexts: ['idname'] },
	{ ...command, name: 'listid', title: 'ListID' },
	{ ...command, name: 'delid', title: 'DelID', method: 'DELETE', requiredTexts: ['idname'] },
	{ ...command, name: 'delall', title: 'DelAll', method: 'DELETE' },
	{
		...command,
		name: 'swapid',
		title: 'SwapID',
		requiredTexts: ['idname'],
		pictures: ['image'],
		target: 'image',
		credits: 1,
	},
	{
		...command,
		name: 'swap',
		title: 'Swap',
		optionalTexts: ['saveid_idname', 'swapid_idname'],
		pictures: ['saveid_image', 'swapid_image'],
		target: 'swapid_image',
		withoutChannel: 'random',
		credits: 1,
	},
	{
		...command,
		name: 'inswapper',
		title: 'INSwapper',
		requiredTexts: ['targetMessageId'],
		target: 'targetMessageId',
		credits: 1,
	},
	{
		...command,
		name: 'picsi',
		title: 'Picsi',
		optionalTexts: ['options'],
		pictures: ['source_image', 'target_image_gif_or_video'],
		target: 'target_image_gif_or_video',
		withoutChannel: 'random',
		credits: 1,
	},
	{
		...command,
		name: 'changebg',
		title: 'ChangeBG',
		requiredTexts: ['a_background_photo_of'],
		optionalTexts: ['options'],
		pictures: ['image'],
		withoutChannel: 'random',
		blocking: false,
		credits: 4,
	},
	{
		...command,
		name: 'headshot',
		title: 'Headshot',
		requiredTexts: ['prompt'],
		optionalTexts: ['options'],
		blocking: false,
		credits: 4,
		acceptsJson: true,
	},
];

/** The verb that a path such as `/v1/faceswap/picsi` calls, if any. */
export function verbOfPath(path: string): VerbName | undefined {
	const name = /^\/v1\/faceswap\/([a-z]+)\/?$/.exec(path)?.[1];
	return VERBS.find((verb) => verb.name === name)?.name;
}
