import { createHash } from 'node:crypto';

/** A part of a form, or what a JSON body held in its place. */
export type JournalPart =
	| { name: string; value: string }
	| { name: string; filename?: string; contentType: string; size: number; sha256: string };

/** One request. Secrets are not stored. */
export interface JournalEntry {
	/** When the headers had arrived, in ISO 8601. */
	at: string;
	method: string;
	/** Without the query. */
	path: string;
	query: Record<string, string>;
	/** `content-type`, `content-length` and `user-agent`, where sent. */
	headers: Record<string, string>;
	/** Whether the Authorization header was valid, never its value. */
	authorization: 'none' | 'valid' | 'invalid';
	/** Parts of a form in the order sent; empty for other requests. */
	parts: JournalPart[];
	/** A JSON body; a Discord token in it is replaced by `{sha256}`. */
	body?: unknown;
	/** Status of the answer; missing while the call is open, or if none was sent. */
	status?: number;
	/** Milliseconds until the answer was sent. */
	ms?: number;
	jobid?: string;
	channel?: string;
	/** What the script did to this request, e.g. `reset`. */
	fault?: string;
}

const KEPT_HEADERS = ['content-type', 'content-length', 'user-agent'];

/** What the journal needs to know of a request. */
export interface IncomingRequest {
	method: string;
	url: string;
	headers: Record<string, string | string[] | undefined>;
}

/** All requests in order of arrival, and the number of concurrent calls for each channel. */
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

	/** Counts a call for the channel, also one that will be refused. @returns a function that ends the call */
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

/** A JSON body without secrets, for the journal. */
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
