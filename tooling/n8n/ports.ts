import getPort from 'get-port';

/** A port of 127.0.0.1 that nobody listens on: the preferred one if it is free, else any. */
export const freePort = async (preferred?: number) =>
	await getPort({ port: preferred, host: '127.0.0.1' });
