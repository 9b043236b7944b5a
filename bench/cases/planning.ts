/** Figures to plan with, at the times that the real API takes. */
import { randomUUID } from 'node:crypto';
import { listen } from '../../demo/examples';
import type { Execution } from '../../tooling/n8n/client';
import { freePort } from '../../tooling/n8n/ports';
import { CALLBACK_PATH } from '../../nodes/InsightFaceSwap/jobs/callbackAddress';
import { OURS, RICH, type Bench } from '../context';
import {
	after,
	beginOf,
	endOf,
	firstOf,
	WebhookWorkflow,
	type FirstRun,
	type Target,
} from '../executions';
import { inspected, liveHeap } from '../heap';
import { BenchN8n } from '../n8n';
import { KB, pictureFile } from '../pictures';
import { forgetPeak, peakMemory, residentMemory } from '../process-usage';
import { readJob } from '../raw';
import { SimulatorProcess } from '../simulator';
import { Ledger, type CaseResult } from '../stats';
import {
	calledWorkflow,
	listeningWorkflow,
	nothingNode,
	swapNode,
	triggerNode,
	workflowOf,
	type Credential,
	type Part,
} from '../workflows';
import { benchQueue } from './queue';

const PICSI_MS = 5000;
const BACKGROUND_MS = 60_000;
const CHANNELS = [1, 3, 10];
const WORKERS = 2;
const NOTHING = 'a node that does nothing';

export async function planning(bench: Bench): Promise<CaseResult[]> {
	const picture = await pictureFile(50 * KB);
	return [
		await throughput(bench, picture),
		await memory(bench, picture),
		await latency(bench, picture),
	];
}

/** An API of its own, so that several numbers of channels are measured at the same time. */
interface Api {
	simulator: SimulatorProcess;
	url: string;
	token: string;
}

async function credentialOf({ client }: Target, { url, token }: Api): Promise<Credential> {
	const name = `Simulator at ${url}`;
	const data = { apiToken: token, baseUrl: url };
	return { id: await client.saveCredential({ name, type: 'useApiNetApi', data }), name };
}

async function throughput({ n8n, quick }: Bench, picture: string): Promise<CaseResult> {
	const ledger = new Ledger();
	const perChannel = quick ? 2 : 12;
	const add = (name: string, channels: number, jobs: number, ms: number) =>
		ledger.add(name, hourly(channels), '', (jobs * 3_600_000) / ms);

	const oneExecution = async (api: Api, channels: number) => {
		const items = channels * perChannel;
		const credential = await credentialOf(n8n.target, api);
		const content = { measured: swapNode(), picture, items, credential };
		const run = await n8n.run(workflowOf({ ...content, name: `plan ${channels}` }));
		add('one execution', channels, items, run.spanMs);
	};
	const manyExecutions = async (
		name: string,
		target: Target,
		api: Api,
		channels: number,
		each = perChannel,
	) => {
		const workflow = calledWorkflow(
			`plan ${name} ${channels}`,
			swapNode(),
			picture,
			await credentialOf(target, api),
		);
		const webhook = await WebhookWorkflow.publish(target, workflow);
		const ended = await webhook.callAtOnce(channels * each);
		await webhook.unpublish();
		const span = Math.max(...ended.map(endOf)) - Math.min(...ended.map(beginOf));
		add(name, channels, ended.length, span);
	};
	const apis = await Promise.all(
		CHANNELS.map(async (channels) => {
			const simulator = await SimulatorProcess.start();
			const setting = { channels, credits: RICH, blockingMs: PICSI_MS };
			return { simulator, ...(await simulator.configure(setting)), count: channels };
		}),
	);
	const forEach = async (work: (api: Api, channels: number) => Promise<void>) =>
		await Promise.all(apis.map(async ({ count, ...api }) => await work(api, count)));
	try {
		console.log('  pictures an hour');
		await forEach(oneExecution);
		await forEach(async (api, count) => {
			await manyExecutions('many executions', n8n.target, api, count);
		});
		const queue = await benchQueue(WORKERS);
		try {
			const target = { client: queue.client, webhookUrl: queue.webhookUrls[0] ?? '' };
			// One after the other: ten executions at a time are all that a worker takes.
			for (const { count, ...api } of apis) {
				await manyExecutions(`queue mode, ${WORKERS} workers`, target, api, count, perChannel / 2);
			}
		} finally {
			await queue.stop();
		}
	} finally {
		for (const { simulator } of apis) simulator.stop();
	}
	return {
		id: 'planning-throughput',
		title: 'Planning: pictures an hour',
		work: `Picsi swaps that take ${PICSI_MS / 1000} s, ${perChannel} for each channel, in one execution, or in as many executions of one item, started at once; half as many in queue mode. A channel cannot make more than ${(3_600_000 / PICSI_MS).toLocaleString('en')} an hour. In queue mode, the workers learn of each other's jobs only by the answer 429 and wait 10 seconds and more each time; give the jobs of each worker channels of their own to avoid that. A background or a headshot has its channel only until it has started, so that more of them are made an hour than of swaps.`,
		targets: [],
		figures: CHANNELS.flatMap((channels) =>
			ledger.figures.filter(({ quantity }) => quantity === hourly(channels)),
		),
		plots: CHANNELS.map(hourly),
	};
}

