/**
 * Example 9, a batch that survives everything: n8n is killed three times while it works on 100 rows, and
 * a third of the callbacks gets lost.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

import type { JobView, Simulator } from '../../simulator';
import type { Workflow } from '../../tooling/n8n/client';
import { projectFolder } from '../../tooling/n8n/folders';
import type { N8nInstance } from '../../tooling/n8n/instance';
import { until } from '../../tooling/n8n/until';
import { random } from '../support/random';
import { registered, resultOf, sha256, startApi } from './support/api';
import { DataTable } from './support/dataTable';
import { emptyFolder, startInstance } from './support/instance';

const ROWS = 100;
const KILLS = 3;
const SEED = 20_261_125;
const LIMIT_MS = 4 * 60_000;

/** The times of the example, and those of this test: a part every few seconds instead of minutes. */
const TIMES = [
	['"field":"minutes","minutesInterval":1', '"field":"seconds","secondsInterval":5'],
	['"field":"minutes","minutesInterval":5', '"field":"seconds","secondsInterval":10'],
	['"rightValue":45000', '"rightValue":3000'],
	['Date.now() - 120000', 'Date.now() - 5000'],
	['Date.now() - 600000', 'Date.now() - 40000'],
] as const;

interface Row {
	id: number;
	source: string;
	target: string;
	status: string;
	jobId: string | null;
	result: string | null;
	error: string | null;
	tries: number;
	inFlight: number;
	since: number;
}

const chance = random(SEED);

let api: Simulator;
let instance: N8nInstance;
let folder: string;
let table: DataTable<Row>;
/** The rows that were being sent when n8n was killed. */
const inFlightAtKill = new Set<number>();

/** The example with the folder, the times and the credential of this test. */
async function example(): Promise<Workflow> {
	const file = join(projectFolder, 'examples', '9-batch-that-survives.json');
	const text = JSON.stringify(JSON.parse(await readFile(file, 'utf8')));
	const inFolder = text.replaceAll('/home/node/.n8n-files', folder);
	const workflow = JSON.parse(
		TIMES.reduce((changed, [before, after]) => {
			if (!changed.includes(before)) throw new Error(`The example has no ${before}`);
			return changed.replaceAll(before, after);
		}, inFolder),
	) as Workflow;
	const type = 'useApiNetApi';
	const data = { apiToken: api.token, baseUrl: api.url };
	const credential = { name: type, id: '' };
	credential.id = await instance.client.saveCredential({ name: type, type, data });
	for (const node of workflow.nodes) if (node.credentials) node.credentials[type] = credential;
	return workflow;
}

/** Pictures that differ from one another, so that no result can stand for another one. */
async function drawPictures(): Promise<void> {
	await Promise.all(['targets', 'results'].map(async (name) => await mkdir(join(folder, name))));
	for (let number = 0; number <= ROWS; number++) {
		const background = { r: number, g: (number * 7) % 256, b: (number * 31) % 256 };
		const picture = await sharp({ create: { width: 48, height: 48, channels: 3, background } })
			.png()
			.toBuffer();
		const name = number === 0 ? 'face.png' : `targets/${String(number).padStart(3, '0')}.png`;
		await writeFile(join(folder, name), picture);
	}
}

/** Ends n8n as a crash does, and starts it again where it was. */
async function killAndRestart(): Promise<void> {
	await instance.kill();
	await instance.restart();
	for (const { id, status } of await table.rows()) {
		if (status === 'submitting') inFlightAtKill.add(id);
	}
}

const jobsOfRow = ({ id }: Row): JobView[] =>
	api.jobs.filter(({ replyRef }) => replyRef === `batch-${id}`);

const jobOfRow = (row: Row): JobView | undefined =>
	jobsOfRow(row).find(({ jobid }) => jobid === row.jobId);

