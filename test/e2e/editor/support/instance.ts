/** An n8n for the editor, and beside it a simulated API that it has the credential for. */
import { demoFolder, picturesFolder } from '../../../../demo/folders';
import { startSimulator, type Simulator } from '../../../../simulator';
import type { N8nClient } from '../../../../tooling/n8n/client';
import { startInstance } from '../../support/instance';
import { until } from '../../../../tooling/n8n/until';
import type { N8nVersion } from '../../../../tooling/n8n/versions';

export interface Instance {
	/** Address of the editor, without a slash at the end. */
	url: string;
	client: N8nClient;
	simulator: Simulator;
	/** The credential for the simulator, as nodes name it. */
	credential: { id: string; name: string };
	stop(): Promise<void>;
}

/**
 * Starts both; n8n reads the demo's pictures as `pictures/….png`.
 * @param name folder below .cache/e2e in which this n8n lives
 */
export async function startEditor(name: string, version?: N8nVersion): Promise<Instance> {
	const n8n = await startInstance({
		name,
		version,
		workingFolder: demoFolder,
		withEditor: true,
		env: { N8N_RESTRICT_FILE_ACCESS_TO: picturesFolder },
	});
	const simulator = await startSimulator();
	const stop = async () => {
		await n8n.stop();
		await simulator.close();
	};
	const credential = { name: 'useapi.net', type: 'useApiNetApi' };
	const data = { apiToken: simulator.token, baseUrl: simulator.url };
	try {
		const id = await n8n.client.saveCredential({ ...credential, data });
		const { url, client } = n8n;
		return { url, client, simulator, stop, credential: { id, name: credential.name } };
	} catch (error) {
		await stop();
		throw error;
	}
}

/** Sets the reply URL of the simulated account. */
export async function setReplyUrl({ simulator }: Instance, replyUrl: string): Promise<void> {
	await fetch(`${simulator.url}/v2/account`, {
		method: 'POST',
		headers: { authorization: `Bearer ${simulator.token}`, 'content-type': 'application/json' },
		body: JSON.stringify({ replyUrl }),
	});
}

/**
 * Submits a job to the simulated API that runs for an hour, or until `endJobs`.
 * @returns its ID
 */
export async function submitLongJob({ simulator }: Instance): Promise<string> {
	simulator.settings.asyncMs = 3_600_000;
	const body = new FormData();
	body.set('prompt', 'a knight');
	body.set('channel', simulator.channels[0] ?? '');
	const answer = await fetch(`${simulator.url}/v1/faceswap/headshot`, {
		method: 'POST',
		headers: { authorization: `Bearer ${simulator.token}` },
		body,
	});
	if (!answer.ok) throw new Error(await answer.text());
	return ((await answer.json()) as { jobid: string }).jobid;
}

/** Waits until a test run with Polling has seen the running jobs, and ends them. */
export async function endJobs({ simulator }: Instance): Promise<void> {
	await until('a look at the running jobs', async () =>
		simulator.journal.some(({ path, status }) => path === '/v1/faceswap/jobs' && status === 200),
	);
	await until('the jobs to end', async () => {
		simulator.skipTime();
		return simulator.jobs.every(({ status }) => status === 'completed');
	});
}

/** Deletes all credentials but the instance's own: the editor chooses one where it is the only one of its type. */
export async function deleteOtherCredentials({ client, credential }: Instance): Promise<void> {
	const all = await client.request<Array<{ id: string }>>('GET', '/credentials');
	for (const { id } of all.filter((one) => one.id !== credential.id)) {
		await client.request('DELETE', `/credentials/${id}`);
	}
}

/** Credentials of the other services that the examples use, one of each type: the editor then chooses it. */
export async function saveOthersCredentials({ client }: Instance): Promise<void> {
	await client.saveCredential({
		name: 'Telegram',
		type: 'telegramApi',
		data: { accessToken: 'a' },
	});
	await client.saveCredential({ name: 'SMTP', type: 'smtp', data: { host: 'localhost' } });
	await client.saveCredential({
		name: 'MCP clients',
		type: 'httpBearerAuth',
		data: { token: 'a' },
	});
	await client.saveCredential({
		name: 'S3',
		type: 's3',
		data: { endpoint: 'http://localhost', accessKeyId: 'a', secretAccessKey: 'a' },
	});
	await client.saveCredential({ name: 'OpenAI', type: 'openAiApi', data: { apiKey: 'a' } });
}
