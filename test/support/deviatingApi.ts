/** An API in front of a simulator that changes what the simulator answers, and what its callbacks do. */
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import fastify, { type FastifyInstance } from 'fastify';
import type { Simulator } from '../../simulator';

/** One answer on its way back. */
export interface Exchange {
	method: string;
	/** Without the query. */
	path: string;
	status: number;
	contentType: string | undefined;
	/** Parsed JSON. */
	body: unknown;
}

export interface Server {
	url: string;
	close(): Promise<void>;
}

/** @param deviate may change the answer */
export async function startDeviatingApi(
	simulator: Simulator,
	deviate: (exchange: Exchange) => void,
): Promise<Server> {
	const app = bare();
	app.all('/*', async ({ method, url, headers, body }, reply) => {
		const response = await fetch(`${simulator.url}${url}`, {
			method,
			headers: kept(headers),
			body: Buffer.isBuffer(body) ? new Uint8Array(body) : undefined,
		});
		const text = await response.text();
		const exchange: Exchange = {
			method,
			path: url.split('?')[0] ?? '',
			status: response.status,
			contentType: response.headers.get('content-type') ?? undefined,
			body: text === '' ? undefined : JSON.parse(text),
		};
		deviate(exchange);
		reply.hijack();
		const { contentType } = exchange;
		reply.raw.writeHead(exchange.status, contentType ? { 'content-type': contentType } : {});
		reply.raw.end(exchange.body === undefined ? '' : JSON.stringify(exchange.body));
	});
	return await listening(app);
}

/** What the forwarder does with a callback. */
export interface Delivery {
	times: number;
	delayMs: number;
}

/** A public address that forwards callbacks to this machine. */
export async function startForwarder(
	target: string,
	deliveryOf: (job: { verb: string }) => Delivery,
): Promise<Server> {
	const app = bare();
	app.post('/', async ({ body }) => {
		const { times, delayMs } = deliveryOf(JSON.parse(String(body)) as { verb: string });
		const headers = { 'content-type': 'application/json' };
		await delay(delayMs);
		for (let sent = 0; sent < times; sent++) {
			await fetch(target, { method: 'POST', headers, body: new Uint8Array(body as Buffer) });
		}
		return {};
	});
	return await listening(app);
}

/** A server that leaves bodies as they come. */
function bare(): FastifyInstance {
	const app = fastify({ bodyLimit: 10_000_000, forceCloseConnections: true });
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
	return app;
}

async function listening(app: FastifyInstance): Promise<Server> {
	await app.listen({ host: '127.0.0.1', port: 0 });
	const { port } = app.server.address() as AddressInfo;
	return { url: `http://127.0.0.1:${port}`, close: async () => await app.close() };
}

function kept(headers: Record<string, string | string[] | undefined>): Record<string, string> {
	const entries = ['authorization', 'content-type'].flatMap((name) => {
		const value = headers[name];
		return typeof value === 'string' ? [[name, value]] : [];
	});
	return Object.fromEntries(entries) as Record<string, string>;
}
