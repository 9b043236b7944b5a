import { connect } from 'node:net';
import type { Simulator } from '../../../simulator';

/**
 * Sends a request by hand, for what a proper client would not send.
 * @param head request line and headers besides Host and Authorization
 * @returns what came back until the connection closed or an answer was whole enough to be read
 */
export async function rawRequest(
	simulator: Simulator,
	head: string[],
	body: string,
): Promise<string> {
	const { hostname, port } = new URL(simulator.url);
	const [line, ...headers] = head;
	const text = [
		line,
		`Host: ${hostname}`,
		`Authorization: Bearer ${simulator.token}`,
		'Connection: close',
		...headers,
		'',
		body,
	].join('\r\n');
	return await new Promise((resolve, reject) => {
		let answer = '';
		const socket = connect(Number(port), hostname, () => socket.write(text));
		socket.on('data', (chunk) => (answer += chunk.toString()));
		socket.on('close', () => resolve(answer));
		socket.on('error', reject);
	});
}

/** A multipart body from parts written out by hand; `part` is headers, empty line, content. */
export const multipart = (...parts: string[]) =>
	[...parts.map((part) => `--edge\r\n${part}\r\n`), '--edge--\r\n'].join('');
