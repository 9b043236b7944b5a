/** Servers that run beside n8n. */
import execa from 'execa';
import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { until } from './until';

const START_LIMIT_MS = 120_000;

export interface Service {
	port: number;
	stop(): Promise<void>;
}

export interface ServerOptions {
	/** On 127.0.0.1, where it listens. */
	port: number;
	cwd: string;
	env?: NodeJS.ProcessEnv;
	/** What it prints goes there. */
	logFile: string;
	endWith?: NodeJS.Signals;
}

const isOpen = async (port: number) =>
	await new Promise<boolean>((settle) => {
		const socket = connect(port, '127.0.0.1', () => settle(true));
		socket.once('error', () => settle(false)).once('connect', () => socket.destroy());
	});

/** Starts a server and waits until it listens. It ends with this process at the latest. */
export async function startServer(
	program: string,
	args: string[],
	{ port, logFile, endWith = 'SIGTERM', ...options }: ServerOptions,
): Promise<Service> {
	const log = openSync(logFile, 'w');
	const server = execa(program, args, { ...options, stdio: ['ignore', log, log], reject: false });
	closeSync(log);
	const stop = async () => {
		server.kill(endWith);
		await server;
	};
	await until(`${program} (see ${logFile})`, async () => await isOpen(port), START_LIMIT_MS);
	return { port, stop };
}
