import type { INodeProperties } from 'n8n-workflow';

import { properties, resources } from '../../nodes/InsightFaceSwap/actions';

const operations = resources.flatMap((resource) =>
	resource.operations.map(
		(operation) => [`${resource.value}/${operation.value}`, operation] as const,
	),
);

describe('the resources and operations', () => {
	test('are those that workflows rely on', () => {
		expect(operations.map(([name]) => name).sort()).toEqual([
			'account/delete',
			'account/get',
			'account/getAll',
			'account/upsert',
			'changeBackground/create',
			'headshot/create',
			'identity/delete',
			'identity/deleteAll',
			'identity/getAll',
			'identity/save',
			'identity/setDefault',
			'job/cancel',
			'job/get',
			'job/getAll',
			'job/wait',
			'picsi/swap',
			'picsi/swapIdentity',
			'picsi/swapImages',
			'picsi/swapMessage',
			'subscription/get',
			'subscription/setReplyUrl',
		]);
	});

	test('the one chosen first never deletes', () => {
		expect(
			resources.map(({ byDefault, operations: [first] }) => (byDefault ?? first)?.value),
		).not.toContain('delete');
	});

	test.each(operations)(
		'%s names each of its fields once for each choice',
		(_name, { properties }) => {
			const names = properties.map(({ name }) => name);
			expect(new Set(names).size).toBe(names.length);
		},
	);

	test.each(operations)('%s describes itself to a user and to an AI agent', (_name, operation) => {
		expect(operation.action.length).toBeGreaterThan(6);
		expect(operation.action).not.toMatch(/\b(a|an|the)\b/i);
		expect(operation.description.length).toBeGreaterThan(20);
	});

	test('every field is shown for one operation only', () => {
		const fields = properties.filter(({ name }) => !['resource', 'operation'].includes(name));
		const shown = ({ displayOptions }: INodeProperties) => displayOptions?.show;
		expect(fields.every((field) => shown(field)?.resource?.length === 1)).toBe(true);
		expect(fields.every((field) => shown(field)?.operation?.length === 1)).toBe(true);
	});
});
