/** Queue mode: every job ends once, though a worker dies on the way. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

import { cacheFolder } from '../../tooling/n8n/folders';
import { itemsOf, type ExecutionSummary } from '../../tooling/n8n/client';
import { startQueue, type Queue } from '../../tooling/n8n/queue';
import type { JobView, Simulator } from '../../simulator';
import { newDiscordToken, registered, resultOf, sha256, startApi } from './support/api';
import { filesWith, holds } from './support/leaks';
import { emptyFolder } from './support/instance';
import { until } from '../../tooling/n8n/until';
import { n8n1, n8n2, type N8nVersion } from '../../tooling/n8n/versions';
import {
	action,
	chain,
	doNothing,
	jobTrigger,
	manualStart,
	readFiles,
	type Credentials,
} from './support/workflows';

/** n8n looks every three minutes for executions that a dead worker has left. */
const LIMIT_MS = 8 * 60_000;
const ITEMS = 10;
/**
 * How long each of five channels works on a job: n8n gets five callbacks in two seconds. n8n 2 makes an isolate
 * for each before it reads it, and one that it has not read after ten seconds is lost.
 */
const BLOCKING_MS = 2000;
/** Executions at once in a worker, as n8n sets it. */
const CONCURRENCY = 10;
const type = 'useApiNetApi';
const picturesFolder = join(cacheFolder, 'e2e', 'queue-pictures');

interface Case {
	version: N8nVersion;
	binaryMode: string;
	batches: number;
	/** A worker that is killed on the way. */
	killed?: {
		/** How many jobs the API has taken then. */
		after: number;
		/** How the executions end that were submitting. */
		submitting: RegExp;
		/** How many of the trigger's executions may die with it: n8n 1 runs them again. */
		listenersLost: number;
	};
}

const cases: Case[] = [
	{
		version: n8n2,
		binaryMode: 'filesystem',
		batches: 5,
		killed: {
			after: 15,
			submitting: /failed to be processed too many times/,
			listenersLost: CONCURRENCY,
		},
	},
	{ version: n8n2, binaryMode: 'database', batches: 2 },
	{
		version: n8n1,
		binaryMode: 'filesystem',
		batches: 5,
		killed: { after: 15, submitting: /n8n runs this execution once more/, listenersLost: 0 },
	},
];

type Picture = [jobId: string, sha256: string];

const pad = (number: number) => String(number).padStart(2, '0');

/** Names of the pictures of some batches, e.g. `03-17.png`. */
const namesOf = (batches: number): string[] =>
	Array.from({ length: batches * ITEMS }, (_, index) => {
		const batch = Math.floor(index / ITEMS);
		return `${pad(batch)}-${pad(index % ITEMS)}.png`;
	});

/** A small picture whose colours no other one has. */
async function drawPicture(name: string, index: number): Promise<void> {
	const background = { r: index, g: 255 - index, b: (index * 7) % 256 };
	const picture = sharp({ create: { width: 96, height: 120, channels: 3, background } });
	await writeFile(join(picturesFolder, name), await picture.png().toBuffer());
}

/** Every job that was submitted, by the name of its picture. */
const jobsByPicture = (jobs: readonly JobView[]) => jobs.map(({ replyRef }) => replyRef).sort();

