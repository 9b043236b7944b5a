import { createHash } from 'node:crypto';

/** A part of a form, or what a JSON body held in its place. */
export type JournalPart =
	| { name: string; value: string }
	| { name: string; filename?: string; contentType: string; size: number; sha256: string };

/** One request as it came in. Secrets are not kept. */
export interface JournalEntry {
	/** ISO 8601, when the headers had arrived. */
	at: string;
	method: string;
	/** Without the query. */
	path: string;
	query: Record<string, string>;
	/** `content-type`, `content-length` and `user-agent`, where sent. */
	headers: Record<string, string>;
	/** What the Authorization header was worth, never its value. */
	authorization: 'none' | 'valid' | 'invalid';
	/** Parts of a form in the order sent; empty for other requests. */
	parts: JournalPart[];
	/** A JSON body; a Discord token in it is replaced by `{sha256}`. */
	body?: unknown;
	/** Status answered; missing while open or when no answer was sent. */
	status?: number;
	/** Milliseconds until the answer was sent. */
	ms?: number;
	jobid?: string;
	channel?: string;
	/** What a script did to this request, e.g. `reset`. */
	fault?: string;
}

const KEPT_HEADERS = ['content-type', 'content-length', 'user-agent'];

/** What the journal needs to know of a request. */
export interface IncomingRequest {
	method: string;
	url: string;
	headers: Record<string, string | string[] | undefined>;
}

/** All requests in the order in which they came in, and how many used a channel at once. */
export class Journal {
	readonly entries: JournalEntry[] = [];
	readonly maxConcurrentPerChannel: Record<string, number> = {};
	private readonly now = new Map<string, number>();

	open(request: IncomingRequest, authorization: JournalEntry['authorization']): JournalEntry {
		const { method, url } = request;
		const [path = '', query] = url.split('?');
		const entry: JournalEntry = {
			at: new Date().toISOString(),
			method,
			path,
			query: Object.fromEntries(new URLSearchParams(query)),
			headers: keptHeaders(request.headers),
			authorization,
			parts: [],
		};
		this.entries.push(entry);
		return entry;
	}

	/** A call uses the channel from now on, whether or not it will get it; call the answer to end. */
	enter(channel: string): () => void {
		const active = (this.now.get(channel) ?? 0) + 1;
		this.now.set(channel, active);
		const before = this.maxConcurrentPerChannel[channel] ?? 0;
		this.maxConcurrentPerChannel[channel] = Math.max(active, before);
		return () => this.now.set(channel, (this.now.get(channel) ?? 1) - 1);
	}

	clear(): void {
		this.entries.length = 0;
		this.now.clear();
		for (const channel of Object.keys(this.maxConcurrentPerChannel)) {
			delete this.maxConcurrentPerChannel[channel];
		}
	}
}

/** A JSON body fit for the journal. */
export function withoutSecrets(body: unknown): unknown {
	if (typeof body !== 'object' || body === null || !('discord' in body)) return body;
	const sha256 = createHash('sha256').update(String(body.discord)).digest('hex');
	return { ...body, discord: { sha256 } };
}

function keptHeaders(headers: IncomingRequest['headers']): Record<string, string> {
	const kept = KEPT_HEADERS.flatMap((name) => {
		const value = headers[name];
		return typeof value === 'string' ? [[name, value] as const] : [];
	});
	return Object.fromEntries(kept);
}
