/** n8n's REST interface, with what only tests ask of it. */
import {
	itemsOf,
	N8nClient,
	type Credential,
	type ExecutionItem,
	type Workflow,
} from '../../../demo/n8n-client';
import { until } from './until';

export { itemsOf };

export interface ExecutionSummary {
	id: string;
	workflowId: string;
	status: string;
}

interface ExecutionPage {
	results: ExecutionSummary[];
	nextCursor?: string | null;
}

export interface CommunityPackage {
	packageName: string;
	installedVersion: string;
	updateAvailable?: string;
	installedNodes: Array<{ name: string; type: string }>;
}

const pageSize = 100;

export class E2eClient extends N8nClient {
	/** What the button in the credential's panel says: `OK` or `Error`, and why. */
	async testCredential(
		credential: Credential & { id: string },
	): Promise<{ status: string; message: string }> {
		return await this.request('POST', '/credentials/test', { credentials: credential });
	}

	/** Publishes the workflow as it is stored. */
	async activate(id: string): Promise<void> {
		const path = `/workflows/${this.workflowId(id)}`;
		const { versionId } = await this.request<{ versionId: string }>('GET', path);
		await this.request('POST', `${path}/activate`, { versionId });
	}

	async deactivate(id: string): Promise<void> {
		await this.request('POST', `/workflows/${this.workflowId(id)}/deactivate`, {});
	}

	/** A stored workflow as the editor exports it. */
	async exportWorkflow(id: string): Promise<Workflow> {
		return await this.request('GET', `/workflows/${this.workflowId(id)}`);
	}

	/** Saves a workflow, runs it from its manual trigger, and gives the items of its last node. */
	async runToItems(workflow: Workflow, limitMs = 120_000): Promise<ExecutionItem[]> {
		await this.saveWorkflow(workflow);
		return await this.rerun(workflow.id, limitMs);
	}

	/** Runs a stored workflow as it is, from its first node, and gives the items of its last. */
	async rerun(workflowId: string, limitMs = 120_000): Promise<ExecutionItem[]> {
		const { name, nodes } = await this.exportWorkflow(workflowId);
		const id = await this.startWorkflow(workflowId, nodes[0]?.name ?? '');
		const execution = await this.executionEnd(id, limitMs);
		if (execution.status === 'success') return itemsOf(execution, nodes.at(-1)?.name ?? '');
		const reason = execution.error?.message ?? 'no reason given';
		throw new Error(`${name}: ${execution.status}, ${reason}`);
	}

	/** The executions of a workflow that n8n keeps, the newest first; of n8n 1 at most a page. */
	async executionsOf(id: string): Promise<ExecutionSummary[]> {
		const filter = encodeURIComponent(JSON.stringify({ workflowId: this.workflowId(id) }));
		// By id: what starts or ends meanwhile moves from one page to another.
		const all = new Map<string, ExecutionSummary>();
		let cursor = '';
		do {
			const page = await this.request<ExecutionPage>(
				'GET',
				`/executions?filter=${filter}&limit=${pageSize}${cursor}`,
			);
			for (const execution of page.results) all.set(execution.id, execution);
			cursor = page.nextCursor ? `&cursor=${page.nextCursor}` : '';
		} while (cursor);
		return [...all.values()];
	}

	/** Runs an execution that has failed again, as the button does. */
	async retry(id: string): Promise<void> {
		await this.request('POST', `/executions/${id}/retry`, { loadWorkflow: false });
	}

	/** Waits until the workflow has been started so often, and every one of its executions has ended. */
	async endOfAll(workflowId: string, atLeast: number, limitMs: number) {
		return await until(
			`${atLeast} executions of ${workflowId} to end`,
			async () => {
				const all = await this.executionsOf(workflowId);
				const open = all.filter(({ status }) => ['new', 'running', 'waiting'].includes(status));
				return all.length >= atLeast && open.length === 0 ? all : undefined;
			},
			limitMs,
		);
	}

	/** The bytes of a file that a node put out, wherever n8n keeps them. */
	async bytesOf(item: ExecutionItem | undefined, field = 'data'): Promise<Buffer> {
		const binary = item?.binary?.[field];
		if (!binary) throw new Error(`The item has no binary field ${field}`);
		if (!binary.id) return Buffer.from(String(binary.data), 'base64');
		const path = `/rest/binary-data?id=${encodeURIComponent(String(binary.id))}&action=download`;
		return await this.download(path);
	}

	/** Community packages, as Settings → Community Nodes shows them. */
	async packages(): Promise<CommunityPackage[]> {
		return await this.request('GET', '/community-packages');
	}

	/** Installs the latest version, as the button there does. */
	async installPackage(name: string): Promise<CommunityPackage> {
		return await this.request('POST', '/community-packages', { name });
	}

	async upgradePackage(name: string, version: string): Promise<CommunityPackage> {
		return await this.request('PATCH', '/community-packages', { name, version });
	}

	async uninstallPackage(name: string): Promise<void> {
		await this.request('DELETE', `/community-packages?name=${name}`);
	}

	/** Names of all node types that the editor offers and that start with this. */
	async nodeTypes(prefix: string): Promise<string[]> {
		const types = JSON.parse(String(await this.download('/types/nodes.json'))) as Array<{
			name: string;
		}>;
		return types.map(({ name }) => name).filter((name) => name.startsWith(prefix));
	}
}