describe.each(cases)(
	'Queue mode of $version.title, pictures in the $binaryMode',
	({ version, binaryMode, batches, killed }) => {
		const names = namesOf(batches);
		const discord = newDiscordToken();
		let api: Simulator;
		let queue: Queue;
		let credentials: Credentials;
		let batchRuns: ExecutionSummary[];
		let listenerOutput: Picture[];

		/** Starts an execution, by the webhook process, that swaps these pictures on one channel. */
		const submit = async (files: string, batch: number) => {
			const query = new URLSearchParams({ files, channel: api.channels[batch] ?? '' });
			// 404 while the workflow is being activated.
			await until('the webhook of the batches', async () => {
				const { status } = await fetch(`${queue.webhookUrls[0]}/webhook/batch?${query}`);
				return status === 200;
			});
		};

		const saveWorkflows = async () => {
			const { client } = queue;
			const data = { apiToken: api.token, baseUrl: api.url };
			const id = await client.saveCredential({ name: type, type, data });
			credentials = { [type]: { id, name: type } };
			const start = {
				name: 'Webhook',
				type: 'n8n-nodes-base.webhook',
				parameters: { path: 'batch', options: {} },
				webhookId: 'batch',
			};
			const swap = action('picsi/swap', credentials, {
				channel: {
					__rl: true,
					mode: 'id',
					value: "={{ $('Webhook').first().json.query.channel }}",
				},
				targetImage: { __rl: true, mode: 'binary', value: 'data' },
				additionalFields: { replyRef: '={{ $json.fileName }}' },
			});
			const read = readFiles(`=${picturesFolder}/{{ $json.query.files }}`);
			await client.saveWorkflow(chain('batch', start, read, swap));
			await client.saveWorkflow(chain('listener', jobTrigger(credentials), doNothing));
			for (const workflow of ['batch', 'listener']) await client.activate(workflow);
			await registered(api);
		};

		/** Kills a worker as a crash does, and starts another one in its place. */
		const replaceAWorker = async () => {
			const [worker] = queue.workers;
			if (!worker) throw new Error('No worker runs');
			process.kill(worker.pid, 'SIGKILL');
			await worker.ended;
			await queue.addWorker();
		};

		/** SHA-256 of each picture that a workflow's executions put out at this node, by job. */
		const picturesFrom = async (runs: ExecutionSummary[], node: string) => {
			const pictures: Picture[] = [];
			for (const { id } of runs) {
				for (const item of itemsOf(await queue.client.execution(id), node)) {
					const bytes = await queue.client.bytesOf(item);
					pictures.push([String(item.json.jobId), sha256(bytes)]);
				}
			}
			return pictures.sort();
		};

		const resultsOf = async (jobs: readonly JobView[]) => {
			const results = jobs.map(async (job): Promise<Picture> => [job.jobid, await resultOf(job)]);
			return (await Promise.all(results)).sort();
		};

		const succeeded = (runs: ExecutionSummary[]) =>
			runs.filter(({ status }) => status === 'success');

		beforeAll(async () => {
			await emptyFolder('queue-pictures');
			await Promise.all(names.map(drawPicture));
			const channels = Array.from({ length: batches }, (_, index) => {
				const number = String(index + 1).padStart(4, '0');
				const credits = { total: 10_000, used: 0 };
				return {
					channel: `11222774818224${number}`,
					server: `11222264771611${number}`,
					discord,
					credits,
				};
			});
			api = await startApi({ channels, blockingMs: BLOCKING_MS });
			queue = await startQueue({
				folder: await emptyFolder('queue'),
				version,
				workers: 2,
				env: {
					N8N_DEFAULT_BINARY_DATA_MODE: binaryMode,
					N8N_RESTRICT_FILE_ACCESS_TO: picturesFolder,
				},
			});
			await saveWorkflows();
		});

		afterAll(async () => {
			await queue?.stop();
			await api?.close();
		});

		const listened = async (count: number) =>
			await queue.client.endOfAll('listener', count, LIMIT_MS);

		const missing = () => {
			const submitted = new Set(jobsByPicture(api.jobs));
			return names.filter((name) => !submitted.has(name));
		};

		it('submits nothing twice, whatever happens to the workers', async () => {
			await Promise.all(
				api.channels.map(async (_, batch) => await submit(`${pad(batch)}-*.png`, batch)),
			);
			if (killed) {
				await until(`${killed.after} jobs`, async () => api.jobs.length >= killed.after, LIMIT_MS);
				await replaceAWorker();
			}
			batchRuns = await queue.client.endOfAll('batch', batches, LIMIT_MS);
			const submitted = jobsByPicture(api.jobs);
			expect(submitted).toEqual([...new Set(submitted)]);

			const failed = batchRuns.filter(({ status }) => status !== 'success');
			expect(failed.length > 0).toBe(killed !== undefined);
			for (const { id } of failed) {
				const { error } = await queue.client.execution(id);
				expect(error?.message).toMatch(killed?.submitting ?? '');
			}
		});

		it('has every picture swapped once what is left has been asked for again', async () => {
			const left = missing();
			if (left.length > 0) await submit(left.length > 1 ? `{${left.join(',')}}` : `${left}`, 0);
			const runs = left.length > 0 ? batches + 1 : batches;
			batchRuns = await queue.client.endOfAll('batch', runs, LIMIT_MS);
			expect(jobsByPicture(api.jobs)).toEqual(names);
			expect(new Set(api.jobs.map(({ status }) => status))).toEqual(new Set(['completed']));
		});

		it('delivers each picture once through the trigger, but for what died with a worker', async () => {
			const runs = await listened(names.length);
			// n8n 2 empties what a dead worker had begun: nothing is left that its Retry could run.
			const lost = runs.length - succeeded(runs).length;
			expect(lost).toBeLessThanOrEqual(killed?.listenersLost ?? 0);
			listenerOutput = await picturesFrom(succeeded(runs), 'End');
			const ids = new Set(listenerOutput.map(([jobId]) => jobId));
			const jobs = api.jobs.filter(({ jobid }) => ids.has(jobid));
			// An execution that finds the job of another process puts nothing out.
			expect(listenerOutput).toHaveLength(names.length - lost);
			expect(listenerOutput).toEqual(await resultsOf(jobs));
		});

		it('gets what died with a worker by its job ID', async () => {
			const ids = new Set(listenerOutput.map(([jobId]) => jobId));
			// Of none, some, or many: one that did not die is asked for as well, so that one always is.
			const asked = api.jobs.filter(({ jobid }, index) => index === 0 || !ids.has(jobid));
			const got: Picture[] = [];
			for (const { jobid } of asked) {
				const get = action('job/get', credentials, { jobId: jobid });
				const [item] = await queue.client.runToItems(chain('get', manualStart, get));
				got.push([jobid, sha256(await queue.client.bytesOf(item))]);
			}
			expect(got.sort()).toEqual(await resultsOf(asked));
		});

		it('delivers the pictures of each batch that ended in its own output', async () => {
			const delivered = await picturesFrom(succeeded(batchRuns), 'InsightFaceSwap');
			const ids = new Set(delivered.map(([jobId]) => jobId));
			const jobs = api.jobs.filter(({ jobid }) => ids.has(jobid));
			expect(delivered).toEqual(await resultsOf(jobs));
			expect(delivered.length).toBeGreaterThanOrEqual(ITEMS * (succeeded(batchRuns).length - 1));
		});

		it('leaves no token in the database, a log or a stored file', async () => {
			const dump = await queue.database.dump();
			expect(holds(dump, api.jobs[0]?.jobid ?? '')).toBe(true);
			await queue.stop();
			for (const secret of [api.token, discord]) {
				expect(holds(dump, secret)).toBe(false);
				expect(await filesWith(secret, queue.folder)).toEqual([]);
			}
		});
	},
);
