import type { FastifyInstance, FastifyReply } from 'fastify';
import { ATTACHMENTS } from '../gate';
import type { Simulation } from '../simulation';

interface AttachmentPath {
	Params: { channel: string; id: string; filename: string };
	Querystring: { hm?: string };
}

/** First and last byte, both included. */
interface ByteRange {
	first: number;
	last: number;
}

/** The pictures. Their addresses need no token. */
export function addAttachmentRoutes(app: FastifyInstance, simulation: Simulation): void {
	app.get<AttachmentPath>(`${ATTACHMENTS}:channel/:id/:filename`, async (request, reply) => {
		const { id, filename } = request.params;
		const attachment = simulation.attachments.open(id, filename, request.query.hm ?? '');
		if (!attachment) return await gone(reply);
		void reply.type(attachment.contentType).header('accept-ranges', 'bytes');
		return await sendRange(reply, attachment.data, request.headers.range);
	});
}

async function gone(reply: FastifyReply): Promise<FastifyReply> {
	return await reply
		.code(404)
		.type('text/plain; charset=utf-8')
		.send('This content is no longer available.');
}

async function sendRange(reply: FastifyReply, data: Buffer, header?: string) {
	if (header === undefined) return await reply.send(data);
	const range = parseRange(header, data.length);
	if (!range) {
		const refusal = reply.code(416).header('content-range', `bytes */${data.length}`);
		return await refusal.type('text/plain').send('');
	}
	const { first, last } = range;
	void reply.code(206).header('content-range', `bytes ${first}-${last}/${data.length}`);
	return await reply.send(data.subarray(first, last + 1));
}

/** One range of a Range header: `bytes=0-99`, `bytes=100-` or `bytes=-100`. */
function parseRange(header: string, size: number): ByteRange | undefined {
	const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header.trim()) ?? [];
	if (from === '' && to === '') return undefined;
	const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
	const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
	return first <= last ? { first, last } : undefined;
}
