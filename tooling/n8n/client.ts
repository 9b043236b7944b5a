/** n8n's REST interface as its editor uses it: owner, credentials, workflows, executions. */
import { parse } from 'flatted';
import { UserError } from './failure';
import { until } from './until';

const requestLimitMs = 120_000;
const pageSize = 100;
const ended = new Set(['success', 'error', 'crashed', 'canceled']);

export interface Owner {
	email: string;
	/** At least 8 characters, with a digit and a capital letter. */
	password: string;
	firstName: string;
	lastName: string;
}

export interface Credential {
	name: string;
	/** The credential type's name, e.g. `useApiNetApi`. */
	type: string;
	data: Record<string, unknown>;
}

export interface WorkflowNode {
	id: string;
	name: string;
	type: string;
	typeVersion: number;
	position: [number, number];
	parameters: Record<string, unknown>;
	credentials?: Record<string, { id: string; name: string }>;
}

export interface Workflow {
	id: string;
	name: string;
	nodes: WorkflowNode[];
	connections: Record<string, unknown>;
	settings?: Record<string, unknown>;
}

/** An item that a node gave: its fields, and its binaries by field name. */
export interface ExecutionItem {
	json: Record<string, unknown>;
	binary?: Record<string, Record<string, unknown>>;
}

export interface ExecutionError {
	message: string;
	description?: string | null;
	node?: { name: string };
}

interface NodeRun {
	/** When it began, in milliseconds since 1970. */
	startTime: number;
	/** In milliseconds. */
	executionTime: number;
	error?: ExecutionError;
	/** Outputs of the node, each with its items. */
	data?: { main: Array<ExecutionItem[] | null> };
}

export interface Execution {
	id: string;
	/** `success`, `error`, `crashed`, `canceled`, or one that is not final. */
	status: string;
	error?: ExecutionError;
	/** The runs of each node, by its name. */
	runs: Record<string, NodeRun[]>;
	/** Whether the data is that of a suspended execution, or of one that has just been resumed. */
	isSuspended: boolean;
}

/** An execution as n8n lists it. */
export interface ExecutionSummary {
	id: string;
	workflowId: string;
	status: string;
	startedAt: string;
}

interface ExecutionData {
	waitTill?: unknown;
	resultData?: {
		error?: ExecutionError;
		runData?: Record<string, NodeRun[]>;
		lastNodeExecuted?: string;
	};
}

export interface CommunityPackage {
	packageName: string;
	installedVersion: string;
	updateAvailable?: string;
	installedNodes: Array<{ name: string; type: string }>;
}

/** A busy n8n closes a connection that waits, perhaps at the moment when the next request is sent on it. */
const oneRequest = { connection: 'close' };

/** What n8n answered other than success. */
export class N8nResponseError extends UserError {
	constructor(
		request: string,
		readonly status: number,
		body: string,
	) {
		super(`n8n answered ${request} with ${status}: ${body.slice(0, 500)}`);
	}
}

/**
 * Whether what came out is stored: n8n 1 stores that an execution has ended shortly before. Until then one
 * that was suspended has the data with which it was suspended or resumed.
 */
const isWhole = ({ status, error, runs, isSuspended }: Execution) => {
	if (!ended.has(status)) return false;
	if (!['success', 'error'].includes(status)) return true;
	return !isSuspended && (error !== undefined || Object.keys(runs).length > 0);
};

/** All items that a node gave in its last run, over its outputs. */
export function itemsOf(execution: Execution, nodeName: string): ExecutionItem[] {
	const outputs = execution.runs[nodeName]?.at(-1)?.data?.main ?? [];
	return outputs.flatMap((items) => items ?? []);
}

/** A session with one n8n. All methods throw N8nResponseError where n8n refuses. */
export class N8nClient {
	private cookie = '';

	private readonly chosenIds = new Map<string, string>();

	/** @param url address of n8n, without a slash at the end */
	constructor(readonly url: string) {}

	/** Calls the REST interface with the session's cookie and gives the answer's `data`. */
	async request<T>(method: string, path: string, body?: unknown): Promise<T> {
		const response = await fetch(`${this.url}/rest${path}`, {
			method,
			headers: { 'content-type': 'application/json', cookie: this.cookie, ...oneRequest },
			body: body === undefined ? undefined : JSON.stringify(body),
			signal: AbortSignal.timeout(requestLimitMs),
		});
		const text = await response.text();
		if (!response.ok) throw new N8nResponseError(`${method} ${path}`, response.status, text);
		const session = response.headers
			.getSetCookie()
			.find((cookie) => cookie.startsWith('n8n-auth='));
		if (session) this.cookie = session.split(';')[0] ?? '';
		return (JSON.parse(text) as { data: T }).data;
	}

	/** The bytes at a path of n8n's, for this session. */
	async download(path: string): Promise<Buffer> {
		const response = await fetch(`${this.url}${path}`, {
			headers: { cookie: this.cookie, ...oneRequest },
			signal: AbortSignal.timeout(requestLimitMs),
		});
		if (!response.ok) throw new N8nResponseError(`GET ${path}`, response.status, '');
		return Buffer.from(await response.arrayBuffer());
	}

	/** Signs the owner in, and sets the account up first on an n8n that has none yet. */
	async signIn(owner: Owner): Promise<void> {
		const { email, password } = owner;
		try {
			await this.request('POST', '/login', { emailOrLdapLoginId: email, password });
		} catch (error) {
			if (!(error instanceof N8nResponseError) || error.status !== 401) throw error;
			await this.request('POST', '/owner/setup', owner);
		}
	}

