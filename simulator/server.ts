import type { Socket } from 'node:net';
import multipart from '@fastify/multipart';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { ClockStopped } from './clock';
import { ApiError } from './errors';
import { isPartAFile } from './form';
import { addGate } from './gate';
import { addAccountRoutes } from './routes/accounts';
import { addAttachmentRoutes } from './routes/attachments';
import { addInsideRoutes } from './routes/inside';
import { addJobRoutes } from './routes/jobs';
import { addSubmissionRoutes } from './routes/submissions';
import { Runner } from './runner';
import type { Simulation } from './simulation';
import { texts } from './undocumented';

const MAX_BODY_BYTES = 200 * 1024 * 1024;

/** The API as an HTTP server that does not listen yet. */
export async function createServer(simulation: Simulation): Promise<FastifyInstance> {
	const app = fastify({
		logger: false,
		bodyLimit: MAX_BODY_BYTES,
		forceCloseConnections: true,
		routerOptions: { ignoreTrailingSlash: true },
		clientErrorHandler: answerBadHttp,
		frameworkErrors: (_error, _request, reply) => {
			void sendError(reply, new ApiError(400, 'Bad Request'));
		},
	});
	await app.register(multipart, {
		isPartAFile,
		throwFileSizeLimit: false,
		limits: { fileSize: MAX_BODY_BYTES },
	});
	parseBodies(app);
	app.setErrorHandler(async (error, _request, reply) => await sendError(reply, error));
	app.setNotFoundHandler(() => {
		throw new ApiError(404, texts.unknownPath);
	});
	addGate(app, simulation);
	const runner = new Runner(simulation);
	addAccountRoutes(app, simulation);
	addSubmissionRoutes(app, simulation, runner);
	addJobRoutes(app, simulation, runner);
	addAttachmentRoutes(app, simulation);
	addInsideRoutes(app, simulation);
	return app;
}

/** Answers a request that is not valid HTTP. */
function answerBadHttp(_error: Error, socket: Socket): void {
	if (!socket.writable) return;
	const body = JSON.stringify({ error: 'Bad Request', code: 400 });
	const head = `Content-Type: application/json\r\nContent-Length: ${body.length}`;
	socket.end(`HTTP/1.1 400 Bad Request\r\n${head}\r\nConnection: close\r\n\r\n${body}`);
}

/** A JSON body may be empty. A body of any other type is parsed by its route. */
function parseBodies(app: FastifyInstance): void {
	app.removeContentTypeParser('application/json');
	app.addContentTypeParser<string>(
		'application/json',
		{ parseAs: 'string' },
		async (_request: unknown, body: string) => {
			if (body.trim() === '') return undefined;
			try {
				return JSON.parse(body) as unknown;
			} catch {
				throw new ApiError(400, texts.brokenJson);
			}
		},
	);
	app.addContentTypeParser('*', async (_request: unknown, body: NodeJS.ReadableStream) => {
		body.resume();
		return undefined;
	});
}

async function sendError(reply: FastifyReply, error: unknown): Promise<FastifyReply> {
	const { status, message } = asApiError(error);
	return await reply.code(status).send({ error: message, code: status });
}

function asApiError(error: unknown): ApiError {
	if (error instanceof ApiError) return error;
	if (error instanceof ClockStopped) return new ApiError(503, error.message);
	const status = (error as { statusCode?: number }).statusCode ?? 500;
	return new ApiError(status, status < 500 ? 'Bad Request' : 'Internal Server Error');
}
