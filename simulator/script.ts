import type { FinalStatus } from './jobs';
import { verbOfPath, type VerbName } from './verbs';

/** An answer to force. */
export interface ScriptedResponse {
	/** 200 to 599; those without a registered meaning are fine. */
	status: number;
	headers?: Record<string, string>;
	/** A string is sent as it stands (HTML unless a content-type is given), the rest as JSON. */
	body?: string | object;
}

/** Which requests a rule is for; what is left out matches everything. */
export interface ScriptMatch {
	/** With or without `faceswap-`. */
	verb?: VerbName | `faceswap-${VerbName}`;
	/** Of the form. */
	replyRef?: string;
	/** This path, without a query and whatever slash at the end, or one that the pattern finds. */
	path?: string | RegExp;
	method?: string;
}

/**
 * What happens to the answer of a request that was carried out all the same:
 * `reset` - the connection breaks before a byte is answered;
 * `hang` - nothing is ever answered;
 * `cutJson` - a whole HTTP answer, but only the first half of its body;
 * `cutBody` - the connection breaks after half the body;
 * or another answer instead.
 */
export type LostAnswer = 'reset' | 'hang' | 'cutJson' | 'cutBody' | ScriptedResponse;

/**
 * What happens to the callback of a job's end:
 * `missing` - none is sent; `duplicate` - it is sent twice;
 * `early` - it arrives before the submitting call is answered;
 * `progress` - another one with status `progress` goes before it; `reordered` - after it.
 */
export type CallbackFault = 'missing' | 'duplicate' | 'early' | 'progress' | 'reordered';

/**
 * A rule for coming requests. Rules stand in a queue: the first one that matches decides.
 * One with `respond` or `resetAfterBytes` is used up by any request and nothing is carried out;
 * the other ones are used up once a job is taken (or, where there is no job to take, at once).
 */
export interface ScriptRule {
	match?: ScriptMatch;
	/** For how many requests; default 1, `Infinity` for all. */
	times?: number;
	/** Answers this instead of doing anything. */
	respond?: ScriptedResponse;
	/** Breaks the connection once this many bytes of the request's body came. Nothing is done. */
	resetAfterBytes?: number;
	/** Milliseconds by which the answer comes later. */
	delayMs?: number;
	/** Does what was asked, then loses the answer. */
	acceptThen?: LostAnswer;
	/** How the job ends. */
	outcome?: Exclude<FinalStatus, 'completed'>;
	/** What the bot says at the end. */
	content?: string;
	callback?: CallbackFault;
}

/** What a rule can be matched with. */
export interface ScriptedRequest {
	method: string;
	path: string;
	/** Unknown before the body was read. */
	replyRef?: string;
}

interface QueuedRule {
	rule: ScriptRule;
	left: number;
}

export class Scripts {
	private queue: QueuedRule[] = [];

	/** @throws Error for a rule that could never work */
	add(rule: ScriptRule): void {
		if (rule.resetAfterBytes !== undefined && rule.match?.replyRef !== undefined) {
			throw new Error('resetAfterBytes cannot match a replyRef: it acts before the body is read');
		}
		this.queue.push({ rule: { ...rule }, left: rule.times ?? 1 });
	}

	clear(): void {
		this.queue = [];
	}

	/** The rule that decides; it stays in the queue. */
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

function matches(match: ScriptMatch, { method, path, replyRef }: ScriptedRequest): boolean {
	if (match.verb && verbOfPath(path) !== match.verb.replace('faceswap-', '')) return false;
	if (match.replyRef !== undefined && match.replyRef !== replyRef) return false;
	if (typeof match.path === 'string' && !samePath(match.path, path)) return false;
	if (match.path instanceof RegExp && !match.path.test(path)) return false;
	return match.method === undefined || match.method.toUpperCase() === method;
}

const samePath = (one: string, other: string) =>
	one.replace(/\/$/, '') === other.replace(/\/$/, '');
