import * as backoff from '../../nodes/InsightFaceSwap/shared/backoff';
import {
	errorText,
	outcomeOf,
	outcomeOfError,
	type Problem,
} from '../../nodes/InsightFaceSwap/api/outcome';

const answer = (statusCode: number, body: unknown = {}, headers = {}) =>
	outcomeOf({ statusCode, body, headers });

const messageOf = (statusCode: number, body: unknown = '') => {
	const outcome = answer(statusCode, body);
	return outcome.kind === 'answered' ? '' : outcome.problem.message;
};

describe('an answer of the API', () => {
	test.each([200, 201])('%i with JSON is an answer', (status) => {
		expect(answer(status, { jobid: 'a' })).toEqual({ kind: 'answered', body: { jobid: 'a' } });
	});

	test('204 is an answer without a body', () => {
		expect(answer(204, '')).toEqual({ kind: 'answered', body: {} });
	});

	test.each(['<html></html>', '', '{"jobid": "cut o'])(
		'200 with %j leaves open whether the call was taken',
		(body) => {
			expect(answer(200, body).kind).toBe('unknown');
		},
	);

	test.each([301, 400, 401, 402, 403, 404, 407, 410, 412, 413, 422, 596])(
		'%i refuses',
		(status) => {
			expect(answer(status).kind).toBe('refused');
		},
	);

	test.each([
		[404, { error: 'Unable to locate job 1' }],
		[404, { error: { message: 'Unable to locate job 1', code: 404 } }],
		[410, { error: 'Job has expired' }],
	])('%i with %j says that the job is not there', (status, body) => {
		expect(answer(status, body).kind).toBe('absent');
	});

	test.each([
		[404, '<html>404 Not Found</html>'],
		[404, '404 page not found'],
		[404, ''],
		[404, { message: 'no Route matched with those values' }],
		[404, { error: 'Not Found' }],
		[410, 'Gone'],
		[410, {}],
		[400, { error: 'Unable to locate job 1' }],
	])('%i with %j does not', (status, body) => {
		expect(answer(status, body).kind).toBe('refused');
	});

	test.each([401, 402])('%i in the words of the API refuses all access', (status) => {
		expect(answer(status, { error: 'Unauthorized' })).toMatchObject({
			problem: { cause: 'noAccess' },
		});
		expect(answer(status, '<html></html>')).not.toMatchObject({ problem: { cause: 'noAccess' } });
	});

	test.each([408, 425, 500, 502, 503, 504])(
		'%i leaves open whether the call was taken',
		(status) => {
			expect(answer(status).kind).toBe('unknown');
		},
	);

	test('429 is busy', () => {
		expect(answer(429).kind).toBe('busy');
	});

	test('402, 412 and 596 are three different things to a user', () => {
		expect(messageOf(402)).toMatch(/subscription/);
		expect(messageOf(412)).toMatch(/credits/);
		expect(messageOf(596)).toMatch(/out of use/);
	});

	test.each(['Required param image is missing or empty', 'Param prompt is empty'])(
		'412 may also be about a parameter, and then tells nothing of credits: %s',
		(error) => {
			const { problem } = answer(412, { error }) as { problem: Problem };
			expect(problem).toEqual({
				message: `useapi.net refused the request: ${error}`,
				description: 'Check the parameter that the message names.',
				httpCode: '412',
			});
		},
	);

	test("the API's own words are quoted", () => {
		const body = { error: 'Required param idname is missing or empty', code: 400 };
		expect(messageOf(400, body)).toContain('Required param idname is missing or empty');
	});

	test.each([405, 409, 413, 415])('another refusal is told as one: %s', (status) => {
		expect(messageOf(status, { error: 'No' })).toBe('useapi.net refused the request: No');
	});

	test('an error without words shows the status', () => {
		expect(messageOf(502, {})).toBe('useapi.net could not answer (HTTP 502)');
	});

	test('no advice has more than two sentences, or "try again later"', () => {
		for (const status of [
			301, 400, 401, 402, 403, 404, 407, 408, 410, 412, 413, 422, 429, 500, 596,
		]) {
			for (const body of [{ error: 'no' }, { error: 'Unable to locate job 1' }, '', '<p>no</p>']) {
				const { problem } = answer(status, body) as { problem: Problem };
				expect(problem.description.split(/[.?!](?:\s|$)/).filter(Boolean).length).toBeLessThan(3);
				expect(problem.description).not.toMatch(/again later/i);
			}
		}
	});
});

