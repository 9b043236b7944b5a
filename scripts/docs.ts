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
import { properties as triggerProperties } from '../nodes/InsightFaceSwap/trigger/description';
import { answers, parameters } from './docs.samples';

export const operationsFile = join(__dirname, '../docs/operations.md');

const INTRODUCTION = `# Operations

<!-- Made by "npm run docs" from the node's descriptions: change those, then run it again. -->

Every operation of the InsightFaceSwap node with its parameters, in the order of the menus, then the
parameters of the trigger. Output samples are for Simplify switched on; with it off, an item holds
the job as the API gives it, Discord tokens masked.

A **resource locator** is a field with a list to choose from that also takes an ID (or a name). A
**collection** holds rarer settings, which you add one by one. Its defaults are what a field starts with when you
add it: a Picsi option, Maximum Channels at Once or Warn Under (Credits) that you do not add is off.

Account: Create or Update also needs the credential useapi.net Discord API, which holds the Discord token.
Where they apply, an output also has \`resumed\`, \`timedOut\`, \`verified\` or \`error\`.
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

const anchorOf = (heading: string) =>
	heading
		.toLowerCase()
		.replace(/[^\w\s-]/g, '')
		.trim()
		.replace(/\s+/g, '-');

function typeOf({ type, options = [] }: INodeProperties): string {
	const names: Record<string, string> = {
		resourceLocator: 'resource locator',
		multiOptions: 'several of',
		options: 'one of',
		fixedCollection: 'collection',
		string: 'text',
		boolean: 'yes/no',
	};
	const name = names[type] ?? type;
	if (type !== 'options' && type !== 'multiOptions') return name;
	const choices = (options as INodePropertyOptions[]).map((option) => option.name);
	return `${name}: ${choices.join(' / ')}`;
}

function defaultOf({ type, default: value, options = [] }: INodeProperties): string {
	if (type === 'boolean') return value ? 'yes' : 'no';
	if (type === 'options') {
		return (options as INodePropertyOptions[]).find((option) => option.value === value)?.name ?? '';
	}
	if (Array.isArray(value)) return value.join(', ');
	return typeof value === 'object' || value === '' ? '' : `\`${String(value)}\``;
}

/** A choice with words of its own says more than the field's description alone. */
function descriptionOf({ description = '', hint, options = [], type }: INodeProperties): string {
	const sentence = description && !/[.!?]$/.test(description) ? `${description}.` : description;
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
		rowsOf(option, all, name),
	);
	return [row, ...nested];
}

function tableOf(properties: INodeProperties[]): string {
	const rows = properties.flatMap((property) => rowsOf(property, properties));
	if (rows.length === 0) return 'It has no parameters.\n';
	const lines = rows.map(
		(row) =>
			`| ${[row.label, `\`${row.name}\``, row.type, row.default, row.description].map(cell).join(' | ')} |`,
	);
	return [
		'| label | name | takes | default | description |',
		'|---|---|---|---|---|',
		...lines,
		'',
	].join('\n');
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

function sectionOf(resource: Resource, operation: Operation): string {
	const key = `${resource.value}/${operation.value}`;
	const { items, files } = sampleOf(operation, sampleAnswer(key));
	const fields = files.map((file) => `\`${file}\``).join(', ');
	return [
		`### ${headingOf(resource, operation)}`,
		`${operation.description}. (\`resource: ${resource.value}\`, \`operation: ${operation.value}\`)`,
		tableOf(operation.properties),
		`Output${fields ? `, with binary data in ${fields}` : ''}:`,
		`\`\`\`json\n${JSON.stringify(items.length === 1 ? items[0] : items, null, 2)}\n\`\`\``,
		'',
	].join('\n\n');
}

function sampleAnswer(key: string): unknown {
	if (!(key in answers)) throw new Error(`Add an answer for ${key} to scripts/docs.samples.ts`);
	return answers[key];
}

const headingOf = (resource: Resource, operation: Operation) =>
	`${resource.name}: ${operation.name}`;

const contentsOf = ({ name, operations, ...resource }: Resource): string => {
	const links = operations.map((operation) => {
		const heading = headingOf({ name, operations, ...resource }, operation);
		return `[${operation.name}](#${anchorOf(heading)})`;
	});
	return `- ${name}: ${links.join(', ')}`;
};

/** The text of docs/operations.md. Throws where an operation has no sample. */
export function renderOperations(): string {
	const sections = resources.map((resource) =>
		[
			`## ${resource.name}\n\n${resource.description}.\n`,
			...resource.operations.map((operation) => sectionOf(resource, operation)),
		].join('\n'),
	);
	const contents = [...resources.map(contentsOf), '- [InsightFaceSwap Trigger](#the-trigger)'];
	const text = [
		INTRODUCTION,
		`${contents.join('\n')}\n`,
		...sections,
		'## The trigger\n',
		tableOf(triggerProperties),
	].join('\n');
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
