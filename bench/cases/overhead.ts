/** What a job costs beside the API's own time: the API answers at once, one channel serves all. */
import {
	BARE_UPLOAD,
	FORM_DATA,
	FULL_HEAP,
	HTTP_AT_ONCE,
	HTTP_LOOP,
	interleaved,
	OURS,
	RICH,
	UNDICI,
	UNDICI_FULL,
	type Bench,
} from '../context';
import { withFullHeap } from '../ballast';
import { KB, MB, pictureFile } from '../pictures';
import { swapWithFormData, swapWithUndici, type Call } from '../raw';
import { Ledger, type CaseResult } from '../stats';
import {
	bareUpload,
	channelOf,
	httpSwapNode,
	nothingNode,
	swapNode,
	workflowOf,
	type Feed,
	type Part,
} from '../workflows';

const NOTHING = 'nothing';
const CHANNELS = 1000;
const TIME = 'time per job';
const PROCESSOR = 'processor time per job';

interface Size {
	name: string;
	bytes: number;
	jobs: number;
}

const SMALL: Size = { name: 'small', bytes: 50 * KB, jobs: 200 };
const LARGE: Size = { name: 'large', bytes: 2 * MB, jobs: 100 };

export async function overhead(bench: Bench): Promise<CaseResult[]> {
	const small = await measure(bench, SMALL);
	const large = await measure(bench, LARGE);
	return [
		result(SMALL, small, [
			{ other: HTTP_LOOP, atMost: 0.75 },
			{ other: BARE_UPLOAD, atMost: 1.1 },
		]),
		result(LARGE, large, [
			{ other: HTTP_LOOP, atMost: 0.95 },
			{ other: BARE_UPLOAD, atMost: 1.1 },
			{ other: UNDICI, atMost: 1.6, bound: FULL_HEAP },
			{ other: UNDICI_FULL, atMost: 1.6 },
		]),
	];
}

function result(
	{ name, bytes, jobs }: Size,
	ledger: Ledger,
	targets: Array<{ other: string; atMost: number; bound?: string }>,
): CaseResult {
	const size = bytes < MB ? `${bytes / KB} kB` : `${bytes / MB} MB`;
	return {
		id: `overhead-${name}`,
		title: `Overhead, ${name} pictures`,
		work: `${jobs} jobs with two pictures of ${size} each; the API answers at once.`,
		targets: targets.map(({ other, atMost, bound }) => ({
			what: `Time per job against ${other}`,
			unit: '',
			atMost,
			bound,
			samples: ledger.ratios(TIME, OURS, other),
		})),
		figures: ledger.figures.filter(({ contender }) => contender !== NOTHING),
		plots: [TIME, PROCESSOR],
	};
}

async function measure(bench: Bench, size: Size): Promise<Ledger> {
	const { name, bytes } = size;
	const { simulator, n8n, api, quick } = bench;
	const jobs = quick ? size.jobs / 4 : size.jobs;
	const ledger = new Ledger();
	const picture = await pictureFile(bytes);
	const { channels } = await simulator.configure({ channels: CHANNELS });
	const channel = channels[0] ?? '';

	const afresh = async () =>
		await simulator.configure({ channels: CHANNELS, blockingMs: 0, credits: RICH });

	/** Time of the node alone; its processor time is the workflow's less that of one that does nothing. */
	const inN8n = (contender: string, measured: Part, feed?: Feed) => async (counts: boolean) => {
		await afresh();
		const workflow = { measured, picture, items: jobs, feed, credential: n8n.credential };
		const run = await n8n.run(workflowOf({ ...workflow, name: `overhead ${contender}` }));
		if (!counts) return;
		const nothing = ledger.samples(NOTHING, PROCESSOR).at(-1) ?? 0;
		if (contender !== NOTHING) ledger.add(contender, TIME, 'ms', run.busyMs / jobs);
		ledger.add(contender, PROCESSOR, 'ms', run.processorMs / jobs - nothing);
		const { busy, completed } = await simulator.seen();
		if (contender !== NOTHING) ledger.add(contender, 'jobs done', '', completed);
		if (contender !== NOTHING) ledger.add(contender, 'answered 429', '', busy);
	};

	const outside =
		(contender: string, send: (call: Call) => Promise<void>) => async (counts: boolean) => {
			await afresh();
			const used = process.cpuUsage();
			const startedAt = performance.now();
			for (let job = 0; job < jobs; job++) await send({ ...api, channel, picture });
			if (!counts) return;
			const { user, system } = process.cpuUsage(used);
			ledger.add(contender, TIME, 'ms', (performance.now() - startedAt) / jobs);
			ledger.add(contender, PROCESSOR, 'ms', (user + system) / 1000 / jobs);
			ledger.add(contender, 'jobs done', '', (await simulator.seen()).completed);
		};

	const full = outside(UNDICI_FULL, swapWithUndici);

	console.log(`  ${name} pictures`);
	await interleaved(quick ? 3 : 5, [
		inN8n(NOTHING, nothingNode),
		inN8n(OURS, swapNode(channelOf(channel))),
		inN8n(BARE_UPLOAD, bareUpload(api.url, channel)),
		...(quick ? [] : [inN8n(HTTP_AT_ONCE, httpSwapNode(api.url))]),
		inN8n(HTTP_LOOP, httpSwapNode(api.url, channel), 'loop'),
		outside(UNDICI, swapWithUndici),
		async (counts) => await withFullHeap(async () => await full(counts)),
		...(quick ? [] : [outside(FORM_DATA, swapWithFormData)]),
	]);
	return ledger;
}
