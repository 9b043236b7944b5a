/** How long a single item waits beside a batch that is served on the same channel. */
import { HTTP_RETRY, interleaved, OURS, RICH, type Bench } from '../context';
import { after, timeOf, WebhookWorkflow } from '../executions';
import { KB, pictureFile } from '../pictures';
import { Ledger, none, type CaseResult } from '../stats';
import {
	calledWorkflow,
	httpSwapNode,
	swapNode,
	withRetry,
	workflowOf,
	type Feed,
	type Part,
} from '../workflows';

const JOB_MS = 400;
const BATCH = 40;
/** How many single items come at once, one group after the other. */
const GROUPS = [1, 3];
const WAIT = 'longest wait of a single item';
const SHARE = 'longest wait as a share of what is fair';
const TIME = 'time of the batch';
const BUSY = 'calls answered 429';
const FAILED = 'single items that failed';

export async function fairness(bench: Bench): Promise<CaseResult[]> {
	const { simulator, n8n, api, quick } = bench;
	const ledger = new Ledger();
	const picture = await pictureFile(50 * KB);
	const { credential } = n8n;
	const setting = { channels: 1, credits: RICH, blockingMs: JOB_MS };
	const published: WebhookWorkflow[] = [];

	/** Once the batch is being served. */
	const untilServed = async () => {
		while ((await simulator.seen()).completed < 3) await after(100);
	};

	const contender = async (name: string, measured: Part, feed?: Feed) => {
		await simulator.configure(setting);
		const single = await WebhookWorkflow.publish(
			n8n.target,
			calledWorkflow(`single ${name}`, measured, picture, credential),
		);
		published.push(single);
		const content = { measured, picture, items: BATCH, feed, credential };
		const batch = workflowOf({ ...content, name: `beside ${name}` });
		return async (counts: boolean) => {
			if (!counts) return;
			await simulator.configure(setting);
			const batchId = await n8n.begin(batch);
			await untilServed();
			for (const size of GROUPS) {
				const ended = await single.callAtOnce(size);
				const waits = ended.map((execution) => timeOf(execution) - JOB_MS);
				const failed = ended.filter(({ status }) => status !== 'success').length;
				const fair = (size + 2) * JOB_MS;
				ledger.add(name, `${WAIT}, ${size} at once`, 's', Math.max(...waits) / 1000);
				ledger.add(name, SHARE, '', Math.max(...waits) / fair);
				ledger.add(name, FAILED, '', failed);
			}
			ledger.add(name, TIME, 's', (await n8n.ended(batchId)).spanMs / 1000);
			ledger.add(name, BUSY, '', (await simulator.seen()).busy);
		};
	};

	await interleaved(quick ? 2 : 3, [
		await contender(OURS, swapNode()),
		...(quick ? [] : [await contender(HTTP_RETRY, withRetry(httpSwapNode(api.url)), 'loop')]),
	]);
	for (const webhook of published) await webhook.unpublish();
	return [
		{
			id: 'fairness',
			title: 'Single items beside a batch',
			work: `An execution of ${BATCH} items on one channel that takes ${JOB_MS / 1000} s a job; meanwhile executions of one item each, ${GROUPS.join(' and then ')} at once. The HTTP Request node is given the batch one by one. Fair is that none waits longer than the executions at work, and one more, take for a job each.`,
			targets: [
				{
					what: 'Longest wait against the fair one',
					unit: '',
					atMost: 1,
					samples: ledger.samples(OURS, SHARE),
				},
				none('Calls answered 429', ledger.samples(OURS, BUSY)),
				none('Single items that failed', ledger.samples(OURS, FAILED)),
			],
			figures: ledger.figures.filter(({ quantity }) => quantity !== SHARE),
			plots: GROUPS.map((size) => `${WAIT}, ${size} at once`),
		},
	];
}
