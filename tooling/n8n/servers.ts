/** Servers that run beside n8n. */
import { connect } from 'node:net';
import { startChild } from './children';
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
	/** Added to this process's environment. */
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
	{ port, cwd, env, logFile, endWith = 'SIGTERM' }: ServerOptions,
): Promise<Service> {
	const server = startChild(program, args, { cwd, env: { ...process.env, ...env }, logFile });
	const stop = async () => {
		server.signal(endWith);
		await server.ended;
	};
	await until(`${program} (see ${logFile})`, async () => await isOpen(port), START_LIMIT_MS);
	return { port, stop };
}