const hourly = (channels: number) =>
	`pictures an hour, ${channels === 1 ? '1 channel' : `${channels} channels`}`;

async function memory({ simulator, api, quick }: Bench, picture: string): Promise<CaseResult> {
	const ledger = new Ledger();
	const sizes = quick ? [100] : [1000, 10_000];
	const port = await freePort();
	const n8n = await BenchN8n.start('n8n-memory', api, inspected(port));
	const { credential, pid } = n8n;
	const peak = async (name: string, measured: Part, items: number) => {
		await simulator.configure({ channels: 10, blockingMs: 0, credits: RICH });
		await liveHeap(port);
		const before = await residentMemory(pid);
		await forgetPeak(pid);
		await n8n.run(workflowOf({ name: `plan ${name}`, measured, picture, items, credential }));
		const quantity = `peak above idle, ${items.toLocaleString('en')} items`;
		ledger.add(name, quantity, 'MB', (await peakMemory(pid)) - before);
		return quantity;
	};
	const plots: string[] = [];
	try {
		console.log('  memory');
		await peak(OURS, swapNode({ downloadResults: true }), 10);
		for (const items of sizes) {
			await peak(NOTHING, nothingNode, items);
			plots.push(await peak(OURS, swapNode({ downloadResults: true }), items));
		}
	} finally {
		await n8n.stop();
	}
	return {
		id: 'planning-memory',
		title: 'Planning: memory of n8n',
		work: 'Picsi swaps of pictures of 50 kB in one execution, with downloaded results, over 10 channels that answer at once; binaries on the file system. Resident memory of n8n at its peak, less that before the run. n8n itself keeps all items of a running execution, as the node that does nothing shows.',
		targets: [],
		figures: ledger.figures.filter(({ quantity }) => plots.includes(quantity)),
		plots,
	};
}

const LATENCY = 'from the end of the job to its result';
const POLL = 'Yes, Check Until It Is There';
const SUSPEND = 'Pause the Workflow';
const TRIGGER = 'No, Only Start the Job, and the trigger';
const POLLING = 'No, Only Start the Job, and the trigger with Polling';

