/** Whether channels wait for the downloads of the pictures that they are to work on. */
import { HTTP_BATCHES, interleaved, OURS, RICH, type Bench } from '../context';
import { servePictures } from '../picture-server';
import { KB, pictureFile } from '../pictures';
import { Ledger, type CaseResult } from '../stats';
import { httpSwapNode, swapNode, withRetry, workflowOf, type Part } from '../workflows';

const ITEMS = 24;
const CHANNELS = 3;
const JOB_MS = 1000;
const DOWNLOAD_MS = 1000;
const TIME = 'time until all are answered';
const BUSY = 'calls answered 429';
const FAILED = 'jobs that failed';
const RETRYING = `${HTTP_BATCHES}, Retry On Fail`;

export async function headStart(bench: Bench): Promise<CaseResult[]> {
	const { simulator, n8n, api, quick } = bench;
	const ledger = new Ledger();
	const pictures = await servePictures(await pictureFile(50 * KB), DOWNLOAD_MS);
	const setting = { channels: CHANNELS, credits: RICH, blockingMs: JOB_MS };
	const { channels } = await simulator.configure(setting);
	const url = `=${pictures.url}?{{ $json.index }}`;

	const contender =
		(name: string, measured: Part, pictureUrl?: string) => async (counts: boolean) => {
			if (!counts) return;
			await simulator.configure(setting);
			const content = { measured, items: ITEMS, pictureUrl, credential: n8n.credential };
			const { spanMs } = await n8n.run(workflowOf({ ...content, name: `slow ${name}` }));
			const { busy, completed } = await simulator.seen();
			ledger.add(name, TIME, 's', spanMs / 1000);
			ledger.add(name, BUSY, '', busy);
			ledger.add(name, FAILED, '', ITEMS - completed);
		};

	const byUrl = {
		sourceImage: { __rl: true, mode: 'url', value: url },
		targetImage: { __rl: true, mode: 'url', value: url },
	};
	const inTurn = `={{ ${JSON.stringify(channels)}[$json.index % ${channels.length}] }}`;
	const batch = { batchSize: CHANNELS, batchInterval: JOB_MS + 200 };
	try {
		await interleaved(quick ? 2 : 3, [
			contender(OURS, swapNode(byUrl)),
			...(quick ? [] : [contender(RETRYING, withRetry(httpSwapNode(api.url, inTurn, batch)), url)]),
		]);
	} finally {
		pictures.stop();
	}
	const ideal = ((ITEMS / CHANNELS) * JOB_MS + DOWNLOAD_MS) / 1000;
	return [
		{
			id: 'head-start',
			title: 'Slow pictures',
			work: `${ITEMS} items over ${CHANNELS} channels that take ${JOB_MS / 1000} s a job, with pictures that take ${DOWNLOAD_MS / 1000} s to download; one download and then the jobs take ${ideal} s. The HTTP Request node has another one before it that downloads the pictures, all at once.`,
			targets: [
				{
					what: 'Time against the best possible schedule',
					unit: '',
					atMost: 1.1,
					samples: ledger.samples(OURS, TIME).map((time) => time / ideal),
				},
				{ what: 'Calls answered 429', unit: '', atMost: 0, samples: ledger.samples(OURS, BUSY) },
				{ what: 'Jobs that failed', unit: '', atMost: 0, samples: ledger.samples(OURS, FAILED) },
			],
			figures: ledger.figures,
			plots: [TIME],
		},
	];
}
