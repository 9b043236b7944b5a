/** A chat model that speaks OpenAI's protocol on this machine, and follows a script instead of thinking. */
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import type { N8nClient } from '../../../tooling/n8n/client';
import type { Credentials } from './workflows';

interface Message {
	role: string;
	content: unknown;
}

interface Completion {
	messages: Message[];
	tools?: Array<{ function: { name: string; parameters: { properties?: object } } }>;
}

/** One conversation: calls the tool once, then repeats what the tool has answered. */
export interface ChatModel {
	/** Its address, as n8n's OpenAI credential takes it. */
	url: string;
	/** What the model calls the tool with. */
	toolInput: Record<string, string>;
	/** What the tool has answered, oldest first. */
	readonly toolAnswers: string[];
	/** The fields that the tool offers the model to fill in. */
	readonly toolFields: string[];
	close(): Promise<void>;
}

export async function startChatModel(): Promise<ChatModel> {
	const app = fastify();
	const answers: string[] = [];
	const fields: string[] = [];
	const model = { toolInput: {} };
	app.post<{ Body: Completion }>('/v1/chat/completions', ({ body: { messages, tools = [] } }) => {
		const [tool] = tools;
		const last = messages.at(-1);
		fields.splice(0, Infinity, ...Object.keys(tool?.function.parameters.properties ?? {}));
		if (last?.role === 'tool') {
			answers.push(String(last.content));
			return completion({ content: `The tool says: ${String(last.content)}` }, 'stop');
		}
		const call = { name: tool?.function.name, arguments: JSON.stringify(model.toolInput) };
		const tool_calls = [{ id: `call_${answers.length}`, type: 'function', function: call }];
		return completion({ content: null, tool_calls }, 'tool_calls');
	});
	await app.listen({ host: '127.0.0.1', port: 0 });
	const { port } = app.server.address() as AddressInfo;
	return Object.assign(model, {
		url: `http://127.0.0.1:${port}/v1`,
		toolAnswers: answers,
		toolFields: fields,
		close: async () => await app.close(),
	});
}

/** Stores the model's address in n8n. @returns the credential, as n8n's model node for OpenAI takes it */
export async function saveModel(client: N8nClient, { url }: ChatModel): Promise<Credentials> {
	const type = 'openAiApi';
	const data = { apiKey: 'sk-scripted', url };
	return { [type]: { id: await client.saveCredential({ name: type, type, data }), name: type } };
}

const completion = (message: object, finish_reason: string) => ({
	id: 'chatcmpl-1',
	object: 'chat.completion',
	created: 1,
	model: 'scripted',
	choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }],
	usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
