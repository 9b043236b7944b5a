import type { IDataObject } from 'n8n-workflow';

import { InputError, quoted, requireText } from '../shared/validation';

const NAME = '[A-Za-z0-9]{1,10}';
const SINGLE = new RegExp(`^${NAME}$`);
const MIX = `${NAME}(?:\\+${NAME}){0,2}`;
/** Faces from left to right: a name, a mix of up to three names, or `_` to skip a face. Options may follow. */
const FACES = new RegExp(`^(?:_|${MIX})(?:,(?:_|${MIX}))*(?:\\s+-.*)?$`);

/** What the bot takes for a face that stays as it is. */
const LEFT_ALONE = '_';

/**
 * The name of one saved face.
 * @throws InputError for anything but 1 to 10 letters and digits
 */
export function singleName(value: unknown, label: string): string {
	const name = requireText(value, label);
	if (!SINGLE.test(name)) {
		throw new InputError(
			`${label} ${quoted(name)} is not a valid name`,
			'A name has 1 to 10 letters and digits, for example "me" or "anna2".',
		);
	}
	return name;
}

/**
 * Saved faces for the faces of a picture: a name, a list or a mix, and options.
 * @returns the names without blanks, as the bot wants them
 * @throws InputError for anything else
 */
export function faceNames(value: unknown, label: string): string {
	const names = requireText(value, label).replace(/\s*([,+])\s*/g, '$1');
	if (!FACES.test(names)) {
		throw new InputError(
			`${label} ${quoted(names)} is not a name, a list or a mix`,
			'Write a name (me), a list for the faces from left to right (me,_,anna: "_" leaves a face alone) or a mix of up to three (father+mother). Options may follow, for example "me --oldify 300".',
		);
	}
	return names;
}

/** One row of Several Faces. */
export interface FaceRow {
	use?: 'face' | 'leaveAlone';
	/** A name or a mix. */
	idName?: unknown;
}

/**
 * The list for the faces of a picture from left to right, as the bot wants it: `me,_,anna`.
 * @throws InputError for a row without a name, and where no face changes
 */
export function faceList(rows: FaceRow[], label: string): string {
	if (rows.every(({ use }) => use === 'leaveAlone')) {
		throw new InputError(
			`${label} leaves every face alone`,
			`Choose a saved face in at least one row of "${label}".`,
		);
	}
	const names = rows.map(({ use, idName }, index) =>
		use === 'leaveAlone' ? LEFT_ALONE : requireText(idName, `${label}, face ${index + 1},`),
	);
	return faceNames(names.join(','), label);
}

/** What separates the sentences and lists of the bot: the end of a line or a sentence, or what stands before a label. */
const SEGMENTS = /[(,;\n]\s*(?=[A-Za-z ]+:)|\n|\.\s(?=[A-Z])/;

/** A remark in brackets without a list, the number of a line, and an option such as `-f` or `--oldify 300`. */
const NO_NAMES = /\([^():]*\)|^\s*\d+[.)]\s|(?<=^|\s)(--[a-z]+|-[a-z])(\s+\d{1,4})?(?![\w-])/gim;

/** The label of the lasting options of swaps, which the bot lists beside the faces. */
const OPTIONS_LABEL = /prefer|option/i;

/**
 * Reads the bot's answer to `/listid`, whose wording is not documented. A name is any word after a
 * colon, up to the end of the sentence; commas, spaces and line breaks separate names. Below a colon at
 * the end of a line, each line of one name counts, or of several with commas. Names after a label with
 * "default" or "current" are defaults, and so are names with an asterisk that others do not have. Options
 * are no names.
 */
export function parseFaces(content: unknown): IDataObject[] {
	const lists = listsOf(typeof content === 'string' ? content : '').filter(
		({ label }) => !OPTIONS_LABEL.test(label),
	);
	const names = new Set(lists.flatMap(({ tokens }) => namesOf(tokens)));
	const starred = new Set(
		lists.flatMap(({ tokens }) => namesOf(tokens.filter((token) => token.includes('*')))),
	);
	const named = lists.filter(({ label }) => /default|current/i.test(label));
	const defaults = new Set(named.flatMap(({ tokens }) => namesOf(tokens)));
	if (starred.size < names.size) for (const name of starred) defaults.add(name);
	return [...names].map((idName) => ({ idName, isDefault: defaults.has(idName) }));
}

interface List {
	label: string;
	/** The words behind the label. */
	tokens: string[];
}

function listsOf(content: string): List[] {
	const lists: List[] = [];
	let isOpen = false;
	for (const segment of content.replace(NO_NAMES, '').split(SEGMENTS)) {
		const colon = segment.indexOf(':');
		const tokens = tokensOf(segment.slice(colon + 1));
		if (colon >= 0) {
			lists.push({ label: segment.slice(0, colon), tokens });
			isOpen = tokens.length === 0;
		} else if (isOpen && isNameLine(segment)) {
			lists.at(-1)?.tokens.push(...tokens);
		} else isOpen = false;
	}
	return lists;
}

/** A line of one name, or of several with commas between them. Other lines are sentences. */
const isNameLine = (line: string): boolean =>
	line.split(',').every((part) => namesOf([part.trim()]).length === 1 || part.trim() === '');

const tokensOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

const namesOf = (tokens: string[]): string[] =>
	tokens
		.map((token) => token.replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, ''))
		.filter((name) => SINGLE.test(name));
