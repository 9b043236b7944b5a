/** Results of finished jobs, brought into n8n's store. */
import { join } from 'node:path';
import {
	BARE_DOWNLOAD,
	FULL_HEAP,
	HTTP_AT_ONCE,
	interleaved,
	OURS,
	RICH,
	UNDICI,
	UNDICI_FULL,
	type Bench,
} from '../context';
import { withFullHeap } from '../ballast';
import { benchFolder, MB } from '../pictures';
import { forgetPeak, peakMemory, residentMemory } from '../process-usage';
import { downloadWithUndici, finishedJob, readJob } from '../raw';
import { Ledger, type CaseResult } from '../stats';
import { bareDownload, httpNode, swapNode, workflowOf, type Part } from '../workflows';

const FILES = 8;
/** As many as the node downloads at once. */
const AT_ONCE = 4;
const BYTES = 25 * MB;
const TIME = 'time per file';
const PEAK = 'peak above idle';

export async function download(bench: Bench): Promise<CaseResult[]> {
	const { simulator, n8n, api, quick } = bench;
	const ledger = new Ledger();
	await simulator.configure({
		channels: 1,
		submitMs: 0,
		blockingMs: 0,
		credits: RICH,
		resultSize: BYTES,
	});
	const { jobid, attachments } = await finishedJob(api);

	const get = { resource: 'job', operation: 'get', jobId: jobid, downloadResults: true };
	const options = { response: { response: { responseFormat: 'file' } } };
	const url = attachments?.[0]?.url ?? '';
	const peer = httpNode({ url, authentication: 'none', options });

	const inN8n = (contender: string, measured: Part) => async (counts: boolean) => {
		const before = await residentMemory(n8n.pid);
		await forgetPeak(n8n.pid);
		const { credential } = n8n;
		const run = await n8n.run(
			workflowOf({ name: `download ${contender}`, measured, items: FILES, credential }),
		);
		if (!counts) return;
		ledger.add(contender, TIME, 'ms', run.busyMs / FILES);
		ledger.add(contender, PEAK, 'MB', (await peakMemory(n8n.pid)) - before);
	};

	/** Like the node: the job is read first, four at a time. */
	const raw = (contender: string) => async (counts: boolean) => {
		const startedAt = performance.now();
		const numbers = Array.from({ length: FILES }, (_, index) => index);
		const reader = async () => {
			for (let index = numbers.shift(); index !== undefined; index = numbers.shift()) {
				const { attachments } = await readJob(api, jobid);
				await downloadWithUndici(
					attachments?.[0]?.url ?? '',
					join(benchFolder, `download-${index}`),
				);
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, reader));
		if (counts) ledger.add(contender, TIME, 'ms', (performance.now() - startedAt) / FILES);
	};

	const full = raw(UNDICI_FULL);
	await interleaved(quick ? 2 : 5, [
		inN8n(OURS, swapNode(get)),
		inN8n(BARE_DOWNLOAD, bareDownload(url, AT_ONCE)),
		inN8n(HTTP_AT_ONCE, peer),
		raw(UNDICI),
		async (counts) => await withFullHeap(async () => await full(counts)),
	]);
	return [
		{
			id: 'download',
			title: 'Result download',
			work: `${FILES} results of 25 MB each, four at a time, into n8n's store or, outside n8n, into files.`,
			targets: [
				{
					what: `Time per file against ${UNDICI}`,
					unit: '',
					atMost: 1.1,
					bound: FULL_HEAP,
					samples: ledger.ratios(TIME, OURS, UNDICI),
				},
				{
					what: `Time per file against ${BARE_DOWNLOAD}`,
					unit: '',
					atMost: 1.1,
					samples: ledger.ratios(TIME, OURS, BARE_DOWNLOAD),
				},
				{
					what: `Time per file against ${HTTP_AT_ONCE}`,
					unit: '',
					atMost: 1.1,
					samples: ledger.ratios(TIME, OURS, HTTP_AT_ONCE),
				},
				{ what: 'Peak above idle', unit: 'MB', atMost: 48, samples: ledger.samples(OURS, PEAK) },
			],
			figures: ledger.figures,
			plots: [TIME],
		},
	];
}