describe('what a proxy answers', () => {
	const bodies = ['', '<!doctype html><h1>nginx</h1>', '404 page not found', undefined];

	test.each(
		[403, 404, 410, 502, 503, 504].flatMap((status) =>
			bodies.map((body) => [status, body] as const),
		),
	)('%i with %j is told as such', (status, body) => {
		const words = `A proxy or another server between n8n and useapi.net answered HTTP ${status}`;
		expect(messageOf(status, body)).toContain(words);
	});

	test('with 407 says where its name and password go', () => {
		expect(answer(407, '')).toMatchObject({
			problem: { description: expect.stringMatching(/name and a password.*HTTPS_PROXY/) },
		});
	});

	test('with 413 says that the upload is too large', () => {
		expect(answer(413, '<p>Request Entity Too Large</p>')).toMatchObject({
			problem: { description: expect.stringContaining('smaller pictures') },
		});
	});

	test.each([404, 410].flatMap((status) => bodies.map((body) => [status, body] as const)))(
		'with %i %j says nothing of a job or an account',
		(status, body) => {
			const outcome = answer(status, body);
			expect(outcome.kind).toBe('refused');
			expect(outcome).not.toHaveProperty('problem.cause');
		},
	);

	test.each([401, 402])('with %i and no JSON gives no cause', (status) => {
		expect(answer(status, '')).not.toHaveProperty('problem.cause');
	});
});

describe('what is not there', () => {
	test('is a job that the API cannot locate', () => {
		const outcome = answer(404, { error: 'Unable to locate job 1', code: 404 });
		expect(outcome).toMatchObject({
			kind: 'absent',
			problem: { description: expect.stringContaining('31 days'), cause: 'notFound' },
		});
	});

	test('is a job that the API says is gone', () => {
		expect(answer(410, { error: 'Job has expired' }).kind).toBe('absent');
	});

	test.each([
		[404, { error: 'Not Found' }],
		[404, { message: 'Unable to locate job 1' }],
		[404, {}],
		[410, {}],
		[410, { message: 'Gone' }],
		[400, { error: 'Unable to locate job 1' }],
	])('is nothing that %i %j speaks of', (status, body) => {
		expect(answer(status, body).kind).toBe('refused');
	});

	test('is an account, which is told how to create it, without a word of jobs', () => {
		const error =
			'Configuration not found. To create configuration use POST v1/faceswap/account/<channel>';
		const outcome = answer(404, { error });
		expect(outcome).toMatchObject({
			kind: 'refused',
			problem: {
				message: 'useapi.net has no such account',
				description: 'Create it with Account → Create or Update.',
				cause: 'notFound',
			},
		});
	});
});

describe('refusals of a parameter', () => {
	const adviceOf = (error: string) => (answer(400, { error }) as { problem: Problem }).problem;

	test('an unknown channel is told without a path of the API', () => {
		const problem = adviceOf(
			'Configuration not found for channel 112, to create POST v1/faceswap/account/112',
		);
		expect(problem.message).toBe('Channel 112 is not registered at useapi.net');
		expect(problem.description).toContain('Choose one from the list');
		expect(problem.cause).toBe('unknownChannel');
	});

	test.each([
		['Channel 112 configuration has same server value', /server of its own/],
		['Channel 112 configuration has same discord value', /Discord account of its own/],
		['Required param channel (x) is not valid Discord channel id', /Copy ID/],
		['Required param server (x) is not valid Discord server id', /Copy ID/],
		['Required param channel (1) not matching to /faceswap/account/2', /Copy ID/],
		['Required param idname is missing or empty', /Check the parameter/],
	])('%s has advice of its own', (error, advice) => {
		expect(adviceOf(error).description).toMatch(advice);
		expect(adviceOf(error).message).toContain(error);
	});
});

describe('the error text of a body', () => {
	test.each([
		[{ error: 'no' }, 'no'],
		[{ error: { code: 5, message: 'deeper' } }, 'deeper'],
		[{ message: 'no' }, 'no'],
		['plain', 'plain'],
		[{}, undefined],
		['<p>page</p>', undefined],
	])('%j says %j', (body, text) => {
		expect(errorText(body)).toBe(text);
	});
});

describe('how long a 429 asks to wait', () => {
	const waitOf = (body: unknown, headers = {}) => {
		const outcome = answer(429, body, headers);
		return outcome.kind === 'busy' ? outcome.waitMs : undefined;
	};

	beforeEach(() => {
		jest.spyOn(backoff, 'busyDelay').mockImplementation((askedMs) => askedMs);
	});
	afterEach(() => jest.restoreAllMocks());

	test('is 10 seconds at least', () => {
		jest.mocked(backoff.busyDelay).mockRestore();
		expect(waitOf({}, { 'retry-after': '0' })).toBeGreaterThanOrEqual(10_000);
	});

	test('Retry-After in seconds', () => {
		expect(waitOf({}, { 'retry-after': '7' })).toBe(7000);
	});

	test('Retry-After as a date', () => {
		const date = new Date(Date.now() + 20_000).toUTCString();
		expect(waitOf({}, { 'retry-after': date })).toBeGreaterThan(15_000);
	});

	test('retryAfter in the body', () => {
		expect(waitOf({ retryAfter: new Date(Date.now() + 9000).toISOString() })).toBeGreaterThan(8000);
	});

	test("Discord's retry_after within errorDetails", () => {
		expect(waitOf({ errorDetails: '{"global":true,"retry_after":10}' })).toBe(10_000);
	});

	test.each<[string, object, object]>([
		['the header', { errorDetails: '{"retry_after":12}' }, { 'retry-after': '40' }],
		["Discord's details", { errorDetails: '{"retry_after":40}' }, { 'retry-after': '12' }],
		[
			'the body',
			{ retryAfter: new Date(Date.now() + 40_500).toISOString() },
			{ 'retry-after': '12' },
		],
	])('the longest, where several places say it: %s', (_place, body, headers) => {
		expect(waitOf(body, headers)).toBeGreaterThan(39_000);
	});

	test('nothing where nothing is said', () => {
		expect(waitOf({ error: 'Unable to lock Discord after 5 attempts' })).toBeUndefined();
	});
});

