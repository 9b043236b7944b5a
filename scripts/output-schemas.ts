/**
 * `gulp build`: writes the output schemas, with which n8n's editor shows a node's fields before its first run.
 * They are made from the samples of docs/operations.md by the nodes' own output code.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { IDataObject } from 'n8n-workflow';

import { resources } from '../nodes/InsightFaceSwap/actions';
import type { Operation } from '../nodes/InsightFaceSwap/actions/types';
import type { Job } from '../nodes/InsightFaceSwap/api/job';
import { simplified } from '../nodes/InsightFaceSwap/jobs/jobOutput';
import { sampleOf } from './docs';
import { answers } from './docs.samples';

/** A JSON schema, as far as the editor reads one. */
export interface Schema {
	type: string;
	properties?: Record<string, Schema>;
	items?: Schema;
}

/** The schema of a value; of a list, by its first entry. */
export function schemaOf(value: unknown): Schema {
	if (Array.isArray(value)) return { type: 'array', items: schemaOf(value[0]) };
	if (typeof value !== 'object' || value === null) return { type: typeof value };
	const properties = Object.entries(value).map(([name, one]) => [name, schemaOf(one)]);
	return { type: 'object', properties: Object.fromEntries(properties) };
}

/** What the output of a job says of the pictures that it was made from. */
const filesSent = ({ request, answer }: Operation): IDataObject =>
	answer.of === 'job' && answer.until !== 'read'
		? Object.fromEntries(
				(request.form ?? []).flatMap((part) =>
					'picture' in part
						? [[part.label === 'Face' ? 'sourceFile' : 'targetFile', 'portrait.png']]
						: [],
				),
			)
		: {};

const fieldsOf = (operation: Operation, key: string): IDataObject => {
	const { items } = sampleOf(operation, answers[key], filesSent(operation));
	return Object.assign({}, ...items) as IDataObject;
};

/** The schema of each operation by `resource/operation`, and of the trigger by an empty text. */
export const outputSchemas: Record<string, Schema> = {
	'': schemaOf({ ...simplified(answers['changeBackground/create'] as Job), verified: true }),
	...Object.fromEntries(
		resources.flatMap(({ value, operations }) =>
			operations.map((operation) => {
				const key = `${value}/${operation.value}`;
				return [key, schemaOf(fieldsOf(operation, key))];
			}),
		),
	),
};

/** Where n8n looks for a schema, beside the node's file: below the node's version, whose number has three parts. */
export const schemaPath = (key: string): string =>
	`nodes/InsightFaceSwap/__schema__/v1.0.0${key && `/${key}`}.json`;

if (require.main === module) {
	for (const [key, schema] of Object.entries(outputSchemas)) {
		const file = join(__dirname, '../dist', schemaPath(key));
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, `${JSON.stringify({ ...schema, version: 1 })}\n`);
	}
}
