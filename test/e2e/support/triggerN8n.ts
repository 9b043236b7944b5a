/** An n8n whose workflows start when jobs end. */
import { join } from 'node:path';
import { picturesFolder } from '../../../demo/folders';
import {
	itemsOf,
	type Execution,
	type ExecutionItem,
	type ExecutionSummary,
	type N8nClient,
	type WorkflowNode,
} from '../../../tooling/n8n/client';
import type { N8nInstance } from '../../../tooling/n8n/instance';
import { until } from '../../../tooling/n8n/until';
import { n8n1, n8n2, type N8nVersion } from '../../../tooling/n8n/versions';
import { startInstance } from './instance';
import {
	action,
	chain,
	doNothing,
	jobTrigger,
	manualStart,
	readFiles,
	type Credentials,
} from './workflows';

const limitMs = 120_000;
const trigger = jobTrigger({}).name;

export class TriggerN8n {
	private credentials: Credentials = {};

	private constructor(
		private readonly instance: N8nInstance,
		private readonly version: N8nVersion,
	) {}

	/**
	 * Installs the package as it is now into an n8n without any data, and starts it.
	 * @param name folder below .cache/e2e in which this n8n lives
	 * @param settings environment variables of n8n
	 */
	static async start(
		name: string,
		version: N8nVersion = n8n2,
		settings: Record<string, string> = {},
	): Promise<TriggerN8n> {
		const env = { N8N_RESTRICT_FILE_ACCESS_TO: picturesFolder, ...settings };
		return new TriggerN8n(await startInstance({ name, version, env }), version);
	}

	get client(): N8nClient {
		return this.instance.client;
	}

	get url(): string {
		return this.instance.url;
	}

	get logFile(): string {
		return this.instance.logFile;
	}

	async restart(env: Record<string, string> = {}): Promise<void> {
		await this.instance.restart(env);
	}

	async stop(): Promise<void> {
		await this.instance.stop();
	}

	/** Ends n8n as a crash does; `restart` starts it again. */
	async kill(): Promise<void> {
		await this.instance.kill();
	}

	/** Stores the API's token; every workflow uses it. */
	async saveCredential(apiToken: string, baseUrl: string): Promise<void> {
		const type = 'useApiNetApi';
		const data = { apiToken, baseUrl };
		const id = await this.client.saveCredential({ name: type, type, data });
		this.credentials = { [type]: { id, name: type } };
	}

	/** Stores a workflow that the trigger starts, and that has one node after it. */
	async saveListener(
		id: string,
		parameters: Record<string, unknown> = {},
		next: Partial<WorkflowNode> = {},
	): Promise<void> {
		const after = { ...doNothing, ...next };
		await this.client.saveWorkflow(chain(id, jobTrigger(this.credentials, parameters), after));
	}

	/** Stores a workflow that runs the action node with a portrait for each picture, and runs it to its end. */
	async submit(id: string, parameters: Record<string, unknown>): Promise<Execution> {
		return await this.client.executionEnd(await this.begin(id, parameters), limitMs);
	}

	/** Stores such a workflow and starts it. @returns the execution's ID */
	async begin(id: string, parameters: Record<string, unknown>): Promise<string> {
		const read = readFiles(join(picturesFolder, 'portrait-a.png'));
		const { resource, operation, ...rest } = parameters;
		const node = action(`${String(resource)}/${String(operation)}`, this.credentials, {
			targetImage: { __rl: true, mode: 'binary', value: 'data' },
			...rest,
		});
		await this.client.saveWorkflow(chain(id, manualStart, read, node));
		return await this.client.startWorkflow(id, manualStart.name);
	}

	/** Publishes a workflow, and waits until n8n has done so or has given up. */
	async activate(id: string): Promise<void> {
		await this.client.activate(id);
		await this.published(id);
	}

	/** Unpublishes a workflow, and waits until n8n has done so. */
	async deactivate(id: string): Promise<void> {
		await this.client.deactivate(id);
		await this.published(id);
	}

	/** How n8n 2 says that publishing went. */
	async publicationOf(id: string): Promise<{ status: string }> {
		return await this.client.request('GET', `/workflows/${id}/publication-status`);
	}

	/**
	 * n8n 2 publishes after it has answered, at worst two versions one after the other: meanwhile a
	 * trigger may come, go and come again. n8n 1 publishes before it answers.
	 */
	private async published(id: string): Promise<void> {
		if (this.version === n8n1) return;
		await until(`${id} to be published`, async () => {
			return (await this.publicationOf(id)).status !== 'in_progress';
		});
	}

	/** Presses "Listen for test event". */
	async listen(id: string): Promise<void> {
		await this.client.request('POST', `/workflows/${id}/run`, {
			triggerToStartFrom: { name: trigger },
		});
	}

	async stopListening(id: string): Promise<void> {
		await this.client.request('DELETE', `/test-webhook/${id}`);
	}

	/** The executions of a workflow that n8n keeps, the newest first. */
	async executions(id: string): Promise<ExecutionSummary[]> {
		return await this.client.executionsOf(id);
	}

	/** Waits until a workflow has been started so often, and all of its executions have ended. */
	async ended(id: string, count: number): Promise<ExecutionSummary[]> {
		return await this.client.endOfAll(id, count, 2 * limitMs);
	}

	/** What the trigger put out in an execution. */
	async output(executionId: string): Promise<ExecutionItem[]> {
		return itemsOf(await this.client.executionEnd(executionId, limitMs), trigger);
	}
}
