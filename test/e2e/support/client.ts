/** n8n's REST interface, with what only tests ask of it. */
import {
	itemsOf,
	N8nClient,
	type Credential,
	type ExecutionItem,
	type Workflow,
} from '../../../tooling/n8n/client';
import { endOfAll } from '../../../tooling/n8n/executions';
import { until } from '../../../tooling/n8n/until';

export { itemsOf };

export interface CommunityPackage {
	packageName: string;
	installedVersion: string;
	updateAvailable?: string;
	installedNodes: Array<{ name: string; type: string }>;
}

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

	/** Waits until the workflow has been started so often, and every one of its executions has ended. */
	async endOfAll(workflowId: string, atLeast: number, limitMs: number) {
		return await until(
			`${atLeast} executions of ${workflowId} to end`,
			async () => await endOfAll(this, workflowId, atLeast),
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
		// n8n writes the file anew after it has installed a package; until then it is cut off.
		const types = await until('n8n to list its node types', async () => {
			const text = String(await this.download('/types/nodes.json'));
			return text.trimEnd().endsWith(']') && (JSON.parse(text) as Array<{ name: string }>);
		});
		return types.map(({ name }) => name).filter((name) => name.startsWith(prefix));
	}
}
