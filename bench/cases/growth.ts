/** Whether an item of a large batch takes longer than one of a small batch. */
import { interleaved, OURS, RICH, type Bench } from '../context';
import { Ledger, type CaseResult } from '../stats';
import { channelOf, swapNode, workflowOf } from '../workflows';

const TIME = (items: number) => `time per item, ${items.toLocaleString('en')} items`;

export async function growth({ simulator, n8n, quick }: Bench): Promise<CaseResult[]> {
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
	return [
		{
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
		},
	];
}
