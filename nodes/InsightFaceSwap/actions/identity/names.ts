import type { IDataObject, INodeProperties } from 'n8n-workflow';

import { InputError, requireText } from '../../shared/validation';

const NAME = '[A-Za-z0-9]{1,10}';
const SINGLE = new RegExp(`^${NAME}$`);
/** Faces from left to right: a name, a mix of up to three names, or `_` to skip a face. Options may follow. */
const FACES = new RegExp(
	`^(?:_|${NAME}(?:\\+${NAME}){0,2})(?:,(?:_|${NAME}(?:\\+${NAME}){0,2}))*(?:\\s+-.*)?$`,
);

/**
 * The name of one saved face.
 * @throws InputError for anything but 1 to 10 letters and digits
 */
export function singleName(value: unknown): string {
	const name = requireText(value, 'Identity');
	if (!SINGLE.test(name)) {
		throw new InputError(
			`Identity "${name}" is not a valid name`,
			'A name has 1 to 10 letters and digits, for example "me" or "anna2".',
		);
	}
	return name;
}

/**
 * Saved faces for the faces of a picture: a name, a list or a mix, and options.
 * @throws InputError for anything else
 */
export function faceNames(value: unknown): string {
	const names = requireText(value, 'Identity').replace(/\s*([,+])\s*/g, '$1');
	if (!FACES.test(names)) {
		throw new InputError(
			`Identity "${names}" is not a name, a list or a mix`,
			'Write a name (me), a list for the faces from left to right (me,_,anna — "_" skips a face) or a mix of up to three (father+mother). Options may follow, for example "me --oldify 300".',
		);
	}
	return names;
}

/** The field for saved faces, with a dropdown of them. */
export function identity(description: string, placeholder: string, mode = 'list'): INodeProperties {
	return {
		displayName: 'Identity',
		name: 'idName',
		type: 'resourceLocator',
		default: { mode, value: '' },
		required: true,
		description,
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				placeholder: 'Select an identity…',
				typeOptions: { searchListMethod: 'searchIdentities', searchable: true },
			},
			{ displayName: 'By Name', name: 'name', type: 'string', placeholder },
		],
	};
}

/**
 * Reads the bot's answer to `/listid`, whose wording is not documented. A name is any word after a
 * colon; commas, spaces and line breaks separate names. Names after a label with "default" or
 * "current" are defaults, and so are names with an asterisk.
 */
export function parseIdentities(content: string): IDataObject[] {
	const defaults = new Set<string>();
	const names = new Set<string>();
	for (const segment of content.split(/[(,;\n]\s*(?=[A-Za-z ]+:)|\n/)) {
		const [label = '', list] = splitLabel(segment);
		for (const token of (list ?? '').split(/[\s,]+/)) {
			const name = token.replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
			if (!SINGLE.test(name)) continue;
			names.add(name);
			if (/default|current/i.test(label) || /[*]/.test(token)) defaults.add(name);
		}
	}
	return [...names].map((idName) => ({ idName, isDefault: defaults.has(idName) }));
}

function splitLabel(segment: string): [string, string | undefined] {
	const colon = segment.indexOf(':');
	return colon < 0 ? ['', undefined] : [segment.slice(0, colon), segment.slice(colon + 1)];
}
