/** Receives the callbacks of one side, on this machine. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { UserError } from '../tooling/n8n/failure';
import { mediaType, parsed } from './party';

export interface Callback {
	/** When it came, in milliseconds since 1970. */
	at: number;
	contentType: string | undefined;
	/** Parsed JSON, or the text where it is none. */
	body: unknown;
}

export class Receiver {
	readonly callbacks: Callback[] = [];

	private constructor(private readonly server: Server) {}

	/** Listens on 127.0.0.1; port 0 takes a free one. */
	static async listen(port: number): Promise<Receiver> {
		const server = createServer();
		const receiver = new Receiver(server);
		server.on('request', (request, response) => {
			const at = Date.now();
			void text(request).then((body) => {
				const contentType = mediaType(request.headers['content-type']);
				response.end('{}');
				receiver.callbacks.push({ at, contentType, body: parsed(body) });
				server.emit('received');
			});
		});
		server.listen(port, '127.0.0.1');
		await once(server, 'listening').catch((error: Error) => {
			throw new UserError(`Cannot listen on port ${port}: ${error.message}`);
		});
		return receiver;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
	}

	/** The callbacks of a job, in the order of their arrival. */
	of(jobId: string): Callback[] {
		return this.callbacks.filter(
			({ body }) => (body as { jobid?: unknown } | null)?.jobid === jobId,
		);
	}

	/** Waits until each job has had a callback, at most so many milliseconds. */
	async untilAll(jobIds: string[], limitMs: number): Promise<void> {
		const signal = AbortSignal.timeout(limitMs);
		try {
			while (jobIds.some((id) => this.of(id).length === 0)) {
				await once(this.server, 'received', { signal });
			}
		} catch (error) {
			if (!signal.aborted) throw error;
		}
	}

	async close(): Promise<void> {
		this.server.closeAllConnections();
		this.server.close();
		await once(this.server, 'close');
	}
}
