/** What a Node process holds on to, asked through its inspector. */
import { once } from 'node:events';
import { request, WebSocket, type MessageEvent } from 'undici';

interface Answer {
	id: number;
	result: { usedSize?: number; result?: { value?: unknown } };
}

type Call = (method: string, params?: object) => Promise<Answer['result']>;

/** The environment of a Node process that can be asked. @param port of its inspector, a free one */
export const inspected = (port: number) => ({
	NODE_OPTIONS: `--inspect=127.0.0.1:${port}`,
});

/** Bytes of heap in use after a collection. @param port of the process's inspector, on 127.0.0.1 */
export async function liveHeap(port: number): Promise<number> {
	return await withInspector(port, async (call) => {
		await call('HeapProfiler.collectGarbage');
		const { usedSize = NaN } = await call('Runtime.getHeapUsage');
		return usedSize;
	});
}

/** Bytes of heap and of buffers outside of it, after a collection. @param port as above */
export async function heldMemory(port: number): Promise<number> {
	return await withInspector(port, async (call) => {
		await call('HeapProfiler.collectGarbage');
		const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';
		const { result } = await call('Runtime.evaluate', { expression });
		return Number(result?.value);
	});
}

async function withInspector<T>(port: number, work: (call: Call) => Promise<T>): Promise<T> {
	const { body } = await request(`http://127.0.0.1:${port}/json/list`);
	const [target] = (await body.json()) as Array<{ webSocketDebuggerUrl: string }>;
	const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '');
	await once(socket, 'open');
	let calls = 0;
	const call: Call = async (method, params) => {
		const id = ++calls;
		socket.send(JSON.stringify({ id, method, params }));
		for (;;) {
			const [event] = (await once(socket, 'message')) as [MessageEvent<string>];
			const answer = JSON.parse(event.data) as Answer;
			if (answer.id === id) return answer.result;
		}
	};
	try {
		return await work(call);
	} finally {
		socket.close();
	}
}
