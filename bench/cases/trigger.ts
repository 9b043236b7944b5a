/** How long a callback takes to reach the first node of a workflow. */
import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import { listen } from '../../demo/examples';
import { CALLBACK_PATH, withTriggerSecret } from '../../nodes/InsightFaceSwap/jobs/callbackAddress';
import {
	BARE_TRIGGER,
	interleaved,
	OURS_TRIGGER,
	RICH,
	UNDICI,
	WEBHOOK,
	type Bench,
} from '../context';
import type { BenchN8n } from '../n8n';
import { finishedJob, readJob, type Job } from '../raw';
import { Ledger, summary, type CaseResult, type Target } from '../stats';
import {
	bareTrigger,
	FIRST,
	listeningWorkflow,
	triggerNode,
	webhookNode,
	type Part,
} from '../workflows';

const VERIFYING = `${OURS_TRIGGER}, verifying`;
const SPARED =
	'n8n spares its own Webhook node, from version 2 on, an isolate of its expression engine for each call, and no other trigger';
const NOTED =
	"before it starts the workflow, the trigger makes an entry in n8n's database, so that a job is not put out again after a crash";
const LATENCY_MS = 50;
const TYPICAL = 'median time to the first node';
const LATE = 'time of the slowest in a hundred';
const READ = 'time to read a job';

/** How the callbacks come, to each contender in each round. */
interface Throughput {
	callbacks: number;
	everyMs: number;
}

interface Contender {
	name: string;
	/** The trigger for the webhook path that n8n gives it. */
	partAt: (path: string) => Part;
	/** The end of that path. */
	end?: string;
}

const WEBHOOKS: Contender[] = [
	{ name: WEBHOOK, partAt: (path) => webhookNode(path) },
	{ name: BARE_TRIGGER, partAt: () => bareTrigger, end: 'bare' },
	{ name: OURS_TRIGGER, partAt: () => triggerNode(false) },
];

export async function trigger(bench: Bench): Promise<CaseResult[]> {
	const rush = { everyMs: 20, callbacks: bench.quick ? 100 : 200 };
	const ease = { everyMs: 200, callbacks: bench.quick ? 10 : 25 };
	const verifying = { name: VERIFYING, partAt: () => triggerNode(true) };
	return [
		rushed(await measure(bench, rush, WEBHOOKS), rush),
		atEase(await measure(bench, ease, [...WEBHOOKS, verifying]), ease),
	];
}

async function measure(
	bench: Bench,
	throughput: Throughput,
	contenders: Contender[],
): Promise<Ledger> {
	const { simulator, n8n, api, quick } = bench;
	const ledger = new Ledger();
	let jobs: Job[] = [];

	/** Fresh jobs: a trigger starts once for each. Also measures reading one from outside n8n. */
	const afresh = async (counts: boolean) => {
		await simulator.configure({ channels: 1, submitMs: 0, asyncMs: 0, credits: RICH });
		jobs = [];
		while (jobs.length < throughput.callbacks) jobs.push(await finishedJob(api));
		await simulator.adjust({ latencyMs: LATENCY_MS });
		const times = await Promise.all(
			jobs.slice(0, 5).map(async ({ jobid }) => await readTime(jobid)),
		);
		if (counts) ledger.add(UNDICI, READ, 'ms', summary(times).median);
	};
	const readTime = async (jobid: string) => {
		const startedAt = performance.now();
		await readJob(api, jobid);
		return performance.now() - startedAt;
	};

	const listener = ({ name, partAt, end = CALLBACK_PATH }: Contender) => {
		const webhookId = randomUUID();
		const path = `${webhookId}/${end}`;
		const address = `${n8n.running.url}/webhook/${path}`;
		const workflow = listeningWorkflow(`trigger ${name}`, partAt(path), webhookId, n8n.credential);
		return async (counts: boolean) => {
			const { stop } = await listen(n8n.client, workflow);
			await untilListening(address);
			const url = withTriggerSecret(address, api.token, n8n.running.url);
			const times = await latencies(n8n, url, jobs, throughput.everyMs);
			await stop();
			if (!counts) return;
			ledger.add(name, TYPICAL, 'ms', summary(times).median);
			ledger.add(name, LATE, 'ms', times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)]!);
		};
	};

	await interleaved(quick ? 2 : 5, [afresh, ...contenders.map(listener)]);
	return ledger;
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
async function latencies(
	n8n: BenchN8n,
	url: string,
	jobs: Job[],
	everyMs: number,
): Promise<number[]> {
	const before = await newestExecution(n8n);
	const sent = new Map<string, number>();
	const answers = jobs.map(async (job, index) => {
		await new Promise((resolve) => setTimeout(resolve, index * everyMs));
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
	const startedAt = sent.get(json.jobid ?? json.body?.jobid ?? '');
	return startedAt && first.startTime - startedAt;
}

async function newestExecution({ client }: BenchN8n): Promise<number> {
	const path = '/executions?filter=%7B%7D&limit=1';
	const { results } = await client.request<{ results: Array<{ id: string }> }>('GET', path);
	return Number(results[0]?.id ?? 0);
}

const workOf = ({ callbacks, everyMs }: Throughput, rounds: number) =>
	`${(callbacks * rounds).toLocaleString('en')} callbacks for each, ${1000 / everyMs} a second, from their sending to the start of the first node after the trigger; the API takes ${LATENCY_MS} ms for any answer.`;

const against = (ledger: Ledger, other: string, bound?: string): Target => ({
	what: `Time to the first node against ${other}`,
	unit: '',
	atMost: 1.15,
	bound,
	samples: ledger.ratios(TYPICAL, OURS_TRIGGER, other),
});

/** Faster than n8n can start workflows on two processor cores. */
function rushed(ledger: Ledger, throughput: Throughput): CaseResult {
	const rounds = ledger.samples(OURS_TRIGGER, TYPICAL).length;
	return {
		id: 'trigger',
		title: 'Trigger',
		work: `${workOf(throughput, rounds)} Where n8n falls behind, these are times in a queue.`,
		targets: [against(ledger, WEBHOOK, SPARED), against(ledger, BARE_TRIGGER)],
		figures: ledger.figures,
		plots: [TYPICAL],
	};
}

/** Slowly enough that no callback waits for another. */
function atEase(ledger: Ledger, throughput: Throughput): CaseResult {
	const [unverified, read] = [ledger.samples(OURS_TRIGGER, TYPICAL), ledger.samples(UNDICI, READ)];
	return {
		id: 'trigger-ease',
		title: 'Trigger, at ease',
		work: workOf(throughput, unverified.length),
		targets: [
			against(ledger, WEBHOOK, SPARED),
			against(ledger, BARE_TRIGGER, NOTED),
			{
				what: 'Time with verifying against that without and one reading',
				unit: '',
				atMost: 1.15,
				samples: ledger
					.samples(VERIFYING, TYPICAL)
					.map((time, round) => time / (unverified[round]! + read[round]!)),
			},
		],
		figures: ledger.figures,
		plots: [TYPICAL],
	};
}
