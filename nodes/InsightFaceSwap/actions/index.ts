import type { INodeProperties } from 'n8n-workflow';

import { account } from './account';
import { changeBackground } from './changeBackground';
import { faceSwap } from './faceSwap';
import { headshot } from './headshot';
import { identity } from './identity';
import { job } from './job';
import { picsi } from './picsi';
import { subscription } from './subscription';
import type { Operation, Resource } from './types';

/** All resources, in the order of the menu. */
export const resources: Resource[] = [
	account,
	changeBackground,
	faceSwap,
	headshot,
	identity,
	job,
	picsi,
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

/** The expression of the node's subtitle, for example `Picsi: Swap`. */
export const subtitle = `={{ (${JSON.stringify(
	Object.fromEntries(
		resources.flatMap(({ value, name, operations }) =>
			operations.map((operation) => [`${value}/${operation.value}`, `${name}: ${operation.name}`]),
		),
	),
)})[$parameter["resource"] + "/" + $parameter["operation"]] }}`;
