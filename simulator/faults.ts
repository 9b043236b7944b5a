import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callOf, pathOf, type Call } from './call';
import type { LostAnswer, ScriptRule, ScriptedResponse } from './script';
import type { Simulation } from './simulation';

/** A body that Fastify is about to send. Only these two kinds occur here. */
export type Payload = string | Buffer | undefined;

/** No answer follows: the connection is broken, or stays open without data. */
const never = () => new Promise<never>(() => undefined);

/** Breaks the connection before the body is read, if the script says so. */
export async function breakUpload(
	simulation: Simulation,
	request: FastifyRequest,
	call: Call,
): Promise<void> {
	const { scripts } = simulation;
	const rule = scripts.peek({ method: request.method, path: pathOf(request) });
	if (rule?.resetAfterBytes === undefined) return;
	scripts.use(rule);
	await countThenReset(request, call, rule.resetAfterBytes);
}

async function countThenReset(request: FastifyRequest, call: Call, bytes: number): Promise<never> {
	const { raw } = request;
	let came = 0;
	const reset = () => {
		call.entry.fault = 'resetAfterBytes';
		raw.socket.resetAndDestroy();
	};
	if (bytes <= 0) reset();
	raw.on('data', (chunk: Buffer) => {
		came += chunk.length;
		if (came >= bytes) reset();
	});
	raw.on('end', reset);
	return await never();
}

/** Whether a rule prevents the request from being processed. */
export const refuses = (rule: ScriptRule) =>
	rule.respond !== undefined || rule.resetAfterBytes !== undefined;

/** Uses a rule for this request. */
export function useRule(simulation: Simulation, request: FastifyRequest, rule: ScriptRule): void {
	simulation.scripts.use(rule);
	const call = callOf(request);
	if (call) call.rule = rule;
}

/** Answers a request that is not processed. */
export async function refuse(
	request: FastifyRequest,
	reply: FastifyReply,
	rule: ScriptRule,
): Promise<FastifyReply> {
	const call = callOf(request);
	if (call) call.entry.fault = rule.respond ? 'respond' : 'resetAfterBytes';
	if (!rule.respond) {
		request.raw.socket.resetAndDestroy();
		return await never();
	}
	return await reply.send(dress(reply, rule.respond));
}

/**
 * Delays, replaces or drops an answer as scripted, before it is sent, and records it.
 * @returns what to send
 */
export async function lastHand(
	simulation: Simulation,
	request: FastifyRequest,
	reply: FastifyReply,
	payload: Payload,
): Promise<Payload> {
	const call = callOf(request);
	if (!call) return payload;
	await simulation.clock.delay(call.rule?.delayMs ?? 0);
	const lost = call.rule?.acceptThen;
	const sent = lost === undefined ? payload : await lose(call, lost, request, reply, payload);
	note(call, reply);
	return sent;
}

function note({ entry, began }: Call, reply: FastifyReply): void {
	entry.status = reply.statusCode;
	entry.ms = Date.now() - began;
}

async function lose(
	call: Call,
	lost: LostAnswer,
	request: FastifyRequest,
	reply: FastifyReply,
	payload: Payload,
): Promise<Payload> {
	call.entry.fault = typeof lost === 'string' ? lost : 'acceptThen';
	if (typeof lost === 'object') return dress(reply, lost);
	if (lost === 'cutJson') return half(payload);
	if (lost === 'reset') request.raw.socket.resetAndDestroy();
	if (lost === 'cutBody') sendHalf(call, reply, payload);
	return await never();
}

function sendHalf(call: Call, reply: FastifyReply, payload: Payload): void {
	note(call, reply);
	const whole = Buffer.from(payload ?? '');
	const { raw } = reply;
	const headers = reply.getHeaders() as OutgoingHttpHeaders;
	raw.writeHead(reply.statusCode, { ...headers, 'content-length': whole.length });
	raw.write(half(whole), () => raw.socket?.destroy());
}

function half(payload: Payload): Buffer {
	const whole = Buffer.from(payload ?? '');
	return whole.subarray(0, Math.floor(whole.length / 2));
}

/** Sets the scripted status and headers of a reply. @returns the body to send */
function dress(reply: FastifyReply, { status, headers, body }: ScriptedResponse): string {
	const text = typeof body === 'object' ? JSON.stringify(body) : (body ?? '');
	const type = typeof body === 'object' ? 'application/json; charset=utf-8' : 'text/html';
	void reply.code(status).headers({ 'content-type': type, ...lowerCase(headers ?? {}) });
	return text;
}

const lowerCase = (headers: Record<string, string>) =>
	Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
