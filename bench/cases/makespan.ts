/** How long a batch takes over several channels, each of which runs one job at a time. */
import {
	HTTP_AT_ONCE,
	HTTP_BATCHES,
	interleaved,
	OURS,
	RICH,
	UNDICI,
	type Bench,
} from '../context';
import { KB, pictureFile } from '../pictures';
import { swapWithUndici } from '../raw';
import { Ledger, type CaseResult } from '../stats';
import { httpSwapNode, swapNode, workflowOf, type Part } from '../workflows';

const JOBS = 60;
const TIME = 'time until all are answered';
const REFUSED = 'share of calls answered 429';
const FAILED = 'jobs that failed';

/** The least time in which channels of these service times can do the jobs, in milliseconds. */
export const optimum = (jobs: number, serviceMs: number[]): number =>
	greedy(Array<number>(jobs).fill(0), serviceMs);

/** How long jobs take that come so many milliseconds after the first, each on the channel that ends it first. */
export function greedy(comesAt: number[], serviceMs: number[]): number {
	const freeAt = serviceMs.map(() => 0);
	for (const comes of comesAt) {
		const ends = freeAt.map((free, channel) => Math.max(free, comes) + (serviceMs[channel] ?? 0));
		const best = ends.indexOf(Math.min(...ends));
		freeAt[best] = ends[best] ?? 0;
	}
	return Math.max(...freeAt);
}

interface Plan {
	id: string;
	title: string;
	serviceMs: number[];
	atMost: number;
	/** Long enough for every job of a batch. */
	batchInterval: number;
}

const EQUAL: Plan = {
	id: 'makespan',
	title: 'Makespan',
	serviceMs: [500, 500, 500],
	atMost: 1.05,
	batchInterval: 600,
};

const UNEQUAL: Plan = {
	id: 'makespan-unequal',
	title: 'Makespan, channels of unequal speed',
	serviceMs: [200, 400, 700, 1200, 2000],
	atMost: 1.1,
	batchInterval: 2100,
};

export async function makespan(bench: Bench): Promise<CaseResult[]> {
	return [await measure(bench, EQUAL), await measure(bench, UNEQUAL)];
}

async function measure(bench: Bench, plan: Plan): Promise<CaseResult> {
	const { simulator, n8n, api, quick } = bench;
	const { id, title, serviceMs, atMost, batchInterval } = plan;
	const ledger = new Ledger();
	const picture = await pictureFile(50 * KB);
	const size = { channels: serviceMs.length, credits: RICH };
	const { channels } = await simulator.configure(size);
	const blockingMs = Object.fromEntries(channels.map((one, index) => [one, serviceMs[index] ?? 0]));

	const contender = (name: string, measured: Part, items: number) => async (counts: boolean) => {
		// Nothing to warm up twice: a run of this length is worth more as a round that counts.
		if (!counts && (id !== EQUAL.id || name === HTTP_BATCHES)) return;
		await simulator.configure({ ...size, blockingMs });
		const { credential } = n8n;
		const run = await n8n.run(
			workflowOf({ name: `span ${name}`, measured, picture, items, credential }),
		);
		if (!counts) return;
		const { calls, busy, completed } = await simulator.seen();
		ledger.add(name, TIME, 's', run.busyMs / 1000);
		ledger.add(name, REFUSED, '%', (100 * busy) / calls);
		ledger.add(name, FAILED, '', items - completed);
	};

	/** Each channel is given the next job as soon as it is free. */
	const raw = async (counts: boolean) => {
		if (!counts) return;
		await simulator.configure({ ...size, blockingMs });
		const startedAt = performance.now();
		let left = JOBS;
		const serve = async (channel: string) => {
			while (left-- > 0) await swapWithUndici({ ...api, channel, picture });
		};
		await Promise.all(channels.map(serve));
		ledger.add(UNDICI, TIME, 's', (performance.now() - startedAt) / 1000);
	};

	const inTurn = `={{ ${JSON.stringify(channels)}[$json.index % ${channels.length}] }}`;
	const batch = { batchSize: channels.length, batchInterval };
	await interleaved(quick ? 3 : 5, [
		contender(OURS, swapNode(), JOBS),
		...(quick
			? []
			: [
					raw,
					contender(HTTP_AT_ONCE, httpSwapNode(api.url), JOBS),
					contender(HTTP_BATCHES, httpSwapNode(api.url, inTurn, batch), JOBS),
				]),
	]);
	const ideal = optimum(JOBS, serviceMs) / 1000;
	const refused = { what: 'Share of calls answered 429', unit: '%', atMost: 1 };
	return {
		id,
		title,
		work: `${JOBS} jobs over ${channels.length} channels that take ${serviceMs.map((ms) => ms / 1000).join(', ')} s a job; the best possible schedule takes ${ideal} s.`,
		targets: [
			{
				what: 'Time against the best possible schedule',
				unit: '',
				atMost,
				samples: ledger.samples(OURS, TIME).map((time) => time / ideal),
			},
			{ ...refused, samples: ledger.samples(OURS, REFUSED) },
			{ what: 'Jobs that failed', unit: '', atMost: 0, samples: ledger.samples(OURS, FAILED) },
		],
		figures: ledger.figures,
		plots: [TIME, FAILED],
	};
}
