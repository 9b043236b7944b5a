/** How much memory uploads take: eight jobs at once, each contender in a fresh n8n of its own. */
import { HTTP_AT_ONCE, interleaved, OURS, RICH, type Bench } from '../context';
import { BenchN8n } from '../n8n';
import { MB, pictureFile } from '../pictures';
import { forgetPeak, peakMemory, residentMemory } from '../process-usage';
import { Ledger, type CaseResult } from '../stats';
import { httpSwapNode, swapNode, workflowOf, type Part } from '../workflows';

const JOBS = 8;
const SIZES = [5, 25, 50];
const quantity = (size: number) => `peak above idle, ${size} MB pictures`;

export async function memory(bench: Bench): Promise<CaseResult[]> {
	const { simulator, api, quick } = bench;
	const ledger = new Ledger();
	await simulator.configure({ channels: 1000, blockingMs: 100, credits: RICH });
	await measure(bench, ledger, 'n8n-node', OURS, swapNode(), quick ? 3 : 5);
	if (!quick) await measure(bench, ledger, 'n8n-http', HTTP_AT_ONCE, httpSwapNode(api.url), 5);
	const growth = ledger
		.samples(OURS, quantity(50))
		.map((at50, round) => at50 - (ledger.samples(OURS, quantity(5))[round] ?? NaN));
	return [
		{
			id: 'memory',
			title: 'Memory',
			work: `${JOBS} jobs at once, two pictures each, binaries on the file system; resident memory of n8n at its peak, less that before the run.`,
			targets: [
				{
					what: 'Peak above idle, 25 MB pictures',
					unit: 'MB',
					atMost: 48,
					samples: ledger.samples(OURS, quantity(25)),
				},
				{ what: 'Growth from 5 to 50 MB pictures', unit: 'MB', atMost: 16, samples: growth },
			],
			figures: ledger.figures,
			plots: SIZES.map(quantity),
		},
	];
}

async function measure(
	{ api }: Bench,
	ledger: Ledger,
	folder: string,
	contender: string,
	measured: Part,
	rounds: number,
): Promise<void> {
	const n8n = await BenchN8n.start(folder, api);
	const run = async (size: number) => {
		const picture = await pictureFile(size * MB);
		const { credential, pid } = n8n;
		const before = await residentMemory(pid);
		await forgetPeak(pid);
		await n8n.run(workflowOf({ name: 'memory', measured, picture, items: JOBS, credential }));
		return (await peakMemory(pid)) - before;
	};
	try {
		await interleaved(
			rounds,
			SIZES.map((size) => async (counts: boolean) => {
				const peak = await run(size);
				if (counts) ledger.add(contender, quantity(size), 'MB', peak);
			}),
		);
	} finally {
		await n8n.stop();
	}
}
