/** An n8n for the editor, and beside it a simulated API that it has the credential for. */
import { demoFolder, picturesFolder } from '../../../../demo/folders';
import { startSimulator, type Simulator } from '../../../../simulator';
import type { N8nClient } from '../../../../tooling/n8n/client';
import { startInstance } from '../../support/instance';
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

/** Credentials of the other services that the examples use, one of each type: the editor then chooses it. */
export async function saveOthersCredentials({ client }: Instance): Promise<void> {
	await client.saveCredential({
		name: 'Telegram',
		type: 'telegramApi',
		data: { accessToken: 'a' },
	});
	await client.saveCredential({ name: 'SMTP', type: 'smtp', data: { host: 'localhost' } });
	await client.saveCredential({ name: 'OpenAI', type: 'openAiApi', data: { apiKey: 'a' } });
}
