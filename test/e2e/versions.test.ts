/** The package in each n8n that users run, and in each place where n8n keeps binary data. */
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { loadExamples, runExample } from '../../demo/examples';
import { picturesFolder } from '../../demo/folders';
import { itemsOf, type ExecutionItem } from '../../tooling/n8n/client';
import type { Simulator } from '../../simulator';
import { registered, resultOf, sha256, startApi, uploadsTo } from './support/api';
import type { N8nInstance } from '../../tooling/n8n/instance';
import { packageName } from '../../tooling/n8n/package';
import { emptyFolder, startInstance } from './support/instance';
import { nodeTypes } from './support/package';
import { n8n2, versions, type N8nVersion } from '../../tooling/n8n/versions';
import { action, chain, doNothing, jobTrigger, manualStart, readFiles } from './support/workflows';

const LIMIT_MS = 120_000;
const type = 'useApiNetApi';

const cases: Array<{ version: N8nVersion; binaryMode: string }> = versions.flatMap((version) =>
	['default', 'filesystem', 'database'].map((binaryMode) => ({ version, binaryMode })),
);

/** What does not depend on where files are. */
const once = 'default';

describe.each(cases)('$version.title, binary data: $binaryMode', ({ version, binaryMode }) => {
	let api: Simulator;
	let instance: N8nInstance;
	let work: string;
	let credential: { id: string; name: string };

	const portrait = async (name: string) =>
		sha256(await readFile(join(picturesFolder, `portrait-${name}.png`)));

	const connection = () => ({ apiToken: api.token, baseUrl: api.url });

	const changeBackground = (waitMode: string) => {
		const parameters = { prompt: 'sunny beach', waitMode };
		const node = action('changeBackground/create', { [type]: credential }, parameters);
		return chain(`background-${waitMode}`, manualStart, readFiles('pictures/portrait-a.png'), node);
	};

	const jobOf = (item?: ExecutionItem) => {
		const job = api.jobs.find(({ jobid }) => jobid === item?.json.jobId);
		if (!job) throw new Error('The item names no job of the API');
		return job;
	};

	beforeAll(async () => {
		api = await startApi();
		work = await emptyFolder('versions-work');
		await cp(picturesFolder, join(work, 'pictures'), { recursive: true });
		await mkdir(join(work, 'output'));
		instance = await startInstance({
			name: 'versions',
			version,
			workingFolder: work,
			withEditor: binaryMode === once,
			env: {
				// Of n8n 1, which knows the database, but does not offer it.
				N8N_AVAILABLE_BINARY_DATA_MODES: 'filesystem,database',
				N8N_DEFAULT_BINARY_DATA_MODE: binaryMode,
				N8N_RESTRICT_FILE_ACCESS_TO: work,
			},
		});
		const id = await instance.client.saveCredential({ name: type, type, data: connection() });
		credential = { id, name: type };
	});

	afterAll(async () => {
		await instance?.stop();
		await api?.close();
	});

	if (binaryMode === once) {
		it('offers both nodes', async () => {
			const types = await instance.client.nodeTypes(packageName);
			expect(types).toEqual(expect.arrayContaining(Object.values(nodeTypes)));
		});

		it('gives the editor the output fields of both nodes before their first run', async () => {
			const fields = async (path: string) => {
				const answer = await fetch(`${instance.url}/schemas/${path}.json`);
				const { properties } = (await answer.json()) as { properties: object };
				return Object.keys(properties);
			};
			expect(await fields(`${nodeTypes.action}/1.0.0/picsi/swap`)).toContain('targetFile');
			expect(await fields(`${nodeTypes.trigger}/1.0.0`)).toContain('verified');
		});

		it('tells a right token from a wrong one', async () => {
			const check = async (data: Record<string, string>) =>
				(await instance.client.testCredential({ ...credential, type, data })).status;
			expect(await check(connection())).toBe('OK');
			expect(await check({ ...connection(), apiToken: 'user:1-wrong' })).toBe('Error');
		});
	}

	it('swaps a face as the example does: the pictures arrive as they are, and so does the result', async () => {
		const examples = await loadExamples({ ...credential, type }, false);
		const example = examples.find(({ name }) => name === 'Swap a face');
		if (!example) throw new Error('The example is gone');
		const { execution } = await runExample(instance.client, example, LIMIT_MS);
		expect(execution).toMatchObject({ status: 'success' });
		const [written] = itemsOf(execution, 'Save Result');
		const result = sha256(await readFile(join(work, String(written?.json.fileName))));
		expect(result).toBe(await resultOf(jobOf(itemsOf(execution, 'Swap Face')[0])));
		expect(uploadsTo(api, '/v1/faceswap/picsi')).toEqual([
			{ source_image: await portrait('a'), target_image_gif_or_video: await portrait('b') },
		]);
	});

	it('changes a background: waits for the job and downloads the result', async () => {
		const [item] = await instance.client.runToItems(changeBackground('poll'));
		expect(item?.json).toMatchObject({ status: 'completed' });
		expect(sha256(await instance.client.bytesOf(item))).toBe(await resultOf(jobOf(item)));
		expect(uploadsTo(api, '/v1/faceswap/changebg')).toEqual([{ image: await portrait('a') }]);
	});

	// Combined files are those of the file system.
	if (binaryMode === 'filesystem') {
		it.each(version === n8n2 ? ['separate', 'combined'] : ['separate'])(
			'hands a failed item to the error output, and no other (files %s)',
			async (mode) => {
				api.script({ match: { verb: 'changebg' }, outcome: 'failed', times: 1 });
				const parameters = { prompt: 'sunny beach', waitMode: 'poll' };
				const change = action('changeBackground/create', { [type]: credential }, parameters);
				const continuing = { ...change, onError: 'continueErrorOutput' };
				const bad = { ...doNothing, name: 'Bad' };
				const files = readFiles('pictures/portrait-{a,b}.png');
				const workflow = chain(`errors-${mode}`, manualStart, files, continuing, doNothing, bad);
				workflow.settings = {
					...workflow.settings,
					...(mode === 'combined' && { binaryMode: mode }),
				};
				const to = (name: string) => [{ node: name, type: 'main', index: 0 }];
				workflow.connections.InsightFaceSwap = { main: [to('End'), to('Bad')] };
				workflow.connections.End = { main: [] };
				await instance.client.saveWorkflow(workflow);
				const started = await instance.client.startWorkflow(workflow.id, 'Start');
				const execution = await instance.client.executionEnd(started, LIMIT_MS);
				expect(itemsOf(execution, 'End').map(({ json }) => json.status)).toEqual(['completed']);
				const jobid = api.jobs.filter(({ status }) => status === 'failed').at(-1)?.jobid;
				const failed = { error: expect.any(String) as string, status: 'failed', jobId: jobid };
				expect(itemsOf(execution, 'Bad').map(({ json }) => json)).toEqual([
					expect.objectContaining({
						...failed,
						hint: expect.any(String) as string,
						targetFile: expect.stringMatching(/^portrait-[ab].png$/) as string,
					}),
				]);
			},
		);
	}

	it('starts a workflow when a job has ended', async () => {
		const { client } = instance;
		await client.saveWorkflow(chain('listener', jobTrigger({ [type]: credential }), doNothing));
		await client.activate('listener');
		await registered(api);
		const [submitted] = await client.runToItems(changeBackground('none'));
		const [started] = await client.endOfAll('listener', 1, LIMIT_MS);
		await client.deactivate('listener');

		const [reported] = itemsOf(await client.execution(started?.id ?? ''), 'End');
		const { jobId } = submitted?.json ?? {};
		expect(reported?.json).toMatchObject({ jobId, status: 'completed', verified: true });
		expect(sha256(await client.bytesOf(reported))).toBe(await resultOf(jobOf(submitted)));
	});

	it('stores the execution until the callback of its job', async () => {
		const [item] = await instance.client.runToItems(changeBackground('suspend'));
		expect(item?.json).toMatchObject({ status: 'completed' });
		expect(sha256(await instance.client.bytesOf(item))).toBe(await resultOf(jobOf(item)));
	});
});
