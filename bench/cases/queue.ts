/** Executions in queue mode: its workers are processes that know nothing of each other's jobs. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startQueue } from '../../tooling/n8n/queue';
import { ensureServices } from '../../tooling/n8n/services';
import { HTTP_RETRY, interleaved, OURS, RICH, type Bench } from '../context';
import { endOf, WebhookWorkflow } from '../executions';
import { benchFolder, KB, pictureFile } from '../pictures';
import { Ledger, type CaseResult } from '../stats';
import { calledWorkflow, httpSwapNode, swapNode, withRetry, type Part } from '../workflows';
import { optimum } from './makespan';

const WORKERS = 2;
const EXECUTIONS = 20;
const SERVICE_MS = [1000, 1000];
const TIME = 'time until all have ended';
const BUSY = 'calls answered 429';
const FAILED = 'executions that failed';

/** A queue in an empty folder below the benchmark's. */
export async function benchQueue(workers: number) {
	await ensureServices();
	const folder = join(benchFolder, 'queue');
	await rm(folder, { recursive: true, force: true });
	await mkdir(folder, { recursive: true });
	return await startQueue({
		folder,
		workers,
		env: {
			N8N_RESTRICT_FILE_ACCESS_TO: benchFolder,
			N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
		},
	});
}

export async function queue({ simulator, api, quick }: Bench): Promise<CaseResult[]> {
	const ledger = new Ledger();
	const picture = await pictureFile(50 * KB);
	const setting = { channels: SERVICE_MS.length, credits: RICH, blockingMs: SERVICE_MS[0] };
	await simulator.configure(setting);
	const n8n = await benchQueue(WORKERS);
	const { client, webhookUrls } = n8n;
	const target = { client, webhookUrl: webhookUrls[0] ?? '' };

	const contender = async (
		name: string,
		measured: Part,
		credential: { id: string; name: string },
	) => {
		const workflow = calledWorkflow(`queue ${name}`, measured, picture, credential);
		const webhook = await WebhookWorkflow.publish(target, workflow);
		return async (counts: boolean) => {
			if (!counts) return;
			await simulator.configure(setting);
			const startedAt = Date.now();
			const ended = await webhook.callAtOnce(EXECUTIONS);
			ledger.add(name, TIME, 's', (Math.max(...ended.map(endOf)) - startedAt) / 1000);
			ledger.add(name, BUSY, '', (await simulator.seen()).busy);
			ledger.add(name, FAILED, '', ended.filter(({ status }) => status !== 'success').length);
		};
	};

	try {
		const data = { apiToken: api.token, baseUrl: api.url };
		const name = 'Simulator';
		const id = await client.saveCredential({ name, type: 'useApiNetApi', data });
		await interleaved(quick ? 1 : 3, [
			await contender(OURS, swapNode(), { id, name }),
			...(quick
				? []
				: [await contender(HTTP_RETRY, withRetry(httpSwapNode(api.url)), { id, name })]),
		]);
	} finally {
		await n8n.stop();
	}
	const ideal = optimum(EXECUTIONS, SERVICE_MS) / 1000;
	return [
		{
			id: 'queue',
			title: 'Queue mode',
			work: `${EXECUTIONS} webhook calls at once start an execution of one item each, in ${WORKERS} workers, over ${SERVICE_MS.length} channels that take ${SERVICE_MS.map((ms) => ms / 1000).join(', ')} s a job; the best possible schedule takes ${ideal} s. Workers learn of each other's jobs only by the answer 429.`,
			targets: [],
			figures: ledger.figures,
			plots: [TIME, BUSY],
		},
	];
}
