/** A real n8n for the trigger's tests: workflows that it starts, activation, executions. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { picturesFolder } from '../../demo/folders';
import {
	itemsOf,
	N8nClient,
	type Execution,
	type ExecutionItem,
	type Workflow,
	type WorkflowNode,
} from '../../tooling/n8n/client';
import { ensureN8n } from '../../tooling/n8n/install';
import { startN8n, type RunningN8n } from '../../tooling/n8n/process';
import { ensurePackage, packageName } from '../../tooling/n8n/packageInstall';
import { freePort } from '../../tooling/n8n/ports';
import { endOfAll, executionsOf, type ExecutionSummary } from '../../tooling/n8n/executions';
import { until } from '../../tooling/n8n/until';

const cache = join(__dirname, '../../node_modules/.cache/trigger-n8n');

const owner = {
	email: 'trigger@example.com',
	password: 'Trigger-n8n-1',
	firstName: 'Trigger',
	lastName: 'Test',
};

const MANUAL = 'Start';
const FILE = 'Read Portrait';
const ACTION = 'InsightFaceSwap';
export const TRIGGER = 'InsightFaceSwap Trigger';

/** One n8n that can be ended and started again, with everything that it has stored. */
export class TestN8n {
	private running?: RunningN8n;

	private credential = { id: '', name: 'useapi.net' };

	client!: N8nClient;

	private constructor(
		private readonly userFolder: string,
		private readonly port: number,
	) {}

	/** Installs the package as it is now into an n8n without any data, and starts it. */
	static async start(env: Record<string, string> = {}): Promise<TestN8n> {
		const userFolder = join(cache, `${Date.now()}`);
		await mkdir(userFolder, { recursive: true });
		await ensureN8n();
		await ensurePackage(userFolder);
		const n8n = new TestN8n(userFolder, await freePort());
		await n8n.restart(env);
		return n8n;
	}

	get logFile(): string {
		return join(this.userFolder, 'n8n.log');
	}

	get url(): string {
		return `http://127.0.0.1:${this.port}`;
	}

	/** Ends n8n and removes all that it has stored. */
	async remove(): Promise<void> {
		await this.stop();
		await rm(this.userFolder, { recursive: true, force: true });
	}

	/** Ends n8n if it runs, and starts it on the same data. */
	async restart(env: Record<string, string> = {}): Promise<void> {
		await this.stop();
		this.running = await startN8n({
			userFolder: this.userFolder,
			port: this.port,
			env: { N8N_RESTRICT_FILE_ACCESS_TO: picturesFolder, ...env },
		});
		this.client = new N8nClient(this.url);
		await this.client.signIn(owner);
	}

	async stop(): Promise<void> {
		await this.running?.stop();
		this.running = undefined;
	}

	/** Stores the API's token; every workflow uses it. */
	async saveCredential(apiToken: string, baseUrl: string): Promise<void> {
		const type = 'useApiNetApi';
		const { name } = this.credential;
		const id = await this.client.saveCredential({ name, type, data: { apiToken, baseUrl } });
		this.credential = { id, name };
	}

	/** Stores a workflow that the trigger starts, and that has one node after it. */
	async saveListener(
		id: string,
		parameters: Record<string, unknown> = {},
		next: Partial<WorkflowNode> = {},
	): Promise<void> {
		const trigger = this.node(TRIGGER, `${packageName}.insightFaceSwapTrigger`, parameters);
		const after = { ...this.node('After', 'n8n-nodes-base.noOp'), ...next };
		await this.client.saveWorkflow({
			id,
			name: id,
			nodes: [{ ...trigger, webhookId: `${id}-webhook` } as WorkflowNode, after],
			connections: { [TRIGGER]: { main: [[{ node: after.name, type: 'main', index: 0 }]] } },
			settings: { executionOrder: 'v1' },
		});
	}

	/** Stores a workflow that runs the action node with a portrait for each picture, and runs it. */
	async submit(id: string, parameters: Record<string, unknown>): Promise<Execution> {
		const picture = { fileSelector: join(picturesFolder, 'portrait-a.png') };
		const read = this.node(FILE, 'n8n-nodes-base.readWriteFile', picture, 1.1);
		const to = (node: string) => ({ main: [[{ node, type: 'main', index: 0 }]] });
		const workflow: Workflow = {
			id,
			name: id,
			nodes: [
				this.node(MANUAL, 'n8n-nodes-base.manualTrigger'),
				read,
				this.node(ACTION, `${packageName}.insightFaceSwap`, {
					targetImageBinaryPropertyName: 'data',
					...parameters,
				}),
			],
			connections: { [MANUAL]: to(FILE), [FILE]: to(ACTION) },
			settings: { executionOrder: 'v1' },
		};
		await this.client.saveWorkflow(workflow);
		const execution = await this.client.startWorkflow(id, MANUAL);
		return await this.client.executionEnd(execution, 60_000);
	}

	/** Publishes the workflow as it is stored. */
	async activate(id: string): Promise<void> {
		const { versionId } = await this.client.request<{ versionId: string }>(
			'GET',
			`/workflows/${id}`,
		);
		await this.client.request('POST', `/workflows/${id}/activate`, { versionId });
	}

	async deactivate(id: string): Promise<void> {
		await this.client.request('POST', `/workflows/${id}/deactivate`, {});
	}

	/** How n8n says that publishing went. */
	async publicationOf(id: string): Promise<string> {
		const status = await this.client.request('GET', `/workflows/${id}/publication-status`);
		return JSON.stringify(status);
	}

	/** Presses "Listen for test event". */
	async listen(id: string): Promise<void> {
		await this.client.request('POST', `/workflows/${id}/run`, {
			triggerToStartFrom: { name: TRIGGER },
		});
	}

	async stopListening(id: string): Promise<void> {
		await this.client.request('DELETE', `/test-webhook/${id}`);
	}

	/** The executions of a workflow that n8n keeps, the newest first. */
	async executions(id: string): Promise<ExecutionSummary[]> {
		return await executionsOf(this.client, id);
	}

	/** Waits until a workflow has been started so often, and all of its executions have ended. */
	async ended(id: string, count: number, limitMs = 60_000): Promise<ExecutionSummary[]> {
		return await until(
			`${count} executions of ${id} to end`,
			async () => await endOfAll(this.client, id, count),
			limitMs,
		);
	}

	/** What the trigger put out in an execution. */
	async output(executionId: string): Promise<ExecutionItem[]> {
		return itemsOf(await this.client.executionEnd(executionId, 60_000), TRIGGER);
	}

	private node(
		name: string,
		type: string,
		parameters: Record<string, unknown> = {},
		typeVersion = 1,
	): WorkflowNode {
		const isOurs = type.startsWith(packageName);
		return {
			id: `${name}-id`,
			name,
			type,
			typeVersion,
			position: [0, 0],
			parameters,
			...(isOurs && { credentials: { useApiNetApi: this.credential } }),
		};
	}
}