beforeAll(async () => {
	api = await startApi({ channels: 3, blockingMs: 250, credits: { total: 800, used: 0 } });
	folder = await emptyFolder('batch-data');
	instance = await startInstance({ name: 'batch', env: { N8N_RESTRICT_FILE_ACCESS_TO: folder } });
	await drawPictures();
	const text = 'string';
	const number = 'number';
	table = await DataTable.create(instance.client, 'face_swap_tasks', {
		...{ source: text, target: text, options: text, status: text, jobId: text, result: text },
		...{ error: text, claim: text, tries: number, inFlight: number, since: number },
	});
	const workflow = await example();
	await instance.client.saveWorkflow(workflow);
	const fill = await instance.client.startWorkflow(workflow.id, 'Fill by Hand');
	await instance.client.executionEnd(fill, LIMIT_MS);
	for (const { id } of await table.rows()) {
		if (chance() < 1 / 3) {
			const match = { replyRef: `batch-${id}` };
			api.script({ match, callback: 'missing', times: Infinity });
		}
	}
	const missing = { source: join(folder, 'face.png'), target: join(folder, 'targets/none.png') };
	await table.insert([{ ...missing, status: 'new', tries: 0, inFlight: 0, since: 0 }]);
	await instance.client.activate(workflow.id);
	await registered(api);
	for (let kill = 0; kill < KILLS; kill++) {
		const share = (kill + 0.2 + 0.6 * chance()) / KILLS;
		await until(
			'so many jobs',
			async () => new Set(api.jobs.map(({ replyRef }) => replyRef)).size >= share * ROWS,
			LIMIT_MS,
		);
		await killAndRestart();
	}
	await until(
		'all rows to end',
		async () => (await table.rows()).every(({ status }) => /done|failed/.test(status)),
		LIMIT_MS,
	);
}, 3 * LIMIT_MS);

afterAll(async () => {
	await instance?.stop();
	await api?.close();
});

test('every row is done, with the picture that its job gave', async () => {
	const rows = (await table.rows()).slice(0, ROWS);
	expect(rows.filter(({ status }) => status !== 'done')).toEqual([]);
	for (const row of rows) {
		const job = jobOfRow(row);
		expect(job).toMatchObject({ status: 'completed' });
		const file = await readFile(String(row.result));
		expect({ row: row.id, picture: sha256(file) }).toEqual({
			row: row.id,
			picture: await resultOf(job as JobView),
		});
	}
	const names = new Set(rows.map(({ result }) => result));
	expect(names.size).toBe(ROWS);
});

test('every row has sent its own picture', async () => {
	for (const row of (await table.rows()).slice(0, ROWS)) {
		const sent = api.journal.find(({ jobid }) => jobid === row.jobId);
		const hashes = sent?.parts.flatMap((part) => ('sha256' in part ? [part.sha256] : []));
		expect(hashes).toEqual([
			sha256(await readFile(row.source)),
			sha256(await readFile(row.target)),
		]);
	}
});

test('a row is paid once, unless n8n was killed while it was sent, which the row says', async () => {
	const rows = await table.rows();
	const paidAgain = rows.filter((row) => jobsOfRow(row).length > 1);
	expect(paidAgain.filter(({ inFlight }) => inFlight === 0)).toEqual([]);
	expect(rows.filter((row) => jobsOfRow(row).length > 1 + row.inFlight)).toEqual([]);
	const counted = rows.filter(({ inFlight }) => inFlight > 0).map(({ id }) => id);
	expect(counted.filter((id) => !inFlightAtKill.has(id))).toEqual([]);
});

test('a row whose picture is missing fails, and costs nothing', async () => {
	const row = (await table.rows()).at(-1) as Row;
	expect(row).toMatchObject({ status: 'failed', tries: 3, inFlight: 0 });
	expect(row.error).toContain('Picture');
	expect(jobsOfRow(row)).toEqual([]);
});

test('the report counts what was done, what failed and what it cost', async () => {
	const id = await instance.client.startWorkflow('ifsExample000009', 'Every Morning');
	await instance.client.executionEnd(id, LIMIT_MS);
	expect(await readdir(join(folder, 'results'))).toContain('report.json');
	const report: unknown = JSON.parse(await readFile(join(folder, 'results/report.json'), 'utf8'));
	expect([report].flat()).toMatchObject([
		{
			done: ROWS,
			failed: 1,
			open: 0,
			creditsUsed: api.jobs.length,
			failures: [{ target: join(folder, 'targets/none.png') }],
		},
	]);
});
