/** How long a callback takes to reach the first node of a workflow. */
import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import { listen } from '../../demo/examples';
import { CALLBACK_PATH, withTriggerSecret } from '../../nodes/InsightFaceSwap/api/callbackUrl';
import {
	interleaved,
	OURS_TRIGGER,
	RICH,
	UNDICI,
	WEBHOOK,
	WEBHOOK_1,
	type Bench,
} from '../context';
import type { BenchN8n } from '../n8n';
import { finishedJob, readJob, type Job } from '../raw';
import { Ledger, summary, type CaseResult } from '../stats';
import { FIRST, listeningWorkflow, triggerNode, webhookNode, type Part } from '../workflows';

const VERIFYING = `${OURS_TRIGGER}, verifying`;
const SPARED =
	'n8n spares its own Webhook node, from version 2 on, an isolate of its expression engine for each call, and no other trigger; what is above version 1, which is not spared it either, is our own: the credential takes another isolate';
const EVERY_MS = 20;
const LATENCY_MS = 50;
const TYPICAL = 'median time to the first node';
const LATE = 'time of the slowest in a hundred';

export async function trigger(bench: Bench): Promise<CaseResult[]> {
	const { simulator, n8n, api, quick } = bench;
	const [rounds, callbacks] = quick ? [1, 50] : [5, 200];
	const ledger = new Ledger();
	let jobs: Job[] = [];

	/** Fresh jobs: a trigger starts once for each. Also measures reading one from outside n8n. */
	const afresh = async (counts: boolean) => {
		const setting = { channels: 1, submitMs: 0, asyncMs: 0, credits: RICH };
		await simulator.configure(setting);
		jobs = [];
		while (jobs.length < callbacks) jobs.push(await finishedJob(api));
		await simulator.adjust({ latencyMs: LATENCY_MS });
		const times = await Promise.all(
			jobs.slice(0, 5).map(async ({ jobid }) => await readTime(jobid)),
		);
		if (counts) ledger.add(UNDICI, 'time to read a job', 'ms', summary(times).median);
	};
	const readTime = async (jobid: string) => {
		const begun = performance.now();
		await readJob(api, jobid);
		return performance.now() - begun;
	};

	const listener = (name: string, partAt: (path: string) => Part) => {
		const webhookId = randomUUID();
		const path = `${webhookId}/${CALLBACK_PATH}`;
		const address = `${n8n.running.url}/webhook/${path}`;
		const part = partAt(path);
		const workflow = listeningWorkflow(`trigger ${name}`, part, webhookId, n8n.credential);
		return async (counts: boolean) => {
			const { stop } = await listen(n8n.client, workflow);
			await untilListening(address);
			const times = await latencies(n8n, withTriggerSecret(address, api.token), jobs);
			await stop();
			if (!counts) return;
			ledger.add(name, TYPICAL, 'ms', summary(times).median);
			ledger.add(name, LATE, 'ms', times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)]!);
		};
	};

	await interleaved(rounds, [
		afresh,
		listener(WEBHOOK, (path) => webhookNode(2, path)),
		listener(WEBHOOK_1, (path) => webhookNode(1, path)),
		listener(OURS_TRIGGER, () => triggerNode(false)),
		listener(VERIFYING, () => triggerNode(true)),
	]);
	return [result(ledger, rounds * callbacks)];
}

/** n8n listens a moment after it has published a workflow. */
async function untilListening(address: string): Promise<void> {
	for (;;) {
		const { statusCode, body } = await request(address, { method: 'POST' });
		await body.dump();
		if (statusCode !== 404) return;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/** Posts the jobs one after the other, without waiting for answers; gives a time for each. */
async function latencies(n8n: BenchN8n, url: string, jobs: Job[]): Promise<number[]> {
	const before = await newestExecution(n8n);
	const sent = new Map<string, number>();
	const answers = jobs.map(async (job, index) => {
		await new Promise((resolve) => setTimeout(resolve, index * EVERY_MS));
		sent.set(job.jobid, performance.timeOrigin + performance.now());
		const headers = { 'content-type': 'application/json' };
		const { statusCode, body } = await request(url, {
			method: 'POST',
			headers,
			body: JSON.stringify(job),
		});
		if (statusCode !== 200) throw new Error(`n8n answered a callback ${statusCode}`);
		await body.dump();
	});
	await Promise.all(answers);
	// n8n counts executions. The one that was started to see whether n8n listens may be among them.
	const times: number[] = [];
	for (let id = before + 1; times.length < jobs.length; id++) {
		const time = await timeOf(n8n, String(id), sent);
		if (time !== undefined) times.push(time);
	}
	return times;
}

/** @throws Error for an execution that failed */
async function timeOf(n8n: BenchN8n, id: string, sent: Map<string, number>) {
	const { runs, status, error } = await n8n.end(id);
	const [first] = runs[FIRST] ?? [];
	if (!first) throw new Error(`Execution ${id} ended with ${status}: ${error}`);
	const json = first.data?.main[0]?.[0]?.json as Partial<Job> & { body?: Partial<Job> };
	const begun = sent.get(json.jobid ?? json.body?.jobid ?? '');
	return begun && first.startTime - begun;
}

async function newestExecution({ client }: BenchN8n): Promise<number> {
	const path = '/executions?filter=%7B%7D&limit=1';
	const { results } = await client.request<{ results: Array<{ id: string }> }>('GET', path);
	return Number(results[0]?.id ?? 0);
}

function result(ledger: Ledger, callbacks: number): CaseResult {
	const against = (other: string) => ({
		what: `Time to the first node against ${other}`,
		unit: '',
		atMost: 1.15,
		samples: ledger.ratios(TYPICAL, OURS_TRIGGER, other),
	});
	return {
		id: 'trigger',
		title: 'Trigger',
		work: `${callbacks.toLocaleString('en')} callbacks for each, ${1000 / EVERY_MS} a second, from their sending to the start of the first node after the trigger; the API takes ${LATENCY_MS} ms for any answer. Where n8n falls behind, these are times in a queue, in which the one reading that verifying adds is lost.`,
		targets: [{ ...against(WEBHOOK), bound: SPARED }, against(WEBHOOK_1)],
		figures: ledger.figures,
		plots: [TYPICAL],
	};
}
