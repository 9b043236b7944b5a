import { createServer } from 'node:net';

async function listen(port: number): Promise<number | undefined> {
	return await new Promise((settle) => {
		const server = createServer();
		server.once('error', () => settle(undefined));
		server.listen(port, '127.0.0.1', () => {
			const address = server.address();
			const got = typeof address === 'object' && address ? address.port : undefined;
			server.close(() => settle(got));
		});
	});
}

/** A port of 127.0.0.1 that nobody listens on: the preferred one if it is free, else any. */
export async function freePort(preferred = 0): Promise<number> {
	const port = (await listen(preferred)) ?? (await listen(0));
	if (port === undefined) throw new Error('No free port on 127.0.0.1');
	return port;
}
