/** An n8n in which workflows are run and measured. */
import { rm, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'flatted';
import type { N8nClient, Workflow } from '../tooling/n8n/client';
import { N8nInstance } from '../tooling/n8n/instance';
import { compileBareNodes } from './bare';
import { benchFolder } from './pictures';
import { processorTime } from './process-usage';
import { DOWNLOAD, MEASURED, TRIGGER, type Credential } from './workflows';

const runLimitMs = 600_000;
/** Seldom: each look costs n8n time that the measured node would have. */
const pollEveryMs = 500;

/** One run of a node, as n8n keeps it. */
export interface NodeRun {
	/** Milliseconds since 1970. */
	startTime: number;
	/** Milliseconds. */
	executionTime: number;
	data?: { main: Array<Array<{ json: Record<string, unknown> }> | null> };
}

/** How a run of a workflow went. */
export interface Measured {
	status: string;
	/** Time within the measured node, over all its runs, in milliseconds. */
	busyMs: number;
	/** From the first begin to the last end of the measured node, and of its download, in milliseconds. */
	spanMs: number;
	/** Processor time of n8n during the whole workflow, in milliseconds. */
	processorMs: number;
	/** Items that the node gave without an error. */
	succeeded: number;
	failed: number;
}

export class BenchN8n {
	private constructor(
		readonly running: N8nInstance,
		readonly client: N8nClient,
		readonly credential: Credential,
		readonly userFolder: string,
	) {}

	/** @param name of its folder, which starts empty */
	static async start(
		name: string,
		api: { url: string; token: string },
		env: Record<string, string> = {},
	): Promise<BenchN8n> {
		const userFolder = join(benchFolder, name);
		await rm(join(userFolder, '.n8n', 'database.sqlite'), { force: true });
		await rm(join(userFolder, '.n8n', 'storage'), { recursive: true, force: true });
		await mkdir(userFolder, { recursive: true });
		const extensions = join(userFolder, 'extensions');
		await compileBareNodes(extensions);
		const running = await N8nInstance.start({
			userFolder,
			withEditor: true,
			env: {
				N8N_RESTRICT_FILE_ACCESS_TO: benchFolder,
				N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
				N8N_CUSTOM_EXTENSIONS: extensions,
				...env,
			},
		});
		const { client } = running;
		const credentialName = 'Simulator';
		const id = await client.saveCredential({
			name: credentialName,
			type: 'useApiNetApi',
			data: { apiToken: api.token, baseUrl: api.url },
		});
		return new BenchN8n(running, client, { id, name: credentialName }, userFolder);
	}

	/** Where workflows with a webhook are published and called. */
	get target() {
		return { client: this.client, webhookUrl: this.running.url };
	}

	get pid(): number {
		return this.running.pid;
	}

	/** Saves the workflow and starts it; gives the execution's id. */
	async begin(workflow: Workflow): Promise<string> {
		await this.client.saveWorkflow(workflow);
		return await this.client.startWorkflow(workflow.id, TRIGGER);
	}

	/** Runs the workflow to its end. @throws Error when it fails */
	async run(workflow: Workflow): Promise<Measured> {
		await this.client.saveWorkflow(workflow);
		const before = await processorTime(this.pid);
		const id = await this.client.startWorkflow(workflow.id, TRIGGER);
		const { status, runs, error } = await this.end(id);
		const processorMs = (await processorTime(this.pid)) - before;
		if (status !== 'success') throw new Error(`"${workflow.name}" ended with ${status}: ${error}`);
		return { status, processorMs, ...measuredBy(runs) };
	}

	/** How the measured node did in an execution, once that has ended. */
	async ended(id: string): Promise<Omit<Measured, 'processorMs'>> {
		const { status, runs } = await this.end(id);
		return { status, ...measuredBy(runs) };
	}

	async end(id: string): Promise<{ status: string; error?: string; runs: Runs }> {
		const deadline = Date.now() + runLimitMs;
		for (;;) {
			const { status, data } = await this.client.request<{ status: string; data: string }>(
				'GET',
				`/executions/${id}`,
			);
			if (!['new', 'running', 'waiting'].includes(status)) return { status, ...contentOf(data) };
			if (Date.now() > deadline) throw new Error(`Execution ${id} did not end`);
			await new Promise((resolve) => setTimeout(resolve, pollEveryMs));
		}
	}

	async stop(): Promise<void> {
		await this.running.stop();
	}
}

type Runs = Record<string, NodeRun[]>;

interface ExecutionData {
	resultData?: { runData?: Runs; error?: { message: string } };
}

function contentOf(data: string): { error?: string; runs: Runs } {
	const { resultData } = parse(data) as ExecutionData;
	return { error: resultData?.error?.message, runs: resultData?.runData ?? {} };
}

function measuredBy({ [MEASURED]: runs = [], [DOWNLOAD]: downloads = [] }: Runs) {
	const items = runs.flatMap(({ data }) => data?.main.flatMap((output) => output ?? []) ?? []);
	const failed = items.filter(({ json }) => 'error' in json).length;
	const first = Math.min(...[...downloads, ...runs].map(({ startTime }) => startTime));
	const last = Math.max(...runs.map(({ startTime, executionTime }) => startTime + executionTime));
	return {
		busyMs: runs.reduce((sum, { executionTime }) => sum + executionTime, 0),
		spanMs: last - first,
		succeeded: items.length - failed,
		failed,
	};
}
