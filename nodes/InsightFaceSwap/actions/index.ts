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

const all = resources.flatMap((resource) =>
	resource.operations.map((operation) => ({ resource, operation })),
);

/** The operation that the user chose. */
export const findOperation = (resource: string, operation: string): Operation | undefined =>
	all.find((one) => one.resource.value === resource && one.operation.value === operation)
		?.operation;

function operationMenu({ value: resource, operations, byDefault }: Resource): INodeProperties {
	const first = (byDefault ?? operations[0])?.value;
	return {
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: [resource] } },
		options: operations.map(({ name, value, action, description }) => ({
			name,
			value,
			action,
			description,
		})),
		default: first,
	};
}

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
	...all.flatMap(({ resource, operation }) =>
		operation.properties.map(shownFor(resource, operation)),
	),
];

/** The operations that need no second credential. */
export const operationsWithoutSecret = all
	.filter(({ operation }) => !operation.request.discordToken)
	.map(({ operation }) => operation.value);

/**
 * The commands to the bot, in the order of the menus: the API's name of their jobs without its prefix
 * (`changebg`), the operation (`changeBackground.create`) and what the user sees (`Background: Change`).
 */
export const commands = all
	.filter(({ operation }) => operation.request.form)
	.map(({ resource, operation }) => ({
		verb: String(operation.request.path).replace(/^.*\//, ''),
		operation: `${resource.value}.${operation.value}`,
		label: `${resource.name}: ${operation.name}`,
	}));

const VERB_PREFIX = 'faceswap-';

/**
 * The operation that starts jobs with this verb.
 * @param verb as the API gives it, for example `faceswap-picsi`
 * @returns for example `picsi.swap`; the verb itself where no operation has it
 */
export const operationOfVerb = (verb: string): string =>
	commands.find((command) => VERB_PREFIX + command.verb === verb)?.operation ?? verb;

const names = all.map(({ resource, operation }) => [
	`${resource.value}/${operation.value}`,
	`${resource.name}: ${operation.name}`,
]);

/** The expression of the node's subtitle, for example `Face Swap: Swap Two Pictures`. */
export const subtitle = `={{ (${JSON.stringify(
	Object.fromEntries(names),
)})[$parameter["resource"] + "/" + $parameter["operation"]] }}`;
