/** How much memory uploads take: eight jobs at once, each contender in a fresh n8n of its own. */
import { setTimeout } from 'node:timers/promises';

import { freePort } from '../../tooling/n8n/ports';
import { HTTP_AT_ONCE, interleaved, OURS, RICH, type Bench } from '../context';
import { heldMemory, inspected } from '../heap';
import { BenchN8n } from '../n8n';
import { MB, pictureFile } from '../pictures';
import { Ledger, type CaseResult } from '../stats';
import { httpSwapNode, swapNode, workflowOf, type Part } from '../workflows';

const AT_ONCE = 8;
/** In MB. */
const SIZES = [5, 25, 50];
/** What the node sends in each run, in MB: the garbage grows with it, whatever the pictures' size. */
const VOLUME = 800;
/** Between two looks at the memory. */
const LOOK_EVERY_MS = 100;
const quantity = (size: number) => `most memory held, ${size} MB pictures`;

export async function memory(bench: Bench): Promise<CaseResult[]> {
	const { simulator, api, quick } = bench;
	const ledger = new Ledger();
	await simulator.configure({ channels: AT_ONCE, blockingMs: 100, credits: RICH });
	const rounds = quick ? 3 : 9;
	const steadily = (size: number) => VOLUME / 2 / size;
	await measure(bench, ledger, { name: OURS, measured: swapNode(), jobs: steadily, rounds });
	if (!quick) {
		const measured = httpSwapNode(api.url);
		await measure(bench, ledger, { name: HTTP_AT_ONCE, measured, jobs: () => AT_ONCE, rounds });
	}
	const growth = ledger
		.samples(OURS, quantity(50))
		.map((at50, round) => at50 - (ledger.samples(OURS, quantity(5))[round] ?? NaN));
	return [
		{
			id: 'memory',
			title: 'Memory',
			work: `${AT_ONCE} jobs at once, two pictures each, ${VOLUME} MB in all by the node and ${AT_ONCE} jobs by the HTTP Request node, which would send any number at once; binaries on the file system; the most heap and buffers that n8n held, less those before the run, each time after a garbage collection. Resident memory says little of a node: it depends on when Node collects what is free already.`,
			targets: [
				{
					what: 'Most memory held, 25 MB pictures',
					unit: 'MB',
					atMost: 32,
					samples: ledger.samples(OURS, quantity(25)),
				},
				{ what: 'Growth from 5 to 50 MB pictures', unit: 'MB', atMost: 8, samples: growth },
			],
			figures: ledger.figures,
			plots: SIZES.map(quantity),
		},
	];
}

interface Contender {
	name: string;
	measured: Part;
	/** How many, for pictures of so many MB. */
	jobs: (size: number) => number;
	rounds: number;
}

async function measure(
	{ api }: Bench,
	ledger: Ledger,
	{ name, measured, jobs, rounds }: Contender,
): Promise<void> {
	const port = await freePort();
	const n8n = await BenchN8n.start('n8n-memory', api, inspected(port));
	const run = async (size: number) => {
		const picture = await pictureFile(size * MB);
		const { credential } = n8n;
		const items = jobs(size);
		const before = await heldMemory(port);
		const ended = n8n.run(workflowOf({ name: 'memory', measured, picture, items, credential }));
		return ((await mostHeld(port, ended)) - before) / MB;
	};
	try {
		await interleaved(
			rounds,
			SIZES.map((size) => async (counts: boolean) => {
				const peak = await run(size);
				if (counts) ledger.add(name, quantity(size), 'MB', peak);
			}),
		);
	} finally {
		await n8n.stop();
	}
}

/** The most bytes that the process held until the work had ended. */
async function mostHeld(port: number, work: Promise<unknown>): Promise<number> {
	let hasEnded = false;
	const ended = work.finally(() => (hasEnded = true));
	let most = 0;
	while (!hasEnded) {
		most = Math.max(most, await heldMemory(port));
		await Promise.race([ended, setTimeout(LOOK_EVERY_MS)]);
	}
	await ended;
	return most;
}
