/** The official client of the Model Context Protocol, as n8n brings it along for its own nodes. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { demoFolder } from '../../../demo/folders';

/** What the tests use of the SDK's client. */
export interface McpClient {
	connect(transport: unknown): Promise<void>;
	listTools(): Promise<{ tools: Array<{ name: string; inputSchema: { properties?: object } }> }>;
	callTool(call: {
		name: string;
		arguments: Record<string, unknown>;
	}): Promise<{ content: Array<{ text: string }> }>;
	close(): Promise<void>;
}

interface Sdk {
	Client: new (about: { name: string; version: string }) => McpClient;
	StreamableHTTPClientTransport: new (
		url: URL,
		options: { requestInit: { headers: Record<string, string> } },
	) => unknown;
}

function loadSdk(): Sdk {
	const require = createRequire(join(demoFolder, 'package.json'));
	return {
		...(require('@modelcontextprotocol/sdk/client/index.js') as Sdk),
		...(require('@modelcontextprotocol/sdk/client/streamableHttp.js') as Sdk),
	};
}

/**
 * Connects as Claude or Cursor does: its limit for one call is 60 seconds.
 * @param token sent as Bearer
 */
export async function connectMcpClient(url: string, token: string): Promise<McpClient> {
	const { Client, StreamableHTTPClientTransport } = loadSdk();
	const client = new Client({ name: 'test', version: '1.0.0' });
	const requestInit = { headers: { authorization: `Bearer ${token}` } };
	await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
	return client;
}
