/** What a Node process holds on to, asked through its inspector. */
import { once } from 'node:events';
import { request, WebSocket, type MessageEvent } from 'undici';

interface Answer {
	id: number;
	result: { usedSize?: number };
}

/** The environment of a Node process that can be asked. @param port of its inspector, a free one */
export const inspected = (port: number) => ({
	NODE_OPTIONS: `--inspect=127.0.0.1:${port}`,
});

/** Bytes of heap in use after a collection. @param port of the process's inspector, on 127.0.0.1 */
export async function liveHeap(port: number): Promise<number> {
	const { body } = await request(`http://127.0.0.1:${port}/json/list`);
	const [target] = (await body.json()) as Array<{ webSocketDebuggerUrl: string }>;
	const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
	await once(socket, 'open');
	const call = async (id: number, method: string) => {
		socket.send(JSON.stringify({ id, method }));
		for (;;) {
			const [event] = (await once(socket, 'message')) as [MessageEvent<string>];
			const answer = JSON.parse(event.data) as Answer;
			if (answer.id === id) return answer.result;
		}
	};
	await call(1, 'HeapProfiler.collectGarbage');
	const { usedSize = NaN } = await call(2, 'Runtime.getHeapUsage');
	socket.close();
	return usedSize;
}
