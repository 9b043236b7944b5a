/** The example workflows: `workflows/*.json`, as the editor imports them. */
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { demoFolder, outputFolder, workflowsFolder } from './folders';
import { itemsOf, type Execution, type N8nClient, type Workflow } from './n8n-client';

export interface Outcome {
	workflow: Workflow;
	execution: Execution;
	/** The files that the workflow says it wrote. */
	files: string[];
}

const triggerType = 'n8n-nodes-base.manualTrigger';
const filesType = 'n8n-nodes-base.readWriteFile';

/** Reads the workflows and gives every node that needs the credential the one with this id. */
export async function loadExamples(credential: {
	id: string;
	name: string;
	type: string;
}): Promise<Workflow[]> {
	const files = (await readdir(workflowsFolder)).filter((name) => name.endsWith('.json')).sort();
	const workflows = files.map(
		async (name) => JSON.parse(await readFile(join(workflowsFolder, name), 'utf8')) as Workflow,
	);
	const { id, name, type } = credential;
	return (await Promise.all(workflows)).map((workflow) => ({
		...workflow,
		nodes: workflow.nodes.map((node) =>
			node.credentials?.[type] ? { ...node, credentials: { [type]: { id, name } } } : node,
		),
	}));
}

/** Takes away the results of an earlier run, so that none can pass for new. */
export async function clearOutput(): Promise<void> {
	await rm(outputFolder, { recursive: true, force: true });
	await mkdir(outputFolder, { recursive: true });
}

function triggerOf({ name, nodes }: Workflow): string {
	const trigger = nodes.find(({ type }) => type === triggerType);
	if (!trigger) throw new Error(`The workflow "${name}" has no manual trigger`);
	return trigger.name;
}

function writtenFiles({ nodes }: Workflow, execution: Execution): string[] {
	return nodes
		.filter(({ type, parameters }) => type === filesType && parameters.operation === 'write')
		.flatMap(({ name }) => itemsOf(execution, name))
		.map(({ json }) => resolve(demoFolder, String(json.fileName)));
}

/** Saves the workflow, runs it as the editor does, and waits for its end. */
export async function runExample(
	client: N8nClient,
	workflow: Workflow,
	limitMs: number,
): Promise<Outcome> {
	await client.saveWorkflow(workflow);
	const id = await client.startWorkflow(workflow.id, triggerOf(workflow));
	const execution = await client.executionEnd(id, limitMs);
	return { workflow, execution, files: writtenFiles(workflow, execution) };
}
