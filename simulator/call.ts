import type { FastifyRequest } from 'fastify';
import type { JournalEntry } from './journal';
import type { ScriptedRequest, ScriptRule } from './script';

/** What the simulator records about one request while it answers. */
export interface Call {
	entry: JournalEntry;
	/** Milliseconds since 1970. */
	began: number;
	/** The script's rule that this request has used. */
	rule?: ScriptRule;
}

const calls = new WeakMap<FastifyRequest, Call>();

/** The call of a request. Requests outside the journal have none. */
export const callOf = (request: FastifyRequest): Call | undefined => calls.get(request);

export function beginCall(request: FastifyRequest, entry: JournalEntry): void {
	calls.set(request, { entry, began: Date.now() });
}

/** The path of a request, without its query. */
export const pathOf = (request: FastifyRequest) => request.url.split('?')[0] ?? '';

/** What rules match of a request whose body is not read. */
export function scriptedRequestOf(request: FastifyRequest): ScriptedRequest {
	const { jobid } = request.query as { jobid?: string };
	return { method: request.method, path: pathOf(request), jobid };
}
