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

/** A node's connections, to the one node that it feeds. */
const into = (node: string, type = 'main') => ({ [type]: [[{ node, type, index: 0 }]] });

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
		nodes.slice(1).map(({ name }, index) => [nodes[index]?.name, into(name)]),
	);
	return { id, name: id, nodes, connections, settings: { executionOrder: 'v1' } };
}

/**
 * A workflow whose AI agent has this node as its only tool.
 * @param model the credential of a chat model that speaks OpenAI's protocol
 * @param typeVersion of the agent; both n8n have 3
 */
export function agentWith(
	id: string,
	tool: NodeDraft,
	model: Credentials,
	typeVersion = 3,
): Workflow {
	const agent = {
		name: 'AI Agent',
		type: '@n8n/n8n-nodes-langchain.agent',
		typeVersion,
		parameters: { promptType: 'define', text: 'Call the tool', options: {} },
	};
	const chatModel = {
		name: 'Chat Model',
		type: '@n8n/n8n-nodes-langchain.lmChatOpenAi',
		typeVersion: 1.2,
		credentials: model,
		parameters: { model: { __rl: true, mode: 'id', value: 'scripted' }, options: {} },
	};
	const asTool = { ...tool, type: `${tool.type}Tool` };
	const workflow = chain(id, manualStart, agent, chatModel, asTool);
	workflow.connections = {
		[manualStart.name]: into(agent.name),
		[chatModel.name]: into(agent.name, 'ai_languageModel'),
		[asTool.name]: into(agent.name, 'ai_tool'),
	};
	return workflow;
}
