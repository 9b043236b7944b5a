/** n8n in queue mode: main, workers and a webhook process, with Redis and PostgreSQL. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureN8n } from './install';
import { startN8n, type RunningN8n } from './process';
import { ensurePackage } from './package';
import { freePort } from './ports';
import { N8nClient } from './client';
import { compileCache, owner, withoutEditor } from './instance';
import { startPostgres, startRedis, type Database } from './services';
import { n8n2, type N8nVersion } from './versions';

export interface QueueOptions {
	/** An empty one, for what all processes write. */
	folder: string;
	/** Default n8n 2. */
	version?: N8nVersion;
	workers: number;
	/** Default 1. */
	webhookProcesses?: number;
	env: Record<string, string>;
}

export interface Queue {
	/** Of the main process. */
	client: N8nClient;
	/** Where production webhooks are called, of each webhook process. The first is n8n's public address. */
	webhookUrls: string[];
	workers: RunningN8n[];
	database: Database;
	/** Holds what all processes write, their logs included. */
	folder: string;
	addWorker(): Promise<RunningN8n>;
	/** Ends the main process as a crash does. */
	killMain(): Promise<void>;
	/** Starts the main process again, at the same address. */
	restartMain(): Promise<void>;
	stop(): Promise<void>;
}

type Stop = () => Promise<void>;
type Part = 'start' | 'worker' | 'webhook';

/** Settings that all processes share. */
function settings(
	version: N8nVersion,
	folder: string,
	database: Database,
	redisPort: number,
	publicPort: number,
) {
	return {
		...compileCache(version),
		...withoutEditor,
		...database.env,
		EXECUTIONS_MODE: 'queue',
		QUEUE_BULL_REDIS_HOST: '127.0.0.1',
		QUEUE_BULL_REDIS_PORT: `${redisPort}`,
		// A dead worker is noticed in half a minute instead of one and a half.
		QUEUE_WORKER_LOCK_DURATION: '30000',
		QUEUE_WORKER_STALLED_INTERVAL: '5000',
		OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
		N8N_DISABLE_PRODUCTION_MAIN_PROCESS: 'true',
		N8N_ENCRYPTION_KEY: randomBytes(24).toString('hex'),
		// Of n8n 1, and still taken by n8n 2.
		N8N_BINARY_DATA_STORAGE_PATH: join(folder, 'storage'),
		WEBHOOK_URL: `http://127.0.0.1:${publicPort}/`,
	};
}

/** Starts all processes, with the package installed in each of them. */
export async function startQueue(options: QueueOptions): Promise<Queue> {
	await ensureN8n(options.version);
	const stops: Stop[] = [];
	const stop = async () => {
		for (const end of stops.splice(0).reverse()) await end();
	};
	try {
		return { ...(await startParts(options, stops)), stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

/** @param stops gets what ends each part, as soon as it runs */
async function startParts(
	{ folder, version = n8n2, workers: count, webhookProcesses = 1, env }: QueueOptions,
	stops: Stop[],
): Promise<Omit<Queue, 'stop'>> {
	const database = await startPostgres(join(folder, 'postgres'));
	stops.push(database.stop);
	const redis = await startRedis(join(folder, 'redis'));
	stops.push(redis.stop);
	const publicPort = await freePort();
	const shared = { ...settings(version, folder, database, redis.port, publicPort), ...env };

	const startPart = async (part: Part, userFolder: string, port?: number) => {
		await mkdir(join(folder, userFolder), { recursive: true });
		await ensurePackage(join(folder, userFolder), version);
		const place = { userFolder: join(folder, userFolder), port, version };
		const n8n = await startN8n({ ...place, command: part, env: shared });
		stops.push(async () => await n8n.stop());
		return n8n;
	};

	// Main first: it sets the database up.
	let main = await startPart('start', 'main');
	const webhookUrls: string[] = [];
	while (webhookUrls.length < webhookProcesses) {
		const port = webhookUrls.length === 0 ? publicPort : undefined;
		const webhook = await startPart('webhook', `webhook-${webhookUrls.length + 1}`, port);
		webhookUrls.push(webhook.url);
	}
	const workers: RunningN8n[] = [];
	const addWorker = async () => {
		const worker = await startPart('worker', `worker-${workers.length + 1}`);
		workers.push(worker);
		return worker;
	};
	while (workers.length < count) await addWorker();
	const client = new N8nClient(main.url);
	await client.signIn(owner);
	const killMain = async () => {
		process.kill(main.pid, 'SIGKILL');
		await main.stop();
	};
	const restartMain = async () => {
		main = await startPart('start', 'main', Number(new URL(client.url).port));
		await client.signIn(owner);
	};
	return { client, webhookUrls, workers, database, folder, addWorker, killMain, restartMain };
}
