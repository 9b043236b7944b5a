/** A web server whose pictures take their time. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PictureServer {
	/** Of a picture; anything may follow. */
	url: string;
	stop(): void;
}

/** Serves a file at every address, so many milliseconds after it was asked for. */
export async function servePictures(file: string, ms: number): Promise<PictureServer> {
	const server = createServer((_request, response) => {
		setTimeout(() => {
			response.writeHead(200, { 'content-type': 'image/png' });
			createReadStream(file).pipe(response);
		}, ms);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}/picture.png`,
		stop: () => {
			server.close();
			server.closeAllConnections();
		},
	};
}