async function latency(bench: Bench, picture: string): Promise<CaseResult> {
	const { simulator, n8n, api, quick } = bench;
	const ledger = new Ledger();
	const jobs = quick ? 2 : 8;
	const typical = quick ? 12_000 : BACKGROUND_MS;
	await simulator.configure({ channels: 1, submitMs: 0, asyncMs: 3000, credits: RICH });
	const headshot = (waitMode: string, more = {}): Part =>
		swapNode({ resource: 'headshot', operation: 'create', prompt: 'a face', waitMode, ...more });
	const publish = async (name: string, measured: Part) =>
		await WebhookWorkflow.publish(
			n8n.target,
			calledWorkflow(`plan ${name}`, measured, picture, n8n.credential),
		);

	console.log('  latency');
	const polled = await publish(POLL, headshot('poll'));
	const suspended = await publish(SUSPEND, headshot('suspend'));
	const callback = await listener(n8n, TRIGGER, {});
	const polling = await listener(n8n, POLLING, { registration: 'polling' });
	const told = await publish(
		TRIGGER,
		headshot('none', { additionalFields: { replyUrl: callback.address } }),
	);
	const untold = await publish(POLLING, headshot('none'));
	const all = [polled, suspended, told, untold];

	for (let job = 0; job < jobs; job++) {
		// Poll intervals and the ends of jobs are to fall differently each time.
		await simulator.adjust({ asyncMs: typical + job * 3000 });
		for (const webhook of all) await webhook.call();
		await after(3000);
	}
	const endOfJob = async (jobid: string) => Date.parse((await readJob(api, jobid)).updated);
	const note = async (name: string, execution: FirstRun | undefined) => {
		if (!execution) throw new Error(`${name}: an execution has not come to its end`);
		const { jobid, startTime } = execution;
		ledger.add(name, LATENCY, 's', (startTime - (await endOfJob(jobid))) / 1000);
	};
	for (const execution of await polled.ends(jobs)) await note(POLL, firstOf(execution));
	for (const execution of await suspended.ends(jobs)) await note(SUSPEND, firstOf(execution));
	const toldIds = jobIdsOf(await told.ends(jobs));
	const untoldIds = jobIdsOf(await untold.ends(jobs));
	for (const started of await callback.startedBy(toldIds)) await note(TRIGGER, started);
	for (const started of await polling.startedBy(untoldIds)) await note(POLLING, started);
	for (const webhook of all) await webhook.unpublish();
	await callback.stop();
	await polling.stop();
	return {
		id: 'planning-latency',
		title: 'Planning: from the end of a job to its result',
		work: `Jobs that take ${typical / 1000} s and more after the API has answered, until the next node has started. The API calls back at once here; the real one may take longer to notice the end. Checking asks every 10 to 30 seconds, Polling every 60 seconds as long as Check Every says nothing else.`,
		targets: [],
		figures: ledger.figures,
		plots: [LATENCY],
	};
}

const jobIdsOf = (executions: Execution[]) =>
	executions.flatMap((execution) => firstOf(execution)?.jobid ?? []);

interface Listener {
	/** Where the trigger is called. */
	address: string;
	/** Waits until it has started an execution for each of these jobs. */
	startedBy(jobids: string[]): Promise<FirstRun[]>;
	stop(): Promise<void>;
}

/** A workflow that our trigger starts. */
async function listener(n8n: BenchN8n, name: string, parameters: object): Promise<Listener> {
	const webhookId = randomUUID();
	const part = triggerNode(true);
	const trigger = { ...part, parameters: { ...part.parameters, ...parameters } };
	const workflow = listeningWorkflow(`listen ${name}`, trigger, webhookId, n8n.credential);
	const { stop } = await listen(n8n.client, workflow);
	const started = new Map<string, FirstRun>();
	const startedBy = async (jobids: string[]) => {
		const deadline = Date.now() + 180_000;
		while (Date.now() < deadline && !jobids.every((jobid) => started.has(jobid))) {
			await after(1000);
			for (const { id, status } of await n8n.client.executionsOf(workflow.id)) {
				const run = status === 'success' && firstOf(await n8n.client.execution(id));
				if (run) started.set(run.jobid, run);
			}
		}
		return jobids.flatMap((jobid) => started.get(jobid) ?? []);
	};
	return { address: `${n8n.running.url}/webhook/${webhookId}/${CALLBACK_PATH}`, startedBy, stop };
}
