/** What n8n says of a workflow's executions. */
import type { N8nClient } from './client';

export interface ExecutionSummary {
	id: string;
	workflowId: string;
	status: string;
	startedAt: string;
}

const PAGE_SIZE = 100;

/**
 * All executions of a workflow that n8n keeps, the newest first. n8n's own pages leave some out: they
 * are sorted by the time of the start, but each goes on below the id at which the last one ended.
 */
export async function executionsOf(client: N8nClient, id: string): Promise<ExecutionSummary[]> {
	const all = new Map<string, ExecutionSummary>();
	let startedBefore: string | undefined;
	for (;;) {
		const filter = JSON.stringify({ workflowId: client.workflowId(id), startedBefore });
		const query = `filter=${encodeURIComponent(filter)}&limit=${PAGE_SIZE}`;
		const { results } = await client.request<{ results: ExecutionSummary[] }>(
			'GET',
			`/executions?${query}`,
		);
		const known = all.size;
		for (const execution of results) all.set(execution.id, execution);
		const last = results.at(-1);
		if (!last || results.length < PAGE_SIZE || all.size === known) return [...all.values()];
		// n8n cuts off what its database knows below a millisecond.
		startedBefore = new Date(Date.parse(last.startedAt) + 1).toISOString();
	}
}

const ENDED = ['success', 'error', 'crashed', 'canceled'];

/** Those executions once there are so many, and every one has ended; nothing before. */
export async function endOfAll(
	client: N8nClient,
	id: string,
	atLeast: number,
): Promise<ExecutionSummary[] | undefined> {
	const all = await executionsOf(client, id);
	const haveEnded = all.every(({ status }) => ENDED.includes(status));
	return all.length >= atLeast && haveEnded ? all : undefined;
}
