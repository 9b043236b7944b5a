/** Many executions at once, each of one item, as a bot, a form or a webhook starts them. */
import { HTTP_RETRY, interleaved, OURS, RICH, type Bench } from '../context';
import { beginOf, endOf, WebhookWorkflow } from '../executions';
import { KB, pictureFile } from '../pictures';
import { Ledger, none, type CaseResult } from '../stats';
import { calledWorkflow, httpSwapNode, swapNode, withRetry, type Part } from '../workflows';
import { greedy, optimum } from './makespan';

const TIME = 'time until all have ended';
const RATIO = 'against a schedule of the executions as they began';
const LAST = 'time until the last has started';
const BUSY = 'calls answered 429';
const FAILED = 'executions that failed';

/** Why the first executions cannot use all channels. */
interface Plan {
	id: string;
	executions: number;
	serviceMs: number[];
	atMost: number;
}

const PLANS: Plan[] = [
	{ id: 'one-channel', executions: 10, serviceMs: [1000], atMost: 1.1 },
	{ id: 'three-channels', executions: 12, serviceMs: [1000, 1000, 1000], atMost: 1.15 },
	{ id: 'unequal', executions: 100, serviceMs: [200, 400, 700, 1200, 2000], atMost: 1.1 },
];

export async function concurrency(bench: Bench): Promise<CaseResult[]> {
	const results: CaseResult[] = [];
	for (const plan of PLANS) results.push(await measure(bench, plan));
	return results;
}

async function measure(bench: Bench, { id, executions, serviceMs, atMost }: Plan) {
	const { simulator, n8n, api, quick } = bench;
	const ledger = new Ledger();
	const picture = await pictureFile(50 * KB);
	const size = { channels: serviceMs.length, credits: RICH };
	const { channels } = await simulator.configure(size);
	const blockingMs = Object.fromEntries(channels.map((one, index) => [one, serviceMs[index] ?? 0]));
	const published: WebhookWorkflow[] = [];

	const contender = async (name: string, measured: Part) => {
		const workflow = calledWorkflow(`at once ${name}`, measured, picture, n8n.credential);
		const webhook = await WebhookWorkflow.publish(n8n.target, workflow);
		published.push(webhook);
		return async (counts: boolean) => {
			if (!counts) return;
			await simulator.configure({ ...size, blockingMs });
			const ended = await webhook.callAtOnce(executions);
			const begins = ended.map(beginOf).sort((one, other) => one - other);
			const startedAt = Math.min(...begins);
			const fromBegin = begins.map((begin) => begin - startedAt);
			const time = (Math.max(...ended.map(endOf)) - startedAt) / 1000;
			ledger.add(name, TIME, 's', time);
			ledger.add(name, RATIO, '', (time * 1000) / greedy(fromBegin, serviceMs));
			ledger.add(name, LAST, 's', (fromBegin.at(-1) ?? NaN) / 1000);
			ledger.add(name, BUSY, '', (await simulator.seen()).busy);
			ledger.add(name, FAILED, '', ended.filter(({ status }) => status !== 'success').length);
		};
	};

	await interleaved(quick ? 2 : 3, [
		await contender(OURS, swapNode()),
		...(quick ? [] : [await contender(HTTP_RETRY, withRetry(httpSwapNode(api.url)))]),
	]);
	for (const webhook of published) await webhook.unpublish();
	const ideal = optimum(executions, serviceMs) / 1000;
	const seconds = serviceMs.map((ms) => ms / 1000).join(', ');
	const over =
		channels.length === 1 ? 'one channel that takes' : `${channels.length} channels that take`;
	return {
		id: `concurrency-${id}`,
		title: `${executions} executions at once, ${channels.length === 1 ? 'one channel' : `${channels.length} channels`}`,
		work: `${executions} webhook calls at once start an execution of one item each, over ${over} ${seconds} s a job; the best possible schedule takes ${ideal} s. n8n starts one execution after the other. As they began means: each goes to the channel that would end it first, from the begin of its node on.`,
		targets: [
			{
				what: 'Time against the best possible schedule',
				unit: '',
				atMost,
				samples: ledger.samples(OURS, TIME).map((time) => time / ideal),
			},
			{
				what: 'Time against a schedule of the executions as they began',
				unit: '',
				atMost,
				samples: ledger.samples(OURS, RATIO),
			},
			none('Calls answered 429', ledger.samples(OURS, BUSY)),
			none('Executions that failed', ledger.samples(OURS, FAILED)),
		],
		figures: ledger.figures.filter(({ quantity }) => quantity !== RATIO),
		plots: [TIME, BUSY, FAILED],
	};
}
