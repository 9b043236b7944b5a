import type { INodeProperties } from 'n8n-workflow';

import { account } from './account';
import { changeBackground } from './background';
import { faceSwap } from './faceSwap';
import { headshot } from './headshot';
import { job } from './job';
import { identity } from './savedFace';
import { subscription } from './subscription';
import type { Operation, Resource } from './types';

/** All resources, in the order of the menu. */
export const resources: Resource[] = [
	faceSwap,
	changeBackground,
	headshot,
	identity,
	job,
	account,
	subscription,
];

/** The operation that the user chose. */
export function findOperation(resource: string, operation: string): Operation | undefined {
	return resources
		.find(({ value }) => value === resource)
		?.operations.find(({ value }) => value === operation);
}

const operationMenu = ({
	value,
	operations,
	first: { value: first },
}: Resource): INodeProperties => ({
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	displayOptions: { show: { resource: [value] } },
	options: operations.map(({ name, value: operation, action, description }) => ({
		name,
		value: operation,
		action,
		description,
	})),
	default: first,
});

const shownFor = (resource: Resource, operation: Operation) => (property: INodeProperties) => ({
	...property,
	displayOptions: {
		...property.displayOptions,
		show: {
			resource: [resource.value],
			operation: [operation.value],
			...property.displayOptions?.show,
		},
	},
});

/** The node's panel: resource, operation, then the fields of the chosen operation. */
export const properties: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: resources.map(({ name, value, description }) => ({ name, value, description })),
		default: 'picsi',
	},
	...resources.map(operationMenu),
	...resources.flatMap((resource) =>
		resource.operations.flatMap((operation) =>
			operation.properties.map(shownFor(resource, operation)),
		),
	),
];

/** The operations that need no second credential. */
export const operationsWithoutSecret = resources.flatMap(({ operations }) =>
	operations.filter(({ request }) => !request.secret).map(({ value }) => value),
);

/**
 * The commands to the bot, in the order of the menus: the API's name of their jobs without its prefix
 * (`changebg`), the operation (`changeBackground.create`) and what the user sees (`Background: Change`).
 */
export const commands = resources.flatMap((resource) =>
	resource.operations
		.filter(({ request }) => request.form)
		.map(({ value, name, request: { path } }) => ({
			verb: String(path).replace(/^.*\//, ''),
			operation: `${resource.value}.${value}`,
			label: `${resource.name}: ${name}`,
		})),
);

const VERB_PREFIX = 'faceswap-';

/**
 * The operation that starts jobs with this verb.
 * @param verb as the API gives it, for example `faceswap-picsi`
 * @returns for example `picsi.swap`; the verb itself where no operation has it
 */
export const operationOfVerb = (verb: string): string =>
	commands.find((command) => VERB_PREFIX + command.verb === verb)?.operation ?? verb;

/** The expression of the node's subtitle, for example `Face Swap: Swap Two Pictures`. */
export const subtitle = `={{ (${JSON.stringify(
	Object.fromEntries(
		resources.flatMap(({ value, name, operations }) =>
			operations.map((operation) => [`${value}/${operation.value}`, `${name}: ${operation.name}`]),
		),
	),
)})[$parameter["resource"] + "/" + $parameter["operation"]] }}`;
