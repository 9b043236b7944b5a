import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { beginCall, callOf, pathOf, scriptedRequestOf } from './call';
import { ApiError } from './errors';
import { breakUpload, lastHand, refuse, refuses, useRule, type Payload } from './faults';
import { withoutSecrets, type JournalEntry } from './journal';
import type { Simulation } from './simulation';
import { verbOfPath } from './verbs';

export const ATTACHMENTS = '/attachments/';
export const INSIDE = '/_simulator/';
const FACESWAP = '/v1/faceswap/';

/** The checks of every request: journal, token, subscription and script. */
export function addGate(app: FastifyInstance, simulation: Simulation): void {
	app.addHook('onRequest', async (request, reply) => await enter(simulation, request, reply));
	app.addHook('preHandler', async (request, reply) => {
		const call = callOf(request);
		if (!call) return;
		if (request.body !== undefined) call.entry.body = withoutSecrets(request.body);
		if (verbOfPath(pathOf(request))) return;
		const rule = simulation.scripts.peek(scriptedRequestOf(request));
		if (!rule) return;
		useRule(simulation, request, rule);
		if (refuses(rule)) await refuse(request, reply, rule);
	});
	app.addHook<Payload>(
		'onSend',
		async (request, reply, payload) => await lastHand(simulation, request, reply, payload),
	);
}

async function enter(
	simulation: Simulation,
	request: FastifyRequest,
	reply: FastifyReply,
): Promise<void> {
	const { settings, journal, clock } = simulation;
	const authorization = authorizationOf(request, settings.token);
	if (!request.url.startsWith(INSIDE)) {
		const { method, url, headers } = request;
		beginCall(request, journal.open({ method, url, headers }, authorization));
	}
	await clock.delay(settings.latencyMs);
	const call = callOf(request);
	if (call) await breakUpload(simulation, request, reply, call);
	if (!request.url.startsWith(ATTACHMENTS)) checkAccess(simulation, request, authorization);
}

function checkAccess(
	{ settings }: Simulation,
	request: FastifyRequest,
	authorization: JournalEntry['authorization'],
): void {
	if (authorization !== 'valid') throw new ApiError(401, 'Unauthorized');
	if (settings.subscription !== 'active' && request.url.startsWith(FACESWAP)) {
		throw new ApiError(402, 'Account has no subscription or subscription expired');
	}
}

function authorizationOf(
	{ headers }: FastifyRequest,
	token: string,
): JournalEntry['authorization'] {
	if (headers.authorization === undefined) return 'none';
	return headers.authorization === `Bearer ${token}` ? 'valid' : 'invalid';
}
