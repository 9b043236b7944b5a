/**
 * The contract with users: what workflows store of the nodes, and what people see of that. After the first
 * release, a change here breaks workflows. One that is meant is written by
 * `UPDATE_CONTRACT=1 npx jest --selectProjects=unit --testPathPatterns=unit/description`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
	INodeProperties,
	INodePropertyCollection,
	INodePropertyOptions,
	INodeTypeDescription,
} from 'n8n-workflow';

import { UseApiNetApi } from '../../credentials/UseApiNetApi.credentials';
import { UseApiNetDiscordApi } from '../../credentials/UseApiNetDiscordApi.credentials';
import { properties as nodeProperties, resources } from '../../nodes/InsightFaceSwap/actions';
import { InsightFaceSwap } from '../../nodes/InsightFaceSwap/InsightFaceSwap.node';
import { InsightFaceSwapTrigger } from '../../nodes/InsightFaceSwap/InsightFaceSwapTrigger.node';

const file = join(__dirname, 'description.contract.json');

/** Fields that only some operations have are listed with those. */
const OF_MENUS = ['resource', 'operation'];

function conditionOf({ displayOptions = {} }: INodeProperties): string {
	const conditions = Object.entries(displayOptions).flatMap(([rule, fields]) =>
		Object.entries(fields as Record<string, unknown[]>)
			.filter(([name]) => !OF_MENUS.includes(name))
			.map(([name, values]) => `${rule} ${name}=${values.join()}`),
	);
	return conditions.join(', ');
}

const choicesOf = ({ type, options = [], modes = [] }: INodeProperties): string[] =>
	type === 'options' || type === 'multiOptions'
		? (options as INodePropertyOptions[]).map(({ name, value }) => `${String(value)} (${name})`)
		: modes.map(({ name }) => name);

/** A field and what it holds, one line each: path, label, type, choices, default, condition. */
function linesOf(property: INodeProperties, path = ''): string[] {
	const name = path + property.name;
	if (property.type === 'notice') return [`${name}: notice`];
	const choices = choicesOf(property);
	const parts = [
		`${name}: "${property.displayName}"`,
		choices.length > 0 ? `${property.type} of ${choices.join(', ')}` : property.type,
		`default ${JSON.stringify(property.default)}`,
		property.required ? 'required' : '',
		conditionOf(property),
	];
	return [parts.filter(Boolean).join('; '), ...nestedIn(property, `${name}.`)];
}

function nestedIn({ type, options = [] }: INodeProperties, path: string): string[] {
	if (type === 'collection') {
		return (options as INodeProperties[]).flatMap((option) => linesOf(option, path));
	}
	if (type !== 'fixedCollection') return [];
	return (options as INodePropertyCollection[]).flatMap(({ name, values }) =>
		values.flatMap((value) => linesOf(value, `${path}${name}.`)),
	);
}

const headOf = ({ name, displayName, version, credentials = [] }: INodeTypeDescription) => ({
	name,
	displayName,
	version,
	credentials: credentials.map((credential) => credential.name),
});

const isOf = (resource: string, operation: string) => (property: INodeProperties) =>
	property.displayOptions?.show?.resource?.includes(resource) &&
	property.displayOptions.show.operation?.includes(operation);

const contract = {
	credentials: [new UseApiNetApi(), new UseApiNetDiscordApi()].map(
		({ name, displayName, properties }) => ({
			name,
			displayName,
			fields: properties.flatMap((property) => linesOf(property)),
		}),
	),
	node: {
		...headOf(new InsightFaceSwap().description),
		menus: nodeProperties
			.filter(({ name }) => OF_MENUS.includes(name))
			.flatMap((property) => linesOf(property)),
		actions: resources.flatMap(({ operations }) => operations.map(({ action }) => action)),
		fields: Object.fromEntries(
			resources.flatMap((resource) =>
				resource.operations.map((operation) => [
					`${resource.value}/${operation.value}`,
					nodeProperties
						.filter(isOf(resource.value, operation.value))
						.flatMap((property) => linesOf(property)),
				]),
			),
		),
	},
	trigger: {
		...headOf(new InsightFaceSwapTrigger().description),
		fields: new InsightFaceSwapTrigger().description.properties.flatMap((property) =>
			linesOf(property),
		),
	},
};

test('names, values, defaults and their order are those of the contract', () => {
	if (process.env.UPDATE_CONTRACT) {
		writeFileSync(file, `${JSON.stringify(contract, undefined, '\t')}\n`);
	}
	expect(contract).toEqual(JSON.parse(readFileSync(file, 'utf8')));
});

test('the fields of each operation stand in the order of the contract', () => {
	const { node } = JSON.parse(readFileSync(file, 'utf8')) as typeof contract;
	expect(Object.keys(contract.node.fields)).toEqual(Object.keys(node.fields));
});

test.each([new InsightFaceSwap(), new InsightFaceSwapTrigger()])(
	'no field depends on one that is not there, with which n8n 1 would not load the node',
	({ description: { properties } }: { description: INodeTypeDescription }) => {
		const names = properties.map(({ name }) => name);
		const conditions = properties.flatMap(({ displayOptions = {} }) =>
			Object.values(displayOptions).flatMap((rule: object) => Object.keys(rule)),
		);
		expect(conditions.filter((name) => !names.includes(name))).toEqual([]);
	},
);
