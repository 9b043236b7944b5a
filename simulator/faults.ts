import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callOf, scriptedRequestOf, type Call } from './call';
import { ClockStopped, type Clock } from './clock';
import type { Drip, LostAnswer, ScriptRule, ScriptedResponse } from './script';
import type { Simulation } from './simulation';

/** A body that Fastify is about to send. Only these two kinds occur here. */
export type Payload = string | Buffer | undefined;

/** No answer follows: the connection is broken, or stays open without data. */
const never = () => new Promise<never>(() => undefined);

/** Breaks the connection before the body is read, if the script says so. */
export async function breakUpload(
	simulation: Simulation,
	request: FastifyRequest,
	reply: FastifyReply,
	call: Call,
): Promise<void> {
	const { scripts } = simulation;
	const rule = scripts.peek(scriptedRequestOf(request));
	if (rule?.resetAfterBytes === undefined) return;
	scripts.use(rule);
	call.entry.fault = 'resetAfterBytes';
	await received(request, rule.resetAfterBytes);
	if (rule.respond) answerAndBreak(call, reply, rule.respond);
	else request.raw.socket.resetAndDestroy();
	await never();
}

/** Waits until so many bytes of the body have come, or all of it, and reads no more. */
async function received({ raw }: FastifyRequest, bytes: number): Promise<void> {
	if (bytes <= 0) return;
	await new Promise<void>((resolve) => {
		let came = 0;
		raw.on('data', (chunk: Buffer) => {
			came += chunk.length;
			if (came < bytes) return;
			raw.pause();
			resolve();
		});
		raw.on('end', resolve);
	});
}

function answerAndBreak(call: Call, reply: FastifyReply, response: ScriptedResponse): void {
	const body = Buffer.from(dress(reply.header('connection', 'close'), response));
	note(call, reply);
	const raw = sendHead(reply, body.length);
	raw.end(body, () => raw.socket?.destroy());
}

/** Sends status and headers without Fastify. @param length bytes of the body that they announce */
function sendHead(reply: FastifyReply, length: number): ServerResponse {
	const headers = reply.getHeaders() as OutgoingHttpHeaders;
	return reply.raw.writeHead(reply.statusCode, { ...headers, 'content-length': length });
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
 * Delays, replaces, drops or slows down an answer as scripted, before it is sent, and records it.
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
	const { delayMs = 0, acceptThen: lost, drip } = call.rule ?? {};
	await simulation.clock.delay(delayMs);
	if (lost === 'hang') simulation.clock.onStop(() => request.raw.socket.destroy());
	const sent = lost === undefined ? payload : await lose(call, lost, request, reply, payload);
	note(call, reply);
	if (drip === undefined) return sent;
	call.entry.fault ??= 'drip';
	await sendSlowly(reply, sent, drip, simulation.clock);
	return await never();
}

async function sendSlowly(
	reply: FastifyReply,
	payload: Payload,
	{ everyMs, bytes = 1 }: Drip,
	clock: Clock,
): Promise<void> {
	const whole = Buffer.from(payload ?? '');
	const raw = sendHead(reply, whole.length);
	raw.flushHeaders();
	try {
		for (let sent = 0; sent < whole.length; sent += bytes) {
			await clock.delay(everyMs);
			if (raw.destroyed) return;
			raw.write(whole.subarray(sent, sent + bytes));
		}
		raw.end();
	} catch (error) {
		if (!(error instanceof ClockStopped)) throw error;
		raw.destroy();
	}
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
	const raw = sendHead(reply, whole.length);
	raw.write(half(whole), () => raw.socket?.destroy());
}

function half(payload: Payload): Buffer {
	const whole = Buffer.from(payload ?? '');
	return whole.subarray(0, Math.floor(whole.length / 2));
}

/** Sets the scripted status and headers of a reply. @returns the body to send */
function dress(reply: FastifyReply, response: ScriptedResponse): string | Buffer {
	const { status, headers, body, gzip } = response;
	const text = typeof body === 'object' ? JSON.stringify(body) : (body ?? '');
	const type = typeof body === 'object' ? 'application/json; charset=utf-8' : 'text/html';
	void reply.code(status).headers({ 'content-type': type, ...lowerCase(headers ?? {}) });
	if (!gzip) return text;
	void reply.header('content-encoding', 'gzip');
	return gzipSync(text);
}

const lowerCase = (headers: Record<string, string>) =>
	Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
