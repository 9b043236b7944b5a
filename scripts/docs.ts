/**
 * `npm run docs`: writes docs/operations.md from the descriptions that the editor shows, so that the
 * two cannot differ. The output samples go through the node's own output code.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IDataObject, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { resources } from '../nodes/InsightFaceSwap/actions';
import type { Operation, ReadParameter, Resource } from '../nodes/InsightFaceSwap/actions/types';
import { attachmentsOf, type Job } from '../nodes/InsightFaceSwap/api/job';
import { jobFields } from '../nodes/InsightFaceSwap/jobs/jobOutput';
import { answers, parameters } from './docs.samples';

export const operationsFile = join(__dirname, '../docs/operations.md');

const INTRODUCTION = `# Operations

<!-- Made by "npm run docs" from the node's descriptions: change those, then run it again. -->

What each operation needs, in the order of the menus. Fields that many operations share stand
[below](#fields-of-many-operations), once. The trigger has a [page of its own](trigger.md).

A **locator** is a field with two ways to fill it in: a list and an ID, or a binary field and a URL.
A **collection** holds rare settings, which you add one by one. The value in brackets is the default. In a
collection, it is what a field starts with when you add it: a field that you do not add is off. Of choices, the first is the
default.

**Pictures** are PNG, JPEG, WebP or GIF. A tool of an AI agent takes them from a URL: files do not reach tools.
`;

/** What the introduction says of all pictures. */
const OF_ALL_PICTURES =
	/(?:\. Formats)?: PNG, JPEG, WebP or GIF\. In a tool of an AI agent, give a URL: files do not reach tools/;

const OUTPUT = `## Output

With Simplify on, an item has these fields, where they are known:

| field | what it holds |
|---|---|
| \`status\` | \`completed\`, \`failed\`, \`moderated\` or \`cancelled\`; while the job runs \`created\`, \`started\` or \`progress\` |
| \`operation\` | resource and operation, e.g. \`picsi.swap\` |
| \`sourceFile\`, \`targetFile\` | file names of the face and of the picture |
| \`resultUrl\`, \`resultUrls\` | link to the result; all links where there are several. They expire after about a day |
| \`creditsRemaining\` | credits left, if the bot named them |
| \`jobId\`, \`messageId\`, \`channel\` | the job, its Discord message, and its channel |
| \`message\`, \`embeds\` | what the bot said, without mentions, and what Discord embeds in it |
| \`replyRef\` | your own Reply Reference |
| \`resumed\` | \`true\`: an earlier run had started the job |
| \`timedOut\` | \`true\`: a paused workflow reached Maximum Wait before its job ended |
| \`error\`, \`hint\` | what went wrong, and what to do |
| \`deleted\`, \`saved\` | \`true\`: it was done |
| \`verified\` | from the trigger: whether useapi.net confirmed the job |

With Simplify off, an item holds the job as the API gives it, Discord tokens masked. A swap under Simplify:
`;

const FILES = `## File names

The first picture is in the binary field \`data\`, further ones in \`data_1\`, \`data_2\`. Keep Input Pictures adds
\`face\` and \`picture\`.

| result of | file name |
|---|---|
| any swap of a picture | \`beach-swapped.png\`, after \`beach.jpg\` |
| Background | \`beach-background.png\` |
| Headshot | \`me-headshot.png\`, after the saved face |
| Swap in Discord Message, Job, the trigger | operation and job ID (headshots: as above) |

Several results of a job end in \`-1\`, \`-2\`. The extension says what the file is, whatever it was called.
`;

interface Row {
	label: string;
	name: string;
	type: string;
	default: string;
	description: string;
}

/** A table's cell: bars, line breaks and HTML of the editor would break it. */
const cell = (text: string) =>
	text
		.replace(/<\/?b>/g, '**')
		.replace(/<\/?code>/g, '`')
		.replace(/\|/g, '\\|')
		.replace(/\s*\n\s*/g, ' ');

function typeOf({ type, options = [] }: INodeProperties): string {
	const names: Record<string, string> = {
		resourceLocator: 'locator',
		multiOptions: 'several of',
		options: 'one of',
		fixedCollection: 'rows',
		string: 'text',
		boolean: 'yes/no',
	};
	const name = names[type] ?? type;
	if (type !== 'options' && type !== 'multiOptions') return name;
	const choices = options as INodePropertyOptions[];
	if (choices.some((option) => option.description)) return 'choice';
	return `${name}: ${choices.map((option) => option.name).join(' / ')}`;
}

function defaultOf({ type, default: value, options = [] }: INodeProperties): string {
	if (type === 'boolean') return value ? 'yes' : 'no';
	if (type === 'options') {
		const [first, ...others] = options as INodePropertyOptions[];
		return first?.value === value ? '' : (others.find((one) => one.value === value)?.name ?? '');
	}
	if (Array.isArray(value)) return value.join(', ');
	return typeof value === 'object' || value === '' ? '' : `\`${String(value)}\``;
}

