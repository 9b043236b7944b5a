/** Many executions at once, each of them started by a call of a webhook. */
import { request } from 'undici';
import type { Execution, N8nClient, Workflow } from '../tooling/n8n/client';
import { FIRST, MEASURED } from './workflows';

const LIMIT_MS = 300_000;
/** Seldom: each poll costs n8n time that the executions would have. */
const POLL_EVERY_MS = 500;
const ENDED = ['success', 'error', 'crashed', 'canceled'];

/** Where workflows are saved, and where their webhooks are called. */
export interface Target {
	client: N8nClient;
	webhookUrl: string;
}

export class WebhookWorkflow {
	/** Executions that do not count: of earlier calls. */
	private readonly known = new Set<string>();

	private constructor(
		private readonly n8n: Target,
		private readonly id: string,
	) {}

	/** Publishes a workflow of `calledWorkflow`, and lets it run once, to its end. */
	static async publish(n8n: Target, workflow: Workflow): Promise<WebhookWorkflow> {
		await n8n.client.saveWorkflow(workflow);
		await n8n.client.activate(workflow.id);
		const published = new WebhookWorkflow(n8n, workflow.id);
		while ((await published.post()) === 404) await after(50);
		await published.ends(1);
		return published;
	}

	/** Starts one execution. */
	async call(): Promise<void> {
		const statusCode = await this.post();
		if (statusCode !== 200) throw new Error(`n8n answered a webhook call ${statusCode}`);
	}

	/** Starts so many executions at once, and waits for their ends. */
	async callAtOnce(count: number): Promise<Execution[]> {
		await Promise.all(Array.from({ length: count }, async () => await this.call()));
		return await this.ends(count);
	}

	/** Waits for the ends of so many executions that were not given yet. */
	async ends(count: number): Promise<Execution[]> {
		const { client } = this.n8n;
		const deadline = Date.now() + LIMIT_MS;
		for (;;) {
			const fresh = (await client.executionsOf(this.id)).filter(({ id }) => !this.known.has(id));
			const haveEnded = fresh.every(({ status }) => ENDED.includes(status));
			if (fresh.length >= count && haveEnded) return await this.read(fresh.map(({ id }) => id));
			if (Date.now() > deadline) throw new Error(`${count} executions did not end`);
			await after(POLL_EVERY_MS);
		}
	}

	async unpublish(): Promise<void> {
		await this.n8n.client.deactivate(this.id);
	}

	private async read(ids: string[]): Promise<Execution[]> {
		const executions: Execution[] = [];
		for (const id of ids) {
			this.known.add(id);
			executions.push(await this.n8n.client.execution(id));
		}
		return executions;
	}

	private async post(): Promise<number> {
		const address = `${this.n8n.webhookUrl}/webhook/${this.id}`;
		const { statusCode, body } = await request(address, { method: 'POST' });
		await body.dump();
		return statusCode;
	}
}

/** When the measured node began the first time, in milliseconds since 1970. */
export const beginOf = ({ runs }: Execution): number =>
	Math.min(...(runs[MEASURED] ?? []).map(({ startTime }) => startTime));

/** When the measured node ended the last time, in milliseconds since 1970. */
export const endOf = ({ runs }: Execution): number =>
	Math.max(
		...(runs[MEASURED] ?? []).map(({ startTime, executionTime }) => startTime + executionTime),
	);

/** How long the measured node took, in milliseconds. */
export const timeOf = ({ runs }: Execution): number =>
	(runs[MEASURED] ?? []).reduce((sum, { executionTime }) => sum + executionTime, 0);

/** What the node after the measured one, or after a trigger, was given, and when. */
export interface FirstRun {
	jobid: string;
	/** In milliseconds since 1970. */
	startTime: number;
}

/** Nothing where the execution has not come so far. */
export function firstOf({ runs }: Execution): FirstRun | undefined {
	const [run] = runs[FIRST] ?? [];
	const { jobId, jobid = jobId } = run?.data?.main[0]?.[0]?.json ?? {};
	return run && { jobid: String(jobid), startTime: run.startTime };
}

export const after = async (ms: number): Promise<void> =>
	await new Promise((resolve) => setTimeout(resolve, ms));
