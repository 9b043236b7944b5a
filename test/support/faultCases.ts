/** Faults that several tests script, as rules of the simulator. */
import type { ScriptMatch, ScriptRule, ScriptedResponse } from '../../simulator';

/** The reading of a job, of one or of any; never the list. */
export const readingOf = (jobid?: string): ScriptMatch => ({
	path: /\/faceswap\/jobs\/$/,
	...(jobid && { jobid }),
});

const page = (title: string) => `<html><head><title>${title}</title></head><body/></html>`;
const plain = { 'content-type': 'text/plain' };

const refusedToken: ScriptedResponse = { status: 401, body: { error: 'Unauthorized', code: 401 } };

/** Answers to the reading of a job that do not say whether it is there. */
export const CANNOT_TELL: ReadonlyArray<readonly [name: string, response: ScriptedResponse]> = [
	['a page with 404', { status: 404, body: page('404 Not Found') }],
	['a page with 410', { status: 410, body: page('410 Gone') }],
	['plain text with 404', { status: 404, headers: plain, body: '404 page not found' }],
	['plain text with 410', { status: 410, headers: plain, body: 'Gone' }],
	['an empty 404', { status: 404 }],
	['JSON of another maker with 404', { status: 404, body: { message: 'no Route matched' } }],
	['400 of the API', { status: 400, body: { error: 'Bad Request', code: 400 } }],
	['401 of the API', refusedToken],
	['402 of the API', { status: 402, body: { error: 'Account has no subscription', code: 402 } }],
	['403', { status: 403, body: page('403 Forbidden') }],
	['a redirect', { status: 302, headers: { location: 'https://example.com/' } }],
	['500', { status: 500, body: { error: 'Internal Server Error', code: 500 } }],
	['a page with 503', { status: 503, body: page('Service Unavailable') }],
];

/** Answers in which the API itself says that a job is not there. */
export const ABSENT: ReadonlyArray<readonly [name: string, response: ScriptedResponse]> = [
	['404 of the API', { status: 404, body: { error: 'Unable to locate job 1', code: 404 } }],
	['410 of the API', { status: 410, body: { error: 'Job has expired', code: 410 } }],
];

/** Headers at once, then a byte a second. */
export const A_BYTE_A_SECOND = { everyMs: 1000 };

/** A wrong token: its refusal comes in the middle of an upload, and the connection breaks. */
export const REFUSED_IN_UPLOAD: ScriptRule = { resetAfterBytes: 1000, respond: refusedToken };

/** A wrong token: its refusal gets lost as the upload breaks, and only reading calls are told of it. */
export const REFUSAL_LOST: readonly ScriptRule[] = [
	{ match: { method: 'POST' }, resetAfterBytes: 1000 },
	{ match: { method: 'GET' }, respond: refusedToken, times: Infinity },
];

/** A list of running jobs, compressed to little. @param megabytes of the JSON text */
export const hugeList = (megabytes: number): ScriptedResponse => ({
	status: 200,
	gzip: true,
	body: [{ jobid: 'x'.repeat(megabytes * 1024 * 1024) }],
});