/** A choice with words of its own says more than the field's description alone. */
function descriptionOf({ description = '', hint, options = [], type }: INodeProperties): string {
	const own = description.replace(OF_ALL_PICTURES, '');
	const sentence = own && !/[.!?]$/.test(own) ? `${own}.` : own;
	const parts = [sentence, hint ? `${hint}.` : ''];
	if (type === 'options') {
		for (const option of options as INodePropertyOptions[]) {
			if (option.description) parts.push(`**${option.name}:** ${option.description}.`);
		}
	}
	return parts.filter(Boolean).join(' ');
}

function conditionOf({ displayOptions }: INodeProperties, all: INodeProperties[]): string {
	const conditions = Object.entries(displayOptions?.show ?? {}).map(([name, values]) => {
		const other = all.find((property) => property.name === name.replace(/^\//, ''));
		const choices = (other?.options ?? []) as INodePropertyOptions[];
		const chosen = (values as unknown[]).map(
			(value) => choices.find((choice) => choice.value === value)?.name ?? String(value),
		);
		return other ? `If ${other.displayName} is ${chosen.join(' or ')}.` : '';
	});
	return conditions.filter(Boolean).join(' ');
}

/** A setting of a collection is named without it, and a switch there is on as soon as it is added. */
const nestedRow = (row: Row): Row => ({
	...row,
	name: row.name.replace(/^\w+\./, ''),
	default: row.type === 'yes/no' ? '' : row.default,
});

/** A property and what it holds, one row each; notices and what the editor hides are no parameters. */
function rowsOf(property: INodeProperties, all: INodeProperties[], path = ''): Row[] {
	if (property.type === 'notice' || property.type === 'hidden') return [];
	const name = path ? `${path}.${property.name}` : property.name;
	const words = [conditionOf(property, all), descriptionOf(property)].filter(Boolean).join(' ');
	const row: Row = {
		label: `${path ? '… ' : ''}${property.displayName}${property.required ? ' **(required)**' : ''}`,
		name,
		type: typeOf(property),
		default: defaultOf(property),
		description: words,
	};
	if (property.type !== 'collection') return [row];
	const nested = (property.options as INodeProperties[]).flatMap((option) =>
		rowsOf(option, all, name).map(nestedRow),
	);
	return [row, ...nested];
}

/** The operations that have a row, by their names. */
interface UsedRow extends Row {
	usedBy: string[];
}

/** Equal rows of several operations become one. */
function gathered(parts: Array<{ by: string; rows: Row[] }>): UsedRow[] {
	const found = new Map<string, UsedRow>();
	for (const { by, rows } of parts) {
		for (const row of rows) {
			const key = JSON.stringify(row);
			const known = found.get(key) ?? { ...row, usedBy: [] };
			if (!known.usedBy.includes(by)) known.usedBy.push(by);
			found.set(key, known);
		}
	}
	return [...found.values()];
}

const takes = (row: Row) => (row.default ? `${row.type} (${row.default})` : row.type);

/** @param usedBy the operations that have a row; nothing where there is only one operation */
function tableOf(rows: UsedRow[], usedBy?: (row: UsedRow) => string): string {
	const line = (...cells: string[]) => `| ${cells.map(cell).join(' | ')} |`;
	const lines = rows.map((row) => {
		const name = `${row.label} \`${row.name}\``;
		return line(name, ...(usedBy ? [usedBy(row)] : []), takes(row), row.description);
	});
	const head = ['field', ...(usedBy ? ['of'] : []), 'takes', 'description'];
	return [line(...head), `|${'---|'.repeat(head.length)}`, ...lines, ''].join('\n');
}

const isNested = ({ label }: Row) => label.startsWith('…');

/** What the collections among the rows hold, a list for each. */
function collectionsIn(rows: UsedRow[]): string {
	const lines = rows.flatMap((row) => {
		if (row.type === 'collection') return [`\n**${row.label}:**\n`];
		if (!isNested(row)) return [];
		return [`- ${row.label.slice(2)} \`${row.name}\`, ${row.type}. ${row.description}`];
	});
	return lines.join('\n');
}

const readSample: ReadParameter = <T>(name: string, fallback?: T) =>
	(parameters[name] ?? fallback) as T;

/**
 * What the node puts out for the sample answer, and the binary fields beside it.
 * @param facts what the node says of a job besides
 */
export function sampleOf(
	{ answer, properties }: Operation,
	body: unknown,
	facts: IDataObject = {},
) {
	if (answer.of === 'data') return { items: answer.items(body, readSample), files: [] };
	if (answer.of === 'jobs') {
		return { items: answer.jobs(body, readSample).map((job) => simple(job)), files: [] };
	}
	const job = body as Job;
	const downloads = properties.some(({ name }) => name === 'downloadResults');
	const files = downloads ? attachmentsOf(job) : [];
	return {
		items: answer.items
			? answer.items(job, readSample)
			: [simple(job, { ...answer.fields, ...facts })],
		files: files.map((_, index) => (index === 0 ? 'data' : `data_${index}`)),
	};
}

const simple = (job: Job, fields: IDataObject = {}): IDataObject => jobFields(job, true, fields);

/** Fields that many operations share, and that are shown once for all of them. */
const SHARED = [
	'channel',
	'waitMode',
	'simplify',
	'downloadResults',
	'returnAll',
	'limit',
	'additionalFields',
];

const isShared = ({ name }: INodeProperties) => SHARED.includes(name);

const shortName = (name: string) => name.replace(' (Deprecated)', '');

/** The operations whose output is no job. */
const OTHER_SAMPLES = ['identity/getAll', 'account/upsert', 'account/get', 'subscription/get'];

function sampleAnswer(key: string): unknown {
	if (!(key in answers)) throw new Error(`Add an answer for ${key} to scripts/docs.samples.ts`);
	return answers[key];
}

const keyOf = (resource: Resource, operation: Operation) => `${resource.value}/${operation.value}`;

function sampleText(resource: Resource, operation: Operation): string {
	const { items } = sampleOf(operation, sampleAnswer(keyOf(resource, operation)));
	return `\`\`\`json\n${JSON.stringify(items.length === 1 ? items[0] : items, null, 2)}\n\`\`\``;
}

function sectionOf(resource: Resource): string {
	const { name, value, description, operations } = resource;
	const list = operations.map((one) => `- **${one.name}** (\`${one.value}\`): ${one.description}.`);
	const rows = gathered(
		operations.map((one) => ({
			by: one.name,
			rows: one.properties
				.filter((property) => !isShared(property))
				.flatMap((property) => rowsOf(property, one.properties)),
		})),
	);
	const usersIn = (row: UsedRow) => row.usedBy.map(shortName).join(', ');
	const own = rows.filter((row) => !isNested(row));
	const table = rows.length > 0 ? tableOf(own, operations.length > 1 ? usersIn : undefined) : '';
	const samples = operations
		.filter((one) => OTHER_SAMPLES.includes(keyOf(resource, one)))
		.map((one) => `Output of ${one.name}:\n\n${sampleText(resource, one)}`);
	return [
		`## ${name}`,
		`${description}. (\`resource: ${value}\`)`,
		list.join('\n'),
		table,
		collectionsIn(rows),
		...samples,
		'',
	].join('\n\n');
}

const allOperations = resources.flatMap((resource) =>
	resource.operations.map((operation) => ({ resource, operation })),
);

const headingOf = (resource: Resource, operation: Operation) =>
	resource.operations.length === 1 ? resource.name : `${resource.name}: ${operation.name}`;

/** The operations that have a shared field: whole resources by their name alone. */
function usersOf({ usedBy }: UsedRow): string {
	if (usedBy.length === allOperations.length) return 'all';
	const names = resources.map((resource) => {
		const used = resource.operations.filter((one) => usedBy.includes(headingOf(resource, one)));
		if (used.length === 0) return '';
		if (used.length === resource.operations.length) return resource.name;
		return `${resource.name} (${used.map((one) => shortName(one.name)).join(', ')})`;
	});
	return names.filter(Boolean).join('; ');
}

function sharedSection(): string {
	const parts = allOperations.map(({ resource, operation }) => ({
		by: headingOf(resource, operation),
		operation,
	}));
	const rowsWith = (choose: (all: INodeProperties[]) => INodeProperties[], path = '') =>
		gathered(
			parts.map(({ by, operation: { properties } }) => ({
				by,
				rows: choose(properties).flatMap((property) => rowsOf(property, properties, path)),
			})),
		);
	const fields = rowsWith((all) => all.filter((one) => isShared(one) && one.type !== 'collection'));
	const additional = rowsWith(
		(all) =>
			all
				.filter((one) => isShared(one) && one.type === 'collection')
				.flatMap((one) => one.options as INodeProperties[]),
		'additionalFields',
	).map((row) => ({
		...row,
		label: row.label.replace('… ', ''),
		name: row.name.replace('additionalFields.', ''),
	}));
	return [
		'## Fields of many operations',
		tableOf(fields, usersOf),
		'## Additional fields',
		tableOf(
			additional.sort((one, other) => one.label.localeCompare(other.label)),
			usersOf,
		),
	].join('\n\n');
}

/** The text of docs/operations.md. Throws where an operation has no sample. */
export function renderOperations(): string {
	for (const { resource, operation } of allOperations) sampleAnswer(keyOf(resource, operation));
	const [first] = allOperations;
	const text = [
		INTRODUCTION,
		...resources.map(sectionOf),
		sharedSection(),
		OUTPUT,
		first ? sampleText(first.resource, first.operation) : '',
		FILES,
	].join('\n\n');
	return `${text.replace(/\n{3,}/g, '\n\n').trim()}\n`;
}

if (require.main === module) {
	try {
		writeFileSync(operationsFile, renderOperations());
		console.log('Wrote docs/operations.md');
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	}
}