describe('a connection that failed', () => {
	test.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'])('%s: nothing was sent', (code) => {
		expect(outcomeOfError({ cause: { cause: { code } } }).kind).toBe('unreachable');
	});

	test.each(['ERR_INVALID_URL', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_NOT_YET_VALID'])(
		'%s: nothing was sent',
		(code) => {
			expect(outcomeOfError({ cause: { code } }).kind).toBe('unreachable');
		},
	);

	test('https where the other side speaks http: nothing was sent', () => {
		const message = 'write EPROTO 80:error:0A00010B:SSL routines::wrong version number';
		expect(outcomeOfError({ cause: { code: 'EPROTO', syscall: 'write', message } }).kind).toBe(
			'unreachable',
		);
	});

	test.each(['EHOSTUNREACH', 'ENETUNREACH', 'EPROTO'])('%s while reading: nobody knows', (code) => {
		expect(outcomeOfError({ cause: { code, syscall: 'read' } }).kind).toBe('unknown');
	});

	test('a time-out while connecting: nothing was sent', () => {
		const error = { cause: { code: 'ETIMEDOUT', syscall: 'connect' } };
		expect(outcomeOfError(error).kind).toBe('unreachable');
	});

	test.each(['ECONNRESET', 'ETIMEDOUT', 'ECONNABORTED', 'EPIPE'])(
		'%s later: nobody knows',
		(code) => {
			expect(outcomeOfError({ cause: { code, syscall: 'read' } }).kind).toBe('unknown');
		},
	);

	/** n8n 1 keeps neither the cause nor its code and system call. */
	const fromN8n1 = (code: string, message: string) => ({
		message: 'The service refused the connection - perhaps it is offline',
		httpCode: code,
		messages: [message, message],
		context: {},
	});

	test.each([
		['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'],
		['ENOTFOUND', 'getaddrinfo ENOTFOUND api.example'],
		['ETIMEDOUT', 'connect ETIMEDOUT 192.0.2.1:443'],
		['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'],
	])('%s as n8n 1 hands it on: nothing was sent', (code, message) => {
		expect(outcomeOfError(fromN8n1(code, message)).kind).toBe('unreachable');
	});

	test.each([
		['ECONNRESET', 'read ECONNRESET'],
		['ETIMEDOUT', 'read ETIMEDOUT'],
		['ECONNABORTED', 'timeout of 300000ms exceeded'],
		['ERR_BAD_RESPONSE', 'the proxy says: connect ECONNREFUSED 127.0.0.1:1'],
	])('%s as n8n 1 hands it on: nobody knows', (code, message) => {
		expect(outcomeOfError(fromN8n1(code, message)).kind).toBe('unknown');
	});

	const refused = { code: 'ECONNREFUSED', syscall: 'connect' };

	test('of all addresses of a host: nothing was sent', () => {
		const timedOut = { code: 'ETIMEDOUT', syscall: 'connect' };
		const error = { cause: { code: 'ETIMEDOUT', errors: [refused, timedOut] } };
		expect(outcomeOfError(error).kind).toBe('unreachable');
	});

	test('of some addresses only: nobody knows', () => {
		const reset = { code: 'ECONNRESET', syscall: 'read' };
		const error = { cause: { code: 'ECONNREFUSED', errors: [refused, reset] } };
		expect(outcomeOfError(error).kind).toBe('unknown');
	});

	test.each([
		['ENOTFOUND', /its host name is unknown \(ENOTFOUND\)/],
		['EAI_AGAIN', /host name could not be looked up/],
		['ECONNREFUSED', /refuses connections/],
		['CERT_HAS_EXPIRED', /its certificate has expired/],
		['DEPTH_ZERO_SELF_SIGNED_CERT', /its certificate is self-signed/],
		['ERR_TLS_CERT_ALTNAME_INVALID', /its certificate is for another host/],
		['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /unknown issuer/],
		['ECONNRESET', /closed the connection/],
	])('%s is told by its name', (code, words) => {
		const outcome = outcomeOfError({ cause: { code } });
		expect(outcome).toMatchObject({ problem: { message: expect.stringMatching(words) } });
	});

	test.each([
		['CERT_HAS_EXPIRED', true],
		['ERR_INVALID_URL', true],
		['ECONNREFUSED', undefined],
		['ENOTFOUND', undefined],
	])('%s: that it lasts is %s', (code, lasting) => {
		const outcome = outcomeOfError({ cause: { code } });
		expect(outcome.kind === 'unreachable' && outcome.lasting).toBe(lasting);
	});

	test('anything else: nobody knows', () => {
		expect(outcomeOfError(new Error('odd')).kind).toBe('unknown');
	});
});
