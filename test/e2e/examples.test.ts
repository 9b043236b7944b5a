/**
 * Imports every example into a real n8n and runs it against the simulator. Where an outside account is
 * needed, incoming messages and mails are pinned, as one does in the editor; Telegram's nodes talk to
 * this test.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';

import { picturesFolder } from '../../demo/folders';
import { cacheFolder, projectFolder } from '../../tooling/n8n/folders';
import { itemsOf, type Execution, type N8nClient, type Workflow } from '../../tooling/n8n/client';
import type { N8nInstance } from '../../tooling/n8n/instance';
import { startSimulator, type Simulator } from '../../simulator';
import { until } from '../../tooling/n8n/until';
import { n8n1, versions } from '../../tooling/n8n/versions';
import { registered, sha256 } from './support/api';
import { startChatModel, type ChatModel } from './support/chatModel';
import { emptyFolder, startInstance } from './support/instance';
import { connectMcpClient } from './support/mcpClient';
import { startObjectStore, type ObjectStore } from './support/objectStore';

const LIMIT_MS = 120_000;
/** MCP clients give up on a call after this time. */
const MCP_LIMIT_MS = 60_000;
const MCP_TOKEN = 'a-long-random-token';
const data = join(cacheFolder, 'e2e', 'examples-data');
const foldersOfExamples = '/home/node/.n8n-files';
interface Example extends Workflow {
	pinData?: Record<string, unknown[]>;
	versionId?: string;
}

let simulator: Simulator;
let n8n: N8nInstance;
let client: N8nClient;
let credentials: Record<string, { id: string; name: string }>;
let web: Server;
let model: ChatModel;
let store: ObjectStore;
/** What Telegram was sent: the method and the body. */
let sentToTelegram: Array<{ method: string; body: string }>;
let webUrl: string;
let portrait: Buffer;
/** A picture of which the bot can make nothing. */
let faceless: Buffer;

/** The example as it is in the folder, with the paths and addresses of this test, and with other changes. */
async function example(file: string, changes: Record<string, string> = {}): Promise<Example> {
	const given = await readFile(join(projectFolder, 'examples', file), 'utf8');
	const text = Object.entries(changes)
		.reduce((changed, [from, to]) => changed.replaceAll(from, to), given)
		.replaceAll(foldersOfExamples, data)
		.replaceAll('https://example.com/postcard.jpg', `${webUrl}/postcard.png`);
	const workflow = JSON.parse(text) as Example;
	for (const node of workflow.nodes) {
		const known = Object.entries(credentials).filter(([type]) => node.credentials?.[type]);
		node.credentials = Object.fromEntries(known);
	}
	return workflow;
}

async function run(
	file: string,
	trigger: string,
	pinData: Example['pinData'] = {},
	changes: Record<string, string> = {},
) {
	const workflow = { ...(await example(file, changes)), pinData };
	await client.saveWorkflow(workflow);
	const id = await client.startWorkflow(workflow.id, trigger);
	return await client.executionEnd(id, LIMIT_MS);
}

const ended = ({ status, error }: Execution) => ({ status, reason: error?.message });

const good = { status: 'success', reason: undefined };

/** Fills in a published form as a browser does, once n8n listens for it. */
async function submitForm(path: string, fields: Array<string | Buffer>) {
	return await until('the form', async () => {
		const form = new FormData();
		for (const [index, field] of fields.entries()) {
			const value = typeof field === 'string' ? field : new Blob([field], { type: 'image/png' });
			if (typeof value === 'string') form.append(`field-${index}`, value);
			else form.append(`field-${index}`, value, 'portrait.png');
		}
		const response = await fetch(`${n8n.url}/form/${path}`, { method: 'POST', body: form });
		const text = await response.text();
		return response.ok ? (JSON.parse(text) as { formWaitingUrl?: string }) : undefined;
	});
}

const fileIn = (folder: string) => readdir(join(data, folder));

