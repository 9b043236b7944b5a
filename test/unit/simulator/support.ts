import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { startSimulator, type JobView, type Settings, type Simulator } from '../../../simulator';

/** Settings under which a test waits for nothing it is not about. */
const QUICK: Partial<Settings> = { blockingMs: 0, submitMs: 0, asyncMs: 20 };

const open: Array<() => Promise<void>> = [];

afterEach(async () => {
	await Promise.all(open.splice(0).map(async (close) => await close()));
});

/** A simulator that is closed after the test. */
export async function simulate(settings: Partial<Settings> = {}): Promise<Simulator> {
	const simulator = await startSimulator({ ...QUICK, ...settings });
	open.push(async () => await simulator.close());
	return simulator;
}

export interface Answer {
	status: number;
	headers: Headers;
	/** Undefined for a body that is no JSON. */
	json: Record<string, unknown>;
	text: string;
}

/** Calls the simulator with its token. */
export async function call(
	simulator: Simulator,
	method: string,
	path: string,
	init: RequestInit = {},
): Promise<Answer> {
	const headers = { authorization: `Bearer ${simulator.token}`, ...init.headers };
	const response = await fetch(simulator.url + path, { ...init, method, headers });
	const text = await response.text();
	return { status: response.status, headers: response.headers, json: parse(text), text };
}

function parse(text: string): Record<string, unknown> {
	try {
		return JSON.parse(text) as Record<string, unknown>;
	} catch {
		return {};
	}
}

export type Parts = Record<string, string | Blob>;

/** Sends a form to a verb, e.g. `picsi`. */
export async function submit(simulator: Simulator, verb: string, parts: Parts): Promise<Answer> {
	const body = new FormData();
	for (const [name, value] of Object.entries(parts)) body.append(name, value);
	const method = verb.startsWith('del') ? 'DELETE' : 'POST';
	return await call(simulator, method, `/v1/faceswap/${verb}`, { body });
}

export async function sendJson(
	simulator: Simulator,
	path: string,
	body: unknown,
	method = 'POST',
): Promise<Answer> {
	const headers = { 'content-type': 'application/json' };
	return await call(simulator, method, path, { headers, body: JSON.stringify(body) });
}

export const readJob = async (simulator: Simulator, jobid: unknown) =>
	await call(simulator, 'GET', `/v1/faceswap/jobs/?jobid=${String(jobid)}`);

/** Waits until something is there, for twenty seconds at most. */
export async function until<Found>(look: () => Found | undefined | false | null): Promise<Found> {
	for (const end = Date.now() + 20_000; Date.now() < end; await pause(5)) {
		const found = look();
		if (found) return found;
	}
	throw new Error('It did not happen within twenty seconds');
}

export const pause = async (ms: number) => {
	await new Promise((resolve) => setTimeout(resolve, ms));
};

/** A picture of one colour with a disc of another one where a portrait has its face. */
export async function portrait(face = '#c08060', backdrop = '#80a0e0'): Promise<Blob> {
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="250"><rect width="200" height="250" fill="${backdrop}"/><ellipse cx="100" cy="105" rx="50" ry="80" fill="${face}"/></svg>`;
	const png = await sharp(Buffer.from(svg)).png().toBuffer();
	return new Blob([new Uint8Array(png)], { type: 'image/png' });
}

/** Bytes that pass as a picture where nothing is drawn. */
export const someFile = (type = 'image/png', size = 10) =>
	new Blob([new Uint8Array(size)], { type });

/** The first attachment's address. */
export function resultUrl(answer: Answer): string {
	const { attachments } = answer.json as Partial<JobView>;
	const url = attachments?.[0]?.url;
	if (!url) throw new Error(`No attachment in ${answer.text}`);
	return url;
}

export interface Receiver {
	url: string;
	/** Bodies received, oldest first. */
	bodies: JobView[];
}

/** A server that takes callbacks until the test ends. */
export async function receiver(status = 200): Promise<Receiver> {
	const bodies: JobView[] = [];
	const server = createServer((request, response) => {
		let text = '';
		request.on('data', (chunk: Buffer) => (text += chunk.toString()));
		request.on('end', () => {
			bodies.push(JSON.parse(text) as JobView);
			response.writeHead(status).end();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	open.push(
		async () =>
			await new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	);
	const { port } = server.address() as AddressInfo;
	return { url: `http://127.0.0.1:${port}/callback`, bodies };
}
