/** An account of the simulator, and a client of the package in the real context of an active workflow. */
import { additionalData } from './engine';

import { TriggerContext } from 'n8n-core';
import { Workflow, type INode, type INodeTypes } from 'n8n-workflow';

import { InsightFaceSwapTrigger } from '../../nodes/InsightFaceSwap/InsightFaceSwapTrigger.node';
import { createClient, type ApiClient } from '../../nodes/InsightFaceSwap/api/client';
import type { NodeTools } from '../../nodes/InsightFaceSwap/n8nCompat/execution';
import type { Simulator, VerbName } from '../../simulator';
import { until } from '../../tooling/n8n/until';

const LIST = '/v1/faceswap/jobs';

/** What a job is submitted with: texts by part. */
type Fields = Record<string, string>;

export class TestAccount {
	/** The number of calls of its clients that are in progress. */
	open = 0;

	constructor(private readonly simulator: () => Simulator) {}

	async client(): Promise<ApiClient> {
		const { token, url } = this.simulator();
		const credential = { apiToken: token, baseUrl: url };
		const client = await createClient(contextWith(credential), credential);
		return async (call) => {
			this.open++;
			return await client(call).finally(() => this.open--);
		};
	}

	/** What is used of a node after it has returned. */
	tools(): NodeTools {
		const { helpers, logger } = contextWith({});
		return { helpers: helpers as unknown as NodeTools['helpers'], logger };
	}

	/** Submits a job as another program does, each on a channel of its own. @returns its ID */
	async submit(fields: Fields = {}, verb: VerbName = 'headshot'): Promise<string> {
		const { url, token, jobs, channels } = this.simulator();
		const form = new FormData();
		const parts = { prompt: 'a knight', channel: channels[jobs.length] ?? '', ...fields };
		for (const [part, text] of Object.entries(parts)) form.set(part, text);
		const headers = { authorization: `Bearer ${token}` };
		const request = { method: 'POST', headers, body: form };
		const answer = await fetch(`${url}/v1/faceswap/${verb}`, request);
		const { jobid } = (await answer.json()) as { jobid?: string };
		if (!jobid) throw new Error(`The job was not taken: ${answer.status}`);
		return jobid;
	}

	/** Ends all jobs. */
	async endAll(): Promise<void> {
		await until('the jobs to end', async () => {
			this.simulator().skipTime();
			return this.simulator().jobs.every(({ status }) => status === 'completed');
		});
	}

	/** When the lists came, in milliseconds since 1970. */
	get lists(): number[] {
		const all = this.simulator().journal.filter(({ path }) => path === LIST);
		return all.map(({ at }) => Date.parse(at));
	}

	/** The IDs of the jobs that were read, in the order of the reads. */
	get reads(): unknown[] {
		return this.simulator()
			.journal.filter(({ path }) => path === `${LIST}/`)
			.map(({ query }) => query.jobid);
	}
}

function contextWith(credential: { apiToken?: string; baseUrl?: string }): TriggerContext {
	const type = new InsightFaceSwapTrigger();
	const node: INode = {
		id: '1',
		name: 'Node',
		type: 'insightFaceSwapTrigger',
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
	};
	const nodeTypes = {
		getByNameAndVersion: () => type,
		getKnownTypes: () => ({}),
	} as unknown as INodeTypes;
	const workflow = new Workflow({ active: true, nodes: [node], connections: {}, nodeTypes });
	const data = additionalData({ credentials: { useApiNetApi: credential } });
	return new TriggerContext(workflow, node, data, 'trigger', 'activate');
}
