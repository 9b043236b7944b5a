/** The example workflows, as the editor imports them: `workflows/*.json`, and example 11, the gallery. */
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { until } from '../tooling/n8n/until';
import { demoFolder, galleryExample, outputFolder, workflowsFolder } from './folders';
import { itemsOf, type Execution, type N8nClient, type Workflow } from '../tooling/n8n/client';

export interface Outcome {
	workflow: Workflow;
	execution: Execution;
	/** The files that the workflow says it wrote. */
	files: string[];
}

const manualType = 'n8n-nodes-base.manualTrigger';
const triggerType = 'n8n-nodes-insightfaceswap.insightFaceSwapTrigger';
/** Where the examples of `examples/` read and write. */
const foldersOfExamples = '/home/node/.n8n-files';
const filesType = 'n8n-nodes-base.readWriteFile';

/**
 * Reads the workflows and gives every node that needs the credential the one with this id. The real
 * API cannot call a machine that has no public address, so nothing can listen for it: those
 * workflows are left out, and the ones in `live/` take the places of their namesakes.
 */
export async function loadExamples(
	credential: { id: string; name: string; type: string },
	live: boolean,
): Promise<Workflow[]> {
	const workflows = (await workflowFiles(live)).map(readWorkflow);
	const { id, name, type } = credential;
	const wanted = (await Promise.all(workflows)).filter((workflow) => !live || !listens(workflow));
	return wanted.map((workflow) => ({
		...workflow,
		nodes: workflow.nodes.map((node) =>
			node.credentials?.[type] ? { ...node, credentials: { [type]: { id, name } } } : node,
		),
	}));
}

async function readWorkflow(file: string): Promise<Workflow> {
	const text = await readFile(file, 'utf8');
	return JSON.parse(
		text.replaceAll(foldersOfExamples, outputFolder.replaceAll('\\', '/')),
	) as Workflow;
}

/** With the real API, the gallery would cost a credit for each picture: it is left out. */
async function workflowFiles(live: boolean): Promise<string[]> {
	const jsonIn = async (folder: string) =>
		(await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
	const liveFolder = join(workflowsFolder, 'live');
	const replaced = live ? await jsonIn(liveFolder) : [];
	const own = (await jsonIn(workflowsFolder)).map((name) =>
		join(replaced.includes(name) ? liveFolder : workflowsFolder, name),
	);
	return live ? own : [...own, galleryExample];
}

/** Whether a workflow is started by jobs rather than by hand. */
export const listens = ({ nodes }: Workflow): boolean =>
	nodes.some(({ type }) => type === triggerType);

/** Takes away the results of an earlier run, so that none can pass for new. */
export async function clearOutput(): Promise<void> {
	await rm(outputFolder, { recursive: true, force: true });
	await mkdir(outputFolder, { recursive: true });
}

function triggerOf({ name, nodes }: Workflow): string {
	const trigger = nodes.find(({ type }) => type === manualType);
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

/** A workflow that has been published, to be started by a job. */
export interface Listener {
	workflow: Workflow;
	/** Waits for the first execution that a job starts from now on, and for its end. */
	outcome(limitMs: number): Promise<Outcome>;
	stop(): Promise<void>;
}

/** Saves the workflow and publishes it, which registers its trigger at the API. */
export async function listen(client: N8nClient, workflow: Workflow): Promise<Listener> {
	await client.saveWorkflow(workflow);
	await client.activate(workflow.id);
	const known = new Set(await executionsOf(client, workflow));
	return {
		workflow,
		outcome: async (limitMs) => {
			const id = await newExecution(client, workflow, known, limitMs);
			const execution = await client.executionEnd(id, limitMs);
			return { workflow, execution, files: writtenFiles(workflow, execution) };
		},
		stop: async () => await client.deactivate(workflow.id),
	};
}

async function newExecution(
	client: N8nClient,
	workflow: Workflow,
	known: Set<string>,
	limitMs: number,
): Promise<string> {
	return await until(
		`a job to start the workflow "${workflow.name}"`,
		async () => (await executionsOf(client, workflow)).find((id) => !known.has(id)),
		limitMs,
	);
}

const executionsOf = async (client: N8nClient, { id }: Workflow) =>
	(await client.executionsOf(id)).map((execution) => execution.id);
