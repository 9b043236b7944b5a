import { isObject, type Job } from '../api/job';
import { redactSecrets } from '../api/redact';
import { isJobId } from '../shared/validation';
import { isFaceSwap } from './settings';

/** What was posted, as far as its form tells. */
export type Report =
	/** About a job of this API. */
	| { kind: 'job'; job: Job }
	/** About something else that useapi.net does. */
	| { kind: 'foreign' }
	| { kind: 'malformed'; status: 400 | 413; message: string };

/** A job with all its words has a few kilobytes. */
const MAX_BYTES = 1024 * 1024;

/** Fields that are text or are not there. */
const TEXTS = ['status', 'channel', 'replyRef', 'content', 'updated', 'options'];

/**
 * Parses what was posted. It is not verified yet; its secrets are masked.
 * @param body as n8n has parsed it
 * @param size in bytes
 */
export function parseCallback(body: unknown, size: number, token: string): Report {
	if (size > MAX_BYTES) return malformed(413, 'A job has no more than a megabyte');
	if (!isObject(body)) return malformed(400, 'A job in JSON is expected');
	const { verb, jobid } = body;
	if (verb === undefined || (typeof verb === 'string' && !isFaceSwap(verb))) {
		return { kind: 'foreign' };
	}
	if (typeof verb !== 'string') return malformed(400, 'verb is not a text');
	if (!isJobId(jobid)) return malformed(400, 'jobid is none');
	const wrong = TEXTS.find((name) => typeof (body[name] ?? '') !== 'string');
	if (wrong) return malformed(400, `${wrong} is not a text`);
	if (!body.status) return malformed(400, 'status is missing');
	return { kind: 'job', job: redactSecrets(body, [token]) as Job };
}

const malformed = (status: 400 | 413, message: string): Report => ({
	kind: 'malformed',
	status,
	message,
});