	/** Creates the credential, or brings the one of the same name and type up to date; gives its id. */
	async saveCredential(credential: Credential): Promise<string> {
		const all = await this.request<Array<{ id: string; name: string; type: string }>>(
			'GET',
			'/credentials',
		);
		const known = all.find(
			({ name, type }) => name === credential.name && type === credential.type,
		);
		if (known) {
			await this.request('PATCH', `/credentials/${known.id}`, credential);
			return known.id;
		}
		return (await this.request<{ id: string }>('POST', '/credentials', credential)).id;
	}

	/** The id that n8n knows a saved workflow by: n8n 1 chooses one itself. */
	workflowId(id: string): string {
		return this.chosenIds.get(id) ?? id;
	}

	/** Creates the workflow under its id, or replaces what is there under that id. */
	async saveWorkflow(workflow: Workflow): Promise<void> {
		const { id, ...content } = workflow;
		const path = `/workflows/${this.workflowId(id)}`;
		try {
			await this.request('GET', path);
		} catch (error) {
			if (!(error instanceof N8nResponseError) || error.status >= 500) throw error;
			await this.createWorkflow(workflow);
			return;
		}
		await this.request('PATCH', `${path}?forceSave=true`, content);
	}

	private async createWorkflow(workflow: Workflow): Promise<void> {
		// n8n 1 wants to be told that it is not active.
		const body = { active: false, ...workflow };
		const { id } = await this.request<{ id: string }>('POST', '/workflows', body);
		if (id !== workflow.id) this.chosenIds.set(workflow.id, id);
	}

	/** Starts a saved workflow from the trigger of that name, as the editor's button does. */
	async startWorkflow(id: string, triggerName: string): Promise<string> {
		const path = `/workflows/${this.workflowId(id)}`;
		// n8n 1 runs what it is sent, n8n 2 what it has stored.
		const workflowData = await this.request<Workflow>('GET', path);
		const body = { workflowData, triggerToStartFrom: { name: triggerName } };
		const answer = await this.request<{ executionId: string }>('POST', `${path}/run`, body);
		return answer.executionId;
	}

	/** An execution as it stands now. */
	async execution(id: string): Promise<Execution> {
		const { status, data } = await this.request<{ status: string; data: string }>(
			'GET',
			`/executions/${id}`,
		);
		// While it runs there may be no data yet.
		const { resultData, waitTill } = (parse(data) as ExecutionData | undefined) ?? {};
		const { error, runData: runs = {}, lastNodeExecuted = '' } = resultData ?? {};
		// n8n takes the run of a suspended node back when it resumes the execution.
		const isSuspended = Boolean(waitTill) || runs[lastNodeExecuted]?.length === 0;
		return { id, status, error, runs, isSuspended };
	}

	/** Waits until the execution has ended. @throws UserError when that takes longer than given */
	async executionEnd(id: string, limitMs: number): Promise<Execution> {
		const ask = async () => {
			const execution = await this.execution(id);
			return isWhole(execution) && execution;
		};
		return await until(`execution ${id} to end`, ask, limitMs);
	}

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

	/**
	 * All executions of a workflow that n8n keeps, the newest first. n8n's own pages leave some out: they
	 * are sorted by the time of the start, but each goes on below the id at which the last one ended.
	 */
	async executionsOf(workflowId: string): Promise<ExecutionSummary[]> {
		const all = new Map<string, ExecutionSummary>();
		let startedBefore: string | undefined;
		for (;;) {
			const filter = JSON.stringify({ workflowId: this.workflowId(workflowId), startedBefore });
			const query = `filter=${encodeURIComponent(filter)}&limit=${pageSize}`;
			const { results } = await this.request<{ results: ExecutionSummary[] }>(
				'GET',
				`/executions?${query}`,
			);
			const known = all.size;
			for (const execution of results) all.set(execution.id, execution);
			const last = results.at(-1);
			if (!last || results.length < pageSize || all.size === known) return [...all.values()];
			// n8n cuts off what its database knows below a millisecond.
			startedBefore = new Date(Date.parse(last.startedAt) + 1).toISOString();
		}
	}

	/** Waits until the workflow has been started so often, and every one of its executions has ended. */
	async endOfAll(
		workflowId: string,
		atLeast: number,
		limitMs: number,
	): Promise<ExecutionSummary[]> {
		let all: ExecutionSummary[] = [];
		return await until(
			`${atLeast} executions of ${workflowId} to end`,
			async () => {
				all = await this.executionsOf(workflowId);
				const haveEnded = all.every(({ status }) => ended.has(status));
				return all.length >= atLeast && haveEnded && all;
			},
			limitMs,
			() => `${all.length}, of them not ended: ${unended(all) || 'none'}`,
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

	/** All node types that the editor offers, as it reads them. */
	async nodeDescriptions(): Promise<Array<{ name: string }>> {
		// n8n writes the file anew after it has installed a package; until then it is cut off.
		return await until('n8n to list its node types', async () => {
			const text = String(await this.download('/types/nodes.json'));
			return text.trimEnd().endsWith(']') && (JSON.parse(text) as Array<{ name: string }>);
		});
	}

	/** Names of all node types that the editor offers and that start with this. */
	async nodeTypes(prefix: string): Promise<string[]> {
		const types = await this.nodeDescriptions();
		return types.map(({ name }) => name).filter((name) => name.startsWith(prefix));
	}
}

const unended = (executions: ExecutionSummary[]): string =>
	executions
		.filter(({ status }) => !ended.has(status))
		.map(({ id, status }) => `${id} ${status}`)
		.join(', ');
