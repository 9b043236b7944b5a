import type { FinalStatus } from './jobs';
import { verbOfPath, type VerbName } from './verbs';

/** An answer to force. */
export interface ScriptedResponse {
	/** 200 to 599, also unregistered ones. */
	status: number;
	headers?: Record<string, string>;
	/** A string is sent unchanged (as HTML unless a content-type is given), anything else as JSON. */
	body?: string | object;
	/** Sends the body compressed, as `content-encoding: gzip`. */
	gzip?: boolean;
}

/** A slow answer: its headers come at once, its body bit by bit. */
export interface Drip {
	/** Between two bits, in milliseconds. */
	everyMs: number;
	/** Of a bit, default 1. */
	bytes?: number;
}

/** Which requests a rule applies to. A missing field matches everything. */
export interface ScriptMatch {
	/** With or without `faceswap-`. */
	verb?: VerbName | `faceswap-${VerbName}`;
	/** Of the form. */
	replyRef?: string;
	/**
	 * A path without query and final slash, or a pattern. Reading a job and listing jobs have the same path
	 * but for the slash: `/jobs\/$/` matches reading, `/jobs$/` the list.
	 */
	path?: string | RegExp;
	/** Of the query: the reading or the cancellation of this job. */
	jobid?: string;
	method?: string;
}

/**
 * What happens to the answer of a request that was processed:
 * `reset` - the connection breaks before the first byte of the answer;
 * `hang` - no answer is sent, until the simulator is reset;
 * `cutJson` - a whole HTTP answer, but only the first half of its body;
 * `cutBody` - the connection breaks after half the body;
 * or another answer instead.
 */
export type LostAnswer = 'reset' | 'hang' | 'cutJson' | 'cutBody' | ScriptedResponse;

/**
 * What happens to the callback of a job's end:
 * `missing` - none is sent; `duplicate` - it is sent twice;
 * `early` - it arrives before the submitting call is answered;
 * `progress` - one with status `progress` is sent before it; `reordered` - after it.
 */
export type CallbackFault = 'missing' | 'duplicate' | 'early' | 'progress' | 'reordered';

/**
 * A rule for the next requests. Rules form a queue; the first one that matches applies.
 * A rule with `respond` or `resetAfterBytes` is used by any request, which is then not processed.
 * Other rules are used once a job is created, or at once where the request creates none.
 * Pictures of results are requests too (`path: /attachments/`).
 */
export interface ScriptRule {
	match?: ScriptMatch;
	/** The number of requests; default 1, `Infinity` for all. */
	times?: number;
	/** Answers this and does not process the request. */
	respond?: ScriptedResponse;
	/**
	 * Breaks the connection after this many bytes of the request's body, and does not process it. With
	 * `respond`, that answer is sent before the connection breaks, while the client is still sending.
	 */
	resetAfterBytes?: number;
	/** Delay of the answer, in milliseconds. */
	delayMs?: number;
	/** How slowly the answer comes, a scripted one or the real one. */
	drip?: Drip;
	/** Processes the request, then drops the answer. */
	acceptThen?: LostAnswer;
	/** How the job ends. */
	outcome?: Exclude<FinalStatus, 'completed'>;
	/** The text of the bot's last message. */
	content?: string;
	/**
	 * Fields of the job in place of its own, in every answer, list and callback, e.g. `{ content: {} }`;
	 * `undefined` removes one.
	 */
	job?: Record<string, unknown>;
	callback?: CallbackFault;
}

/** The properties of a request that rules match. */
export interface ScriptedRequest {
	method: string;
	path: string;
	/** Unknown before the body was read. */
	replyRef?: string;
	/** Of the query. */
	jobid?: string;
}

interface QueuedRule {
	rule: ScriptRule;
	left: number;
}

export class Scripts {
	private queue: QueuedRule[] = [];

	/** @throws Error for a rule that cannot work */
	add(rule: ScriptRule): void {
		if (rule.resetAfterBytes !== undefined && rule.match?.replyRef !== undefined) {
			throw new Error('resetAfterBytes cannot match a replyRef: it acts before the body is read');
		}
		this.queue.push({ rule: { ...rule }, left: rule.times ?? 1 });
	}

	clear(): void {
		this.queue = [];
	}

	/** The rule that applies. It stays in the queue. */
	peek(request: ScriptedRequest): ScriptRule | undefined {
		return this.queue.find(({ rule }) => matches(rule.match ?? {}, request))?.rule;
	}

	/** Counts one use of a rule. */
	use(rule: ScriptRule): void {
		const queued = this.queue.find((one) => one.rule === rule);
		if (queued) queued.left -= 1;
		this.queue = this.queue.filter((one) => one.left > 0);
	}
}

function matches(match: ScriptMatch, request: ScriptedRequest): boolean {
	const { method, path, replyRef, jobid } = request;
	if (match.verb && verbOfPath(path) !== match.verb.replace('faceswap-', '')) return false;
	if (match.replyRef !== undefined && match.replyRef !== replyRef) return false;
	if (match.jobid !== undefined && match.jobid !== jobid) return false;
	if (typeof match.path === 'string' && !samePath(match.path, path)) return false;
	if (match.path instanceof RegExp && !match.path.test(path)) return false;
	return match.method === undefined || match.method.toUpperCase() === method;
}

const samePath = (one: string, other: string) =>
	one.replace(/\/$/, '') === other.replace(/\/$/, '');
