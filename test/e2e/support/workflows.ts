/** Workflows that tests run: nodes in a row. */
import type { Workflow, WorkflowNode } from '../../../tooling/n8n/client';
import { nodeTypes } from './package';

type NodeDraft = Partial<WorkflowNode> & Pick<WorkflowNode, 'name' | 'type'>;

/** A credential as nodes name it, by its type. */
export type Credentials = Record<string, { id: string; name: string }>;

export const manualStart: NodeDraft = { name: 'Start', type: 'n8n-nodes-base.manualTrigger' };

/** Gives one item for each file that matches, in the field `data`. */
export const readFiles = (pattern: string): NodeDraft => ({
	name: 'Read Files',
	type: 'n8n-nodes-base.readWriteFile',
	parameters: { operation: 'read', fileSelector: pattern, options: {} },
});

/** The action node; the operation is given as `resource/operation`. */
export function action(
	path: string,
	credentials: Credentials,
	parameters: Record<string, unknown> = {},
): NodeDraft {
	const [resource, operation] = path.split('/');
	const type = nodeTypes.action;
	return {
		name: 'InsightFaceSwap',
		type,
		credentials,
		parameters: { resource, operation, ...parameters },
	};
}

export const jobTrigger = (
	credentials: Credentials,
	parameters: Record<string, unknown> = {},
): NodeDraft => ({
	name: 'InsightFaceSwap Trigger',
	type: nodeTypes.trigger,
	credentials,
	parameters,
});

export const doNothing: NodeDraft = { name: 'End', type: 'n8n-nodes-base.noOp' };

/** A workflow of these nodes, each feeding the next. */
export function chain(id: string, ...drafts: NodeDraft[]): Workflow {
	const nodes = drafts.map((draft, index): WorkflowNode & { webhookId: string } => ({
		id: `${id}-${index}`,
		webhookId: `${id}-${index}`,
		typeVersion: 1,
		position: [index * 220, 0],
		parameters: {},
		...draft,
	}));
	const connections = Object.fromEntries(
		nodes.slice(1).map(({ name }, index) => {
			const to = [{ node: name, type: 'main', index: 0 }];
			return [nodes[index]?.name, { main: [to] }];
		}),
	);
	return { id, name: id, nodes, connections, settings: { executionOrder: 'v1' } };
}
