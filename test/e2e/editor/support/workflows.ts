/** Workflows that the tests open in the editor. */
import { randomUUID as newId } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workflowsFolder } from '../../../../demo/folders';
import type { Workflow, WorkflowNode } from '../../../../tooling/n8n/client';
import type { Instance } from './instance';

const ours = (name: string) => `n8n-nodes-insightfaceswap.${name}`;

type Parameters = Record<string, unknown>;

/** The demo's workflow of that file, with the credential of this n8n. */
export function demoWorkflow(file: string, { credential }: Instance): Workflow {
	const text = readFileSync(join(workflowsFolder, file), 'utf8');
	const workflow = JSON.parse(text) as Workflow;
	for (const node of workflow.nodes) {
		if (node.credentials) node.credentials = { useApiNetApi: credential };
	}
	return workflow;
}

/** A node of this package. */
export function ourNode(
	{ credential }: Instance,
	name: string,
	parameters: Parameters,
	type = 'insightFaceSwap',
): WorkflowNode & { webhookId?: string } {
	const id = newId();
	return {
		id,
		// As the editor gives it to a node that is dropped on the canvas.
		...(type.endsWith('Trigger') && { webhookId: id }),
		name,
		type: ours(type),
		typeVersion: 1,
		position: [0, 0],
		parameters,
		credentials: { useApiNetApi: credential },
	};
}

/** A node that comes with n8n. */
export function n8nNode(type: string, typeVersion: number, name: string): WorkflowNode {
	return {
		id: newId(),
		name,
		type,
		typeVersion,
		position: [0, 0],
		parameters: {},
	};
}

/** The nodes in a row. */
export function inARow(name: string, ...row: WorkflowNode[]): Workflow {
	const pairs = row.slice(1).map((next, index) => [row[index]?.name ?? '', next.name] as const);
	const connections = Object.fromEntries(
		pairs.map(([from, to]) => [from, { main: [[{ node: to, type: 'main', index: 0 }]] }]),
	);
	const placed = row.map((node, index) => ({
		...node,
		position: [index * 220, 0] as [number, number],
	}));
	return { id: '', name, nodes: placed, connections, settings: { executionOrder: 'v1' } };
}