/** Serves a picture at every address, and is Telegram's API below /bot. */
function startWeb(): Server {
	const telegram = /^\/bot[^/]+\/(\w+)/;
	return createServer((request, response) => {
		const [, method] = telegram.exec(request.url ?? '') ?? [];
		if (!method) {
			response.setHeader('content-type', 'image/png');
			response.end(request.url === '/faceless.png' ? faceless : portrait);
			return;
		}
		void readText(request).then((body) => {
			sentToTelegram.push({ method, body });
			response.setHeader('content-type', 'application/json');
			response.end('{"ok":true,"result":{}}');
		});
	});
}

async function saveCredential(type: string, data: Record<string, string | boolean>) {
	const name = `Credential of type ${type}`;
	return { name, id: await client.saveCredential({ name, type, data }) };
}

describe.each(versions)('The examples in $title', (version) => {
	beforeAll(async () => {
		portrait = await readFile(join(picturesFolder, 'portrait-a.png'));
		faceless = portrait.subarray(0, 200);
		sentToTelegram = [];
		web = startWeb();
		model = await startChatModel();
		store = await startObjectStore('my-pictures');
		await new Promise<void>((settle) => web.listen(0, '127.0.0.1', settle));
		webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
		simulator = await startSimulator({ channels: 1, asyncMs: 1500 });
		await emptyFolder('examples-data');
		await Promise.all(
			['targets', 'results'].map((name) => mkdir(join(data, name), { recursive: true })),
		);
		await Promise.all(
			['face.png', 'portrait.png', 'targets/one.png', 'targets/two.png'].map((name) =>
				copyFile(join(picturesFolder, 'portrait-b.png'), join(data, name)),
			),
		);
		const env = { N8N_RESTRICT_FILE_ACCESS_TO: data };
		n8n = await startInstance({ name: 'examples', version, env });
		client = n8n.client;
		credentials = {
			useApiNetApi: await saveCredential('useApiNetApi', {
				apiToken: simulator.token,
				baseUrl: simulator.url,
			}),
			openAiApi: await saveCredential('openAiApi', { apiKey: 'sk-scripted', url: model.url }),
			s3: await saveCredential('s3', store.credential),
			httpBearerAuth: await saveCredential('httpBearerAuth', { token: MCP_TOKEN }),
			telegramApi: await saveCredential('telegramApi', { accessToken: '1:a', baseUrl: webUrl }),
		};
	}, 600_000);

	afterAll(async () => {
		await n8n?.stop();
		await simulator?.close();
		web?.close();
		await model?.close();
		store?.close();
	});

	test('a form swaps a face and hands the result over', async () => {
		const workflow = await example('1-swap-from-a-form.json');
		await client.saveWorkflow(workflow);
		await client.activate(workflow.id);
		const path = 'e8a30000-0001-4000-8000-00000000f001';
		const answer = await submitForm(path, [portrait, portrait, 'Everybody shown has agreed']);
		// A browser asks for the page once the execution waits for it.
		await until('an execution to wait', async () =>
			(await client.executionsOf(workflow.id)).some(({ status }) => status === 'waiting'),
		);
		const signal = AbortSignal.timeout(LIMIT_MS);
		const page = await (await fetch(answer.formWaitingUrl ?? '', { signal })).text();
		expect(page).toContain('Here it is');
		expect(page).toContain('It was generated');
		await client.deactivate(workflow.id);
	});

	test('a batch writes every result and a report', async () => {
		await writeFile(join(data, 'targets/zero.png'), faceless);
		const before = simulator.journal.length;
		const execution = await run('2-nightly-batch.json', 'Start by Hand');
		expect(ended(execution)).toEqual(good);
		expect((await fileIn('results')).sort()).toEqual([
			'one-swapped.png',
			'report.json',
			'two-swapped.png',
		]);
		// The one face is an expression that gives the file of another node.
		const face = sha256(await readFile(join(data, 'face.png')));
		const sent = simulator.journal.slice(before).filter(({ parts }) => parts.length > 0);
		expect(sent).toHaveLength(3);
		for (const { parts } of sent) {
			expect(parts).toContainEqual(expect.objectContaining({ name: 'source_image', sha256: face }));
		}
		const report: unknown = JSON.parse(await readFile(join(data, 'results/report.json'), 'utf8'));
		expect([report].flat()).toMatchObject([{ pictures: 3, failed: 1 }]);
	});

	describe('a chat', () => {
		const file = '3-telegram-selfie-bot.json';
		const chat = { id: 42 };

		/** Runs the bot for one message; gives the execution and what was sent to the chat. */
		async function receive(message: object, selfie?: Buffer) {
			const binary = selfie && {
				data: { data: selfie.toString('base64'), mimeType: 'image/png', fileName: 'selfie.png' },
			};
			sentToTelegram = [];
			const execution = await run(file, 'On Message', {
				'On Message': [{ json: { message: { chat, ...message } }, ...(binary && { binary }) }],
			});
			expect(ended(execution)).toEqual(good);
			const [answer, ...more] = sentToTelegram;
			expect(more).toEqual([]);
			return { execution, answer };
		}

		const photo = [{ file_id: 'one' }];

		it('that sends a selfie gets a picture', async () => {
			const { execution, answer } = await receive({ photo }, portrait);
			expect(itemsOf(execution, 'Swap Face')[0]).toMatchObject({
				json: { status: 'completed', replyRef: 'telegram-42' },
				binary: { data: { mimeType: 'image/png' } },
			});
			expect(answer).toMatchObject({
				method: 'sendPhoto',
				body: expect.stringContaining('This picture is generated'),
			});
		});

		it('that sends something else is asked for a selfie', async () => {
			const { execution, answer } = await receive({ text: 'Hello' });
			expect(execution.runs).not.toHaveProperty('Swap Face');
			expect(answer).toMatchObject({
				method: 'sendMessage',
				body: expect.stringMatching(/"chat_id":"?42\b.*Send me a selfie/),
			});
		});

		it('is told why its picture could not be made', async () => {
			const { answer } = await receive({ photo }, faceless);
			expect(answer).toMatchObject({
				method: 'sendMessage',
				body: expect.stringMatching(/That did not work: \S+/),
			});
		});
	});

	test('faces are saved from a spreadsheet, and what failed is told', async () => {
		const rows = ['anna', 'ben-2'].map((name) => `${name},${webUrl}/${name}.png\n`);
		await writeFile(join(data, 'people.csv'), `name,picture\n${rows.join('')}`);
		const execution = await run('4-saved-faces-from-a-spreadsheet.json', 'Start by Hand');
		expect(ended(execution)).toEqual(good);
		const saved = await readFile(join(data, 'people-saved.csv'), 'utf8');
		expect(saved).toContain('anna,TRUE,idname anna created');
		expect(saved).toMatch(/ben-2,FALSE,.*not a valid name/);
	});

	test('a background is submitted by a form and handled by the trigger', async () => {
		const workflow = await example('5-background-with-trigger.json');
		await client.saveWorkflow(workflow);
		await client.activate(workflow.id);
		// n8n publishes a form before it has registered the trigger beside it.
		await registered(simulator);
		await submitForm('e8a30000-0005-4000-8000-00000000f001', [portrait, 'sunny beach']);
		const job = await until('the background', async () =>
			simulator.jobs.find(({ verb, status }) => /changebg/.test(verb) && status === 'completed'),
		);
		await until('its file', async () =>
			(await fileIn('results')).find((name) => name === `${job.jobid}.png`),
		);
		await client.deactivate(workflow.id);
	});

	test('a suspended background is resumed and written', async () => {
		const execution = await run('6-background-suspended.json', 'Start by Hand');
		expect(ended(execution)).toEqual(good);
		expect(itemsOf(execution, 'Change Background')[0]?.json).toMatchObject({ verified: true });
		expect(await fileIn('results')).toContain('suspended.png');
	});

	test('a suspended background that fails stops with its error', async () => {
		await writeFile(join(data, 'portrait.png'), faceless);
		const execution = await run('6-background-suspended.json', 'Start by Hand');
		const [failed] = itemsOf(execution, 'Change Background');
		expect(failed?.json).toMatchObject({ status: 'failed', error: expect.any(String) });
		expect(ended(execution)).toEqual({ status: 'error', reason: failed?.json.error });
	});

	describe('the error workflow', () => {
		async function hear(message: string) {
			const error = {
				workflow: { name: 'Some workflow' },
				execution: {
					url: 'https://n8n.example.com/1',
					lastNodeExecuted: 'Swap Face',
					error: { message },
				},
			};
			const execution = await run('7-error-workflow.json', 'On Error', {
				'On Error': [{ json: error }],
				'Mail It': [{ json: {} }],
			});
			expect(ended(execution)).toEqual(good);
			expect(itemsOf(execution, 'Mail It')).toHaveLength(1);
			return execution;
		}

		it('reads the job that an error names', async () => {
			const [job] = simulator.jobs;
			const execution = await hear(`The job failed: no face (job ${job?.jobid})`);
			expect(itemsOf(execution, 'Read Job')[0]?.json).toMatchObject({ jobId: job?.jobid });
		});

		it('mails an error that names none', async () => {
			const execution = await hear('The picture is missing');
			expect(execution.runs).not.toHaveProperty('Read Job');
		});
	});

	test('channels that run low are mailed', async () => {
		const pinned = { 'Mail It': [{ json: {} }] };
		const rich = await run('8-credits-watch.json', 'Start by Hand', pinned);
		expect(ended(rich)).toEqual(good);
		expect(itemsOf(rich, 'Get Channels')).toHaveLength(1);
		expect(itemsOf(rich, 'Mail It')).toHaveLength(0);
		const low = { total: 50, used: 45 };
		const [channel] = simulator.channels;
		simulator.script({
			match: { method: 'GET', path: '/v1/faceswap/account' },
			respond: { status: 200, body: { [`${channel}`]: { channel, credits: low } } },
		});
		const poor = await run('8-credits-watch.json', 'Start by Hand', pinned);
		expect(ended(poor)).toEqual(good);
		expect(itemsOf(poor, 'One Mail')[0]?.json).toEqual({
			lines: [`${channel}: 5 of 50 credits left`],
		});
	});

	describe('an agent', () => {
		const file = '10-agent-chat.json';
		const chatted = 'When Chat Message Received';

		const chat = async (face: string) => {
			model.toolInput = { face_url: `${webUrl}/${face}`, target_url: `${webUrl}/postcard.png` };
			const before = simulator.jobs.length;
			const message = { sessionId: 'one', action: 'sendMessage', chatInput: 'Swap them, please' };
			const execution = await run(file, chatted, { [chatted]: [{ json: message }] });
			return { execution, jobs: simulator.jobs.slice(before), told: model.toolAnswers.at(-1) };
		};

		it('swaps a face for a chat, and answers with link and picture', async () => {
			const { execution, jobs } = await chat('me.png');
			expect(ended(execution)).toEqual(good);
			// The API signs the link of a result anew each time that it is asked.
			const link = jobs[0]?.attachments?.[0]?.url.split('?')[0];
			expect(model.toolFields).toEqual(expect.arrayContaining(['face_url', 'target_url']));
			expect(itemsOf(execution, 'Answer')[0]).toMatchObject({
				json: {
					output: expect.stringContaining(`![Result](${link}?`),
					resultUrl: expect.stringContaining(`${link}?`),
				},
				binary: { data: { mimeType: 'image/png' } },
			});
		});

		it('is told why a paid job failed, and not to call again', async () => {
			const { execution, jobs, told } = await chat('faceless.png');
			// n8n 1 ends the execution with the error instead of telling the agent.
			const said = version === n8n1 ? execution.error?.message : told;
			expect(jobs).toHaveLength(1);
			expect(said).toContain('No face could be detected');
			expect(said).toContain('Do not call this tool again with the same input');
			expect(said).not.toMatch(/\bat .*:\d+|node_modules/);
			expect(String(said).length).toBeLessThan(500);
			expect(itemsOf(execution, 'Answer Without Picture')).toHaveLength(version === n8n1 ? 0 : 1);
		});
	});

	test('a gallery shows each face in each picture, and what failed', async () => {
		await Promise.all(
			['faces', 'gallery'].map((name) => mkdir(join(data, name), { recursive: true })),
		);
		await writeFile(join(data, 'faces/anna.png'), portrait);
		await writeFile(join(data, 'faces/<nobody>.png'), faceless);
		const execution = await run('11-gallery.json', 'Start by Hand');
		expect(ended(execution)).toEqual(good);
		const targets = await fileIn('targets');
		const page = await readFile(join(data, 'gallery/index.html'), 'utf8');
		const pictures = (await fileIn('gallery')).filter((name) => name.endsWith('.png'));
		expect(page.match(/<figure>/g)).toHaveLength(2 * targets.length);
		for (const name of pictures) expect(page).toContain(`<img class="result" src="${name}"`);
		for (const name of targets) {
			// Face, picture and result stand side by side.
			expect(page).toMatch(
				new RegExp(`<figure>.*src="../faces/anna.png".*src="../targets/${name}".*<b>Result</b>`),
			);
		}
		expect(page).toContain('The job failed: No face could be detected');
		expect(page).toContain('<span>&#60;nobody&#62;</span>');
		expect(page).not.toContain('<nobody>');
	});

	test('pictures of an S3 folder are swapped, and results saved there', async () => {
		store.files.set('face.png', portrait);
		store.files.set('pictures/one.png', portrait);
		store.files.set('pictures/zero.png', faceless);
		const execution = await run('12-results-to-s3.json', 'Start by Hand');
		expect(ended(execution)).toEqual(good);
		const results = [...store.files.keys()].filter((key) => key.startsWith('results/'));
		expect(results).toEqual(['results/one-swapped.png']);
		expect(store.files.get('results/one-swapped.png')?.subarray(1, 4).toString()).toBe('PNG');
		expect(itemsOf(execution, 'Failed').map(({ json }) => json)).toEqual([
			{ picture: 'zero.png', reason: expect.stringContaining('No face could be detected') },
		]);
	});

	test('an MCP client starts a swap and gets its result, each call within its limit', async () => {
		const workflow = await example('13-mcp-server.json');
		await client.saveWorkflow(workflow);
		await client.activate(workflow.id);
		const url = `${n8n.url}/mcp/face-swaps`;
		const mcp = await until('the MCP server', async () =>
			connectMcpClient(url, MCP_TOKEN).catch(() => undefined),
		);
		const intruder = connectMcpClient(url, 'a wrong token');
		await expect(intruder).rejects.toThrow('Authorization data is wrong');
		const { tools } = await mcp.listTools();
		expect(tools.map(({ name }) => name).sort()).toEqual(['Get_a_Job', 'Start_a_Swap']);
		const call = async (name: string, args: Record<string, string>) => {
			const begun = performance.now();
			const { content } = await mcp.callTool({ name, arguments: args });
			expect(performance.now() - begun).toBeLessThan(MCP_LIMIT_MS);
			return content.map(({ text }) => text).join();
		};
		const pictures = { face_url: `${webUrl}/me.png`, picture_url: `${webUrl}/postcard.png` };
		const [jobId = ''] = /(?<="jobId\W+)[\w-]+/.exec(await call('Start_a_Swap', pictures)) ?? [];
		expect(simulator.jobs.map(({ jobid }) => jobid)).toContain(jobId);
		const told = await until('the result', async () => {
			const answer = await call('Get_a_Job', { job_id: jobId });
			return /completed/.test(answer) && answer;
		});
		expect(told).toContain('resultUrl');
		await mcp.close();
		await client.deactivate(workflow.id);
	});

	test('a loop says how far it is', async () => {
		const changes = { '"batchSize": 10': '"batchSize": 1' };
		const execution = await run('14-batch-with-progress.json', 'Start by Hand', {}, changes);
		expect(ended(execution)).toEqual(good);
		const total = (await fileIn('targets')).length;
		const progress = execution.runs.Progress?.map(({ data }) => data?.main[0]?.[0]?.json.progress);
		expect(progress).toEqual(
			Array.from({ length: total }, (_, index) => `${index + 1} of ${total} pictures`),
		);
		expect(itemsOf(execution, 'Summary').map(({ json }) => json)).toEqual([
			{ pictures: total, failed: 1 },
		]);
		const written = execution.runs['Write Result']?.flatMap(({ data }) => data?.main[0] ?? []);
		expect(written).toHaveLength(total - 1);
	});
});
