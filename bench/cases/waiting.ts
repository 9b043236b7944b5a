/** What n8n holds in memory for items and executions that wait for a channel. */
import { freePort } from '../../tooling/n8n/ports';
import { interleaved, OURS, RICH, WAIT, type Bench } from '../context';
import { after, WebhookWorkflow } from '../executions';
import { inspected, heldMemory } from '../heap';
import { BenchN8n } from '../n8n';
import { KB, pictureFile } from '../pictures';
import { Ledger, type CaseResult, type Target } from '../stats';
import { calledWorkflow, swapNode, waitNode, workflowOf, type Part } from '../workflows';

const MEMORY = 'memory above idle';
/** Longer than it takes to start the work and to look at what it holds. */
const HOLD_MS = 25_000;
const SETTLE_MS = 5000;

/** Work of which all but one part wait. */
interface Work {
	/** Starts it, and gives a function that waits for its end. */
	start: () => Promise<() => Promise<unknown>>;
	unpublish?: () => Promise<void>;
}

/** Makes so many parts of work for a node, all at once. */
type Prepare = (name: string, measured: Part) => Promise<Work>;

export async function waiting(bench: Bench): Promise<CaseResult[]> {
	const port = await freePort();
	const n8n = await BenchN8n.start('n8n-heap', bench.api, inspected(port));
	const picture = await pictureFile(50 * KB);
	const { credential, target } = n8n;
	const items = bench.quick ? 500 : 1000;
	const executions = 200;

	const batch: Prepare = async (name, measured) => ({
		start: async () => {
			const id = await n8n.begin(workflowOf({ name, measured, picture, items, credential }));
			return async () => await n8n.end(id);
		},
	});
	const calls: Prepare = async (name, measured) => {
		const workflow = calledWorkflow(name, measured, picture, credential);
		const webhook = await WebhookWorkflow.publish(target, workflow);
		return {
			start: async () => {
				for (let call = 0; call < executions; call++) await webhook.call();
				return async () => await webhook.ends(executions);
			},
			unpublish: async () => await webhook.unpublish(),
		};
	};
	try {
		const ofItems = await measure(bench, port, batch);
		const ofExecutions = await measure(bench, port, calls);
		return [
			{
				id: 'waiting',
				title: 'Memory of waiting items',
				work: `One execution of ${items} items, each with a picture of 50 kB, while the first is being served; memory of n8n after a collection, buffers included, less that before. What n8n itself keeps of the items is what its Wait node makes it keep.`,
				targets: [{ ...perPart(ofItems, items, 'item'), atMost: 4 }],
				figures: ofItems.figures,
				plots: [],
			},
			{
				id: 'waiting-executions',
				title: 'Memory of waiting executions',
				work: `The same with ${executions} executions of one item each.`,
				targets: [{ ...perPart(ofExecutions, executions, 'execution'), atMost: 20 }],
				figures: ofExecutions.figures,
				plots: [],
			},
		];
	} finally {
		await n8n.stop();
	}
}

async function measure(
	{ simulator, quick }: Bench,
	port: number,
	prepare: Prepare,
): Promise<Ledger> {
	const ledger = new Ledger();
	const setting = { channels: 1, credits: RICH };
	const contender = async (name: string, measured: Part) => {
		await simulator.configure(setting);
		const work = await prepare(`waiting ${name}`, measured);
		const run = async (counts: boolean) => {
			await simulator.configure({ ...setting, blockingMs: HOLD_MS });
			const idle = await heldMemory(port);
			const end = await work.start();
			await after(SETTLE_MS);
			const { calls } = await simulator.seen();
			if (name === OURS && calls !== 1) throw new Error(`The node has sent ${calls} jobs, not one`);
			const held = (await heldMemory(port)) - idle;
			if (counts) ledger.add(name, MEMORY, 'MB', held / 1e6);
			await simulator.adjust({ blockingMs: 0 });
			await end();
		};
		return { ...work, run };
	};
	const others = await contender(WAIT, waitNode(HOLD_MS / 1000));
	const ours = await contender(OURS, swapNode());
	await interleaved(quick ? 1 : 2, [others.run, ours.run]);
	await Promise.all([others.unpublish?.(), ours.unpublish?.()]);
	return ledger;
}

/** In kB. */
function perPart(ledger: Ledger, parts: number, part: string): Omit<Target, 'atMost'> {
	const others = ledger.samples(WAIT, MEMORY);
	const samples = ledger
		.samples(OURS, MEMORY)
		.map((held, round) => ((held - (others[round] ?? NaN)) * 1000) / parts);
	return {
		what: `Memory of a waiting ${part}, above that in n8n's Wait node`,
		unit: 'kB',
		samples,
	};
}
