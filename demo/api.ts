/** The API that the examples talk to: the simulator, or the real one. */
import { startSimulator } from '../simulator';
import { UserError } from '../tooling/n8n/failure';
import { freePort } from '../tooling/n8n/ports';

const simulatorPort = 4010;

export interface Api {
	/** Name of n8n's credential for it. */
	credentialName: string;
	url: string;
	token: string;
	close(): Promise<void>;
}

/** Starts the simulator, on port 4010 if that is free. */
export async function simulatedApi(): Promise<Api> {
	const simulator = await startSimulator({ port: await freePort(simulatorPort) });
	const { url, token } = simulator;
	const close = async () => await simulator.close();
	return { credentialName: 'useapi.net (simulator)', url, token, close };
}

/** The real API with the token from the environment. Throws UserError when there is none. */
export function realApi(): Api {
	const token = process.env.USEAPI_TOKEN?.trim();
	if (!token) {
		throw new UserError(
			'--live uses the real API and needs your useapi.net token: put it into the environment variable USEAPI_TOKEN, e.g. USEAPI_TOKEN=user:1234-… npm run demo -- --live',
		);
	}
	const url = 'https://api.useapi.net';
	return { credentialName: 'useapi.net', url, token, close: async () => {} };
}
