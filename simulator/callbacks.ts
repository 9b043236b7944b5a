import type { JobView } from './jobs';

/** One attempted callback. */
export interface SentCallback {
	/** ISO 8601. */
	at: string;
	url: string;
	jobid: string;
	/** What was POSTed. */
	body: JobView;
	/** Status of the receiver's answer; missing while open or when none came. */
	responseStatus?: number;
	/** Why no answer came. */
	error?: string;
}

const TIMEOUT_MS = 10_000;

/** Posts jobs to their reply URLs, once each. */
export class Callbacks {
	readonly sent: SentCallback[] = [];
	private stopping = new AbortController();

	/** Never throws. `sent` has the errors. */
	async send(url: string, body: JobView): Promise<void> {
		const record: SentCallback = { at: new Date().toISOString(), url, jobid: body.jobid, body };
		this.sent.push(record);
		try {
			record.responseStatus = await post(url, body, this.stopping.signal);
		} catch (error) {
			record.error = error instanceof Error ? error.message : String(error);
		}
	}

	/** Aborts the callbacks in flight. */
	stop(): void {
		this.stopping.abort();
		this.stopping = new AbortController();
	}

	clear(): void {
		this.stop();
		this.sent.length = 0;
	}
}

async function post(url: string, body: JobView, stop: AbortSignal): Promise<number> {
	const response = await fetch(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json', connection: 'close' },
		body: JSON.stringify(body),
		redirect: 'manual',
		signal: AbortSignal.any([stop, AbortSignal.timeout(TIMEOUT_MS)]),
	});
	await response.body?.cancel();
	return response.status;
}
