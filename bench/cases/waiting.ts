/** What an execution costs n8n while its only item waits for a channel. */
import { freePort } from '../../tooling/n8n/ports';
import { interleaved, OURS, RICH, WAIT, type Bench } from '../context';
import { after, WebhookWorkflow } from '../executions';
import { inspected, heldMemory } from '../heap';
import { BenchN8n } from '../n8n';
import { KB, pictureFile } from '../pictures';
import { Ledger, type CaseResult } from '../stats';
import { calledWorkflow, swapNode, waitNode, type Part } from '../workflows';

const MEMORY = 'memory above idle';
/** Longer than it takes to start the executions and to look at what they hold. */
const HOLD_MS = 45_000;

export async function waiting({ simulator, api, quick }: Bench): Promise<CaseResult[]> {
	const executions = quick ? 50 : 200;
	const ledger = new Ledger();
	const port = await freePort();
	const n8n = await BenchN8n.start('n8n-heap', api, inspected(port));
	const picture = await pictureFile(50 * KB);
	const setting = { channels: 1, credits: RICH };

	const contender = async (name: string, measured: Part) => {
		await simulator.configure(setting);
		const workflow = calledWorkflow(`waiting ${name}`, measured, picture, n8n.credential);
		const webhook = await WebhookWorkflow.publish(n8n.target, workflow);
		return async (counts: boolean) => {
			if (!counts) return;
			await simulator.configure({ ...setting, blockingMs: HOLD_MS });
			const idle = await heldMemory(port);
			for (let call = 0; call < executions; call++) await webhook.call();
			await after(5000);
			const { calls } = await simulator.seen();
			if (name === OURS && calls !== 1) throw new Error(`The node has sent ${calls} jobs, not one`);
			const held = (await heldMemory(port)) - idle;
			await simulator.adjust({ blockingMs: 0 });
			await webhook.ends(executions);
			ledger.add(name, MEMORY, 'MB', held / 1e6);
		};
	};
	try {
		await interleaved(quick ? 1 : 2, [
			await contender(WAIT, waitNode(HOLD_MS / 1000)),
			await contender(OURS, swapNode()),
		]);
	} finally {
		await n8n.stop();
	}
	const others = ledger.samples(WAIT, MEMORY);
	return [
		{
			id: 'waiting',
			title: 'Memory of waiting executions',
			work: `${executions} executions of one item each, with a picture of 50 kB, while the first is being served; memory of n8n after a collection, buffers included, less that before. What n8n itself keeps of a running execution is what its Wait node makes it keep.`,
			targets: [
				{
					what: "Memory of a waiting execution, above that in n8n's Wait node",
					unit: 'kB',
					atMost: 4,
					samples: ledger
						.samples(OURS, MEMORY)
						.map((held, round) => ((held - (others[round] ?? NaN)) * 1000) / executions),
				},
			],
			figures: ledger.figures,
			plots: [],
		},
	];
}
