/** The webhooks of triggers, served over HTTP, as n8n does for those who call them: also for itself. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { IDataObject } from 'n8n-workflow';

import type { CallResult, TestTrigger } from './trigger';

export class Webhooks {
	/** What the calls have started. */
	readonly results: CallResult[] = [];

	/** All calls, also those that are refused. */
	readonly calls: Array<{ body: IDataObject }> = [];

	/** Whether n8n refuses all calls. */
	isDown = false;

	/** The number of calls that are being answered. */
	open = 0;

	private readonly triggers = new Map<string, TestTrigger>();

	private readonly server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		this.open++;
		response.once('close', () => this.open--);
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			void this.answer(request.url ?? '', Buffer.concat(chunks)).then(({ status, answer }) => {
				response.writeHead(status, { 'content-type': 'application/json' });
				response.end(JSON.stringify(answer ?? {}));
			});
		});
	});

	static async start(): Promise<Webhooks> {
		const webhooks = new Webhooks();
		await new Promise<void>((resolve) => webhooks.server.listen(0, '127.0.0.1', resolve));
		return webhooks;
	}

	get address(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	/** Has a trigger take the calls to its address from now on. */
	serve(trigger: TestTrigger): TestTrigger {
		this.triggers.set(`${trigger.node.webhookId}/insightfaceswap`, trigger);
		return trigger;
	}

	async close(): Promise<void> {
		await new Promise((resolve) => {
			this.server.close(resolve);
			this.server.closeAllConnections();
		});
	}

	private async answer(path: string, body: Buffer): Promise<{ status: number; answer?: unknown }> {
		const { pathname, searchParams } = new URL(path, this.address);
		this.calls.push({ body: JSON.parse(body.toString()) as IDataObject });
		const trigger = this.triggers.get(pathname.replace(/^\/webhook(-test)?\//, ''));
		if (!trigger || this.isDown) return { status: 404 };
		const result = await trigger.call({
			query: Object.fromEntries(searchParams) as IDataObject,
			body: JSON.parse(body.toString()) as unknown,
			isTest: pathname.startsWith('/webhook-test/'),
		});
		this.results.push(result);
		return result;
	}
}
