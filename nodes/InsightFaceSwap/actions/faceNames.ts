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

/** Where a list of the bot ends: with its line, its sentence, or before a remark. */
const LIST_END = /[\n;(]|\.\s/;

/**
 * Reads the bot's answer to `/listid`, whose wording is not documented. The words after a colon are names.
 * Those after a label with "default" or "current" are defaults.
 */
export function parseFaces(content: unknown): IDataObject[] {
	const isDefaultByName = new Map<string, boolean>();
	for (const list of String(content ?? '').split(LIST_END)) {
		const [label = '', ...rest] = list.split(':');
		const isDefault = /default|current/i.test(label);
		for (const name of rest.join().split(/[^A-Za-z0-9]+/)) {
			if (!SINGLE.test(name)) continue;
			isDefaultByName.set(name, isDefault || Boolean(isDefaultByName.get(name)));
		}
	}
	return [...isDefaultByName].map(([idName, isDefault]) => ({ idName, isDefault }));
}
