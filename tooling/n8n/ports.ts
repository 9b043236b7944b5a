import { createServer, type AddressInfo } from 'node:net';

/** What `freePort` has given: whoever asked may not listen there yet. */
const given = new Set<number>();

/** The port if nobody listens on it, any free one for 0; nothing where it is taken. */
const free = async (port: number) =>
	await new Promise<number | undefined>((settle) => {
		const server = createServer();
		server.once('error', () => settle(undefined));
		server.listen(port, '127.0.0.1', () => {
			const { port: found } = server.address() as AddressInfo;
			server.close(() => settle(found));
		});
	});

/** A port of 127.0.0.1 that nobody listens on: the preferred one if it is free, else any. */
export async function freePort(preferred = 0): Promise<number> {
	for (let wanted = preferred; ; wanted = 0) {
		const port = await free(wanted);
		if (port === undefined || given.has(port)) continue;
		given.add(port);
		return port;
	}
}
