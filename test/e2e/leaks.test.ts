/** Tokens stay where they belong: in the encrypted credentials, and nowhere else that n8n writes. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { picturesFolder } from '../../demo/folders';
import type { Workflow } from '../../tooling/n8n/client';
import type { Simulator } from '../../simulator';
import { newApiToken, newDiscordToken, registered, startApi } from './support/api';
import type { N8nInstance } from '../../tooling/n8n/instance';
import { startInstance } from './support/instance';
import { filesWith, holds } from './support/leaks';
import { versions } from '../../tooling/n8n/versions';
import {
	action,
	chain,
	doNothing,
	jobTrigger,
	manualStart,
	readFiles,
	type Credentials,
} from './support/workflows';

/** Stands in a workflow: a search that does not find it would find no secret either. */
const NOT_SECRET = 'a quiet bay at dawn, 4711';
const LIMIT_MS = 120_000;
const apiType = 'useApiNetApi';
const discordType = 'useApiNetDiscordApi';

describe.each(versions)('Secrets in $title', (version) => {
	const wrongToken = newApiToken();
	const discordToken = newDiscordToken();
	const workflows: Workflow[] = [];
	let api: Simulator;
	let instance: N8nInstance;

	const credential = async (name: string, type: string, data: Record<string, unknown>) => {
		const id = await instance.client.saveCredential({ name, type, data });
		await instance.client.testCredential({ id, name, type, data });
		return { [type]: { id, name } };
	};

	/** Runs a workflow to its end, whatever that is. */
	const run = async (id: string, ...nodes: Parameters<typeof chain>[1][]) => {
		const workflow = chain(id, manualStart, ...nodes);
		workflows.push(workflow);
		await instance.client.saveWorkflow(workflow);
		const started = await instance.client.startWorkflow(id, 'Start');
		return await instance.client.executionEnd(started, LIMIT_MS);
	};

	const listen = async (credentials: Credentials) => {
		const workflow = chain('listener', jobTrigger(credentials), doNothing);
		workflows.push(workflow);
		await instance.client.saveWorkflow(workflow);
		await instance.client.activate(workflow.id);
		await registered(api);
	};

	const upsert = (credentials: Credentials) =>
		action('account/upsert', credentials, {
			serverId: '112222647716110099',
			channel: { __rl: true, mode: 'id', value: '112227748182240099' },
		});

	const background = (credentials: Credentials, parameters: Record<string, unknown> = {}) =>
		action('changeBackground/create', credentials, { prompt: NOT_SECRET, ...parameters });

	const portrait = readFiles(join(picturesFolder, 'portrait-a.png'));

	beforeAll(async () => {
		api = await startApi({ channels: 1 });
		instance = await startInstance({
			name: 'leaks',
			version,
			env: {
				N8N_LOG_LEVEL: 'debug',
				N8N_LOG_OUTPUT: 'console,file',
				N8N_RESTRICT_FILE_ACCESS_TO: picturesFolder,
				EXECUTIONS_DATA_SAVE_ON_PROGRESS: 'true',
				N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
			},
		});
	});

	afterAll(async () => {
		await instance?.stop();
		await api?.close();
	});

	it('are used in calls that succeed and calls that fail', async () => {
		const baseUrl = api.url;
		const right = await credential('right', apiType, { apiToken: api.token, baseUrl });
		const wrong = await credential('wrong', apiType, { apiToken: wrongToken, baseUrl });
		const discord = await credential('discord', discordType, { discordToken });

		await listen(right);
		const statuses: Record<string, string> = {};
		const note = async (id: string, ...nodes: Parameters<typeof chain>[1][]) =>
			(statuses[id] = (await run(id, ...nodes)).status);
		await note('accepted', upsert({ ...right, ...discord }));
		await note('unauthorized', upsert({ ...wrong, ...discord }));
		const echo = { error: `Unable to use ${discordToken} with ${api.token}`, code: 400 };
		const path = '/v1/faceswap/account/112227748182240099';
		api.script({ match: { path }, respond: { status: 400, body: echo } });
		await note('echoed', upsert({ ...right, ...discord }));
		await note('finished', portrait, background(right));
		await note('suspended', portrait, background(right, { waitMode: 'suspend' }));
		await note('refused', portrait, background(wrong));
		api.script({ match: { verb: 'changebg' }, acceptThen: 'reset' });
		await note('broken', portrait, background(right, { waitMode: 'none' }));
		await instance.client.endOfAll('listener', 2, LIMIT_MS);

		expect(statuses).toEqual({
			accepted: 'success',
			unauthorized: 'error',
			echoed: 'error',
			finished: 'success',
			suspended: 'success',
			refused: 'error',
			broken: 'success',
		});
	});

	it('stand in no exported workflow', async () => {
		const exported = await Promise.all(
			workflows.map(async ({ id }) => await instance.client.exportWorkflow(id)),
		);
		const text = JSON.stringify(exported);
		expect(holds(text, NOT_SECRET)).toBe(true);
		for (const secret of [api.token, wrongToken, discordToken])
			expect(holds(text, secret)).toBe(false);
	});

	it('stand in no database, log, stored file or execution once n8n has ended', async () => {
		await instance.stop();
		const { userFolder } = instance;
		const onlyInExecutions = api.jobs[0]?.jobid ?? '';
		for (const known of [NOT_SECRET, onlyInExecutions])
			expect(await filesWith(known, userFolder)).toContain('.n8n/database.sqlite');
		for (const secret of [api.token, wrongToken, discordToken])
			expect(await filesWith(secret, userFolder)).toEqual([]);
	});

	it('are found where one was put on purpose', async () => {
		const folder = join(instance.userFolder, 'planted');
		await mkdir(folder);
		for (const shift of [0, 1, 2]) {
			const text = `${'x'.repeat(shift)}${discordToken} and more`;
			const base64 = Buffer.from(text).toString('base64');
			await writeFile(join(folder, `${shift}`), base64);
		}
		expect(await filesWith(discordToken, folder)).toHaveLength(3);
		expect(String(await readFile(join(folder, '0')))).not.toContain(discordToken);
	});
});
