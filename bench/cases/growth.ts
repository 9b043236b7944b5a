/** Whether an item of a large batch costs more than one of a small batch, in time and in memory. */
import { freePort } from '../../tooling/n8n/ports';
import { interleaved, OURS, RICH, WAIT, type Bench } from '../context';
import { inspected, liveHeap } from '../heap';
import { BenchN8n } from '../n8n';
import { KB, pictureFile } from '../pictures';
import { Ledger, type CaseResult } from '../stats';
import { channelOf, swapNode, waitNode, workflowOf, type Part } from '../workflows';

const TIME = (items: number) => `time per item, ${items.toLocaleString('en')} items`;
const HEAP = 'heap above idle';
const WAITING = 5000;
/** Longer than it takes to look at what the node holds. */
const HOLD_MS = 20_000;

export async function growth(bench: Bench): Promise<CaseResult[]> {
	return [await time(bench), ...(bench.quick ? [] : [await memory(bench)])];
}

async function time({ simulator, n8n, quick }: Bench): Promise<CaseResult> {
	const ledger = new Ledger();
	const sizes = quick ? [100, 1000] : [10, 100, 1000, 5000];
	const setting = { channels: 1, submitMs: 0, asyncMs: 0, credits: RICH };
	const { channels } = await simulator.configure(setting);
	const measured = swapNode({
		...channelOf(channels[0] ?? ''),
		resource: 'headshot',
		operation: 'create',
		prompt: 'a face',
		waitMode: 'none',
	});
	const contender = (items: number) => async (counts: boolean) => {
		await simulator.configure(setting);
		const { credential } = n8n;
		const run = await n8n.run(workflowOf({ name: 'growth', measured, items, credential }));
		if (counts) ledger.add(OURS, TIME(items), 'ms', run.busyMs / items);
	};
	await interleaved(quick ? 2 : 5, sizes.map(contender));
	const per = (items: number) => ledger.samples(OURS, TIME(items));
	const steps = sizes.filter((items) => items > 100).map((items) => [100, items] as const);
	return {
		id: 'growth',
		title: 'Batch growth',
		work: 'Headshots without pictures, submitted over one channel and not waited for.',
		targets: steps.map(([few, many]) => ({
			what: `Time per item of ${many.toLocaleString('en')} items against ${few} items`,
			unit: '',
			atMost: 1.1,
			samples: per(many).map((one, round) => one / (per(few)[round] ?? NaN)),
		})),
		figures: ledger.figures,
		plots: sizes.map(TIME),
	};
}

/** What n8n itself keeps of a running batch is what the Wait node makes it keep. */
async function memory({ simulator, api }: Bench): Promise<CaseResult> {
	const ledger = new Ledger();
	const port = await freePort();
	const n8n = await BenchN8n.start('n8n-heap', api, inspected(port));
	const picture = await pictureFile(50 * KB);
	const { credential } = n8n;
	const contender = (name: string, measured: Part) => async (counts: boolean) => {
		const { channels } = await simulator.configure({ channels: 1, credits: RICH });
		const [channel = ''] = channels;
		await simulator.configure({ channels: 1, credits: RICH, blockingMs: { [channel]: HOLD_MS } });
		const idle = await liveHeap(port);
		const content = { measured, picture, items: WAITING, credential };
		const id = await n8n.begin(workflowOf({ ...content, name: `waiting ${name}` }));
		await n8n.untilMeasuring(id);
		const held = (await liveHeap(port)) - idle;
		const { calls } = await simulator.seen();
		if (name === OURS && calls !== 1) throw new Error(`The node has sent ${calls} jobs, not one`);
		await n8n.client.request('POST', `/executions/${id}/stop`);
		await n8n.end(id);
		if (counts) ledger.add(name, HEAP, 'MB', held / 1e6);
	};
	try {
		await interleaved(5, [contender(WAIT, waitNode(HOLD_MS / 1000)), contender(OURS, swapNode())]);
	} finally {
		await n8n.stop();
	}
	const waiting = ledger.samples(WAIT, HEAP);
	return {
		id: 'growth-memory',
		title: 'Memory of waiting items',
		work: `${WAITING.toLocaleString('en')} items while the first is being served; the heap of n8n after a collection, less that before.`,
		targets: [
			{
				what: `Memory of a waiting item, above that in n8n's Wait node`,
				unit: 'kB',
				atMost: 4,
				samples: ledger
					.samples(OURS, HEAP)
					.map((held, round) => ((held - (waiting[round] ?? NaN)) * 1000) / WAITING),
			},
		],
		figures: ledger.figures,
		plots: [],
	};
}
