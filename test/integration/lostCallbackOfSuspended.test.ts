/** A suspended execution whose callback gets lost goes on while this process lives. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { IDataObject } from 'n8n-workflow';

import { observedAccounts } from '../../nodes/InsightFaceSwap/jobs/runningJobs';
import {
	forgetSuspended,
	RESUMED,
	suspendedExecutions,
} from '../../nodes/InsightFaceSwap/jobs/suspendedExecutions';
import * as backoff from '../../nodes/InsightFaceSwap/shared/backoff';
import * as retries from '../../nodes/InsightFaceSwap/shared/retry';
import { until } from '../../tooling/n8n/until';
import type { NodeResult } from '../support/engine';
import { locator, scenario } from '../support/scenario';

const test_ = scenario({ asyncMs: 3_600_000, channels: 4 });
const operation = 'changeBackground/create';
const parameters = { prompt: 'beach', waitMode: 'suspend' };
const additionalFields = { maximumWait: 864_000 };
const LIST = '/v1/faceswap/jobs';
const CHECK_MS = 12_345;
const resumed = { status: 200, body: { message: RESUMED } as object };
const refusal = (status: number, message = '') => ({ status, body: { message } });

/** n8n, as those see it who call its webhooks. */
const n8n = {
	calls: [] as Array<{ path: string; body: unknown }>,
	/** The answers to the next calls; after them, each call resumes its execution. */
	answers: [] as Array<{ status: number; body: object }>,
	address: '',
};

const { pause } = retries;
let server: Server;
const executions: string[] = [];
let checks: Array<() => void> = [];

beforeAll(async () => {
	server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
			n8n.calls.push({ path: request.url ?? '', body });
			const answer = n8n.answers.shift() ?? resumed;
			response.writeHead(answer.status, { 'content-type': 'application/json' });
			response.end(JSON.stringify(answer.body));
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	n8n.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

let now = 0;

beforeEach(() => {
	Object.assign(n8n, { calls: [], answers: [] });
	checks = [];
	now = 0;
	const realNow = Date.now;
	jest.spyOn(Date, 'now').mockImplementation(() => realNow() + now);
	jest.spyOn(backoff, 'pollDelay').mockReturnValue(CHECK_MS);
	jest.spyOn(retries, 'pause').mockImplementation(async (ms, signal, ...events) => {
		if (ms !== CHECK_MS) return await pause(ms, signal, ...events);
		return await new Promise<void>((resolve) => {
			checks.push(resolve);
			signal?.addEventListener('abort', () => resolve());
		});
	});
});

/** Each test ends with nothing that waits. */
afterEach(() => {
	const waiting = [suspendedExecutions(), observedAccounts()];
	executions.splice(0).forEach(forgetSuspended);
	expect(waiting).toEqual([0, 0]);
});

afterAll(() => void server.close());

/** Suspends an execution; the callback of its job will not come. */
async function suspend(extra: IDataObject = {}, executionId = randomUUID()): Promise<NodeResult> {
	const { simulator } = test_;
	executions.push(executionId);
	simulator.script({ match: { verb: 'changebg' }, callback: 'missing' });
	const channel = locator(simulator.channels[simulator.jobs.length] ?? '');
	const { address } = n8n;
	const result = await test_.run(
		operation,
		{ ...parameters, channel, additionalFields, ...(extra as object) },
		{ address, executionId },
	);
	await until('the process to wait', async () => checks.length > 0);
	return result;
}

/** Ends all jobs. */
const endAll = async () =>
	await until('the jobs to end', async () => {
		test_.simulator.skipTime();
		return test_.simulator.jobs.every(({ status }) => status === 'completed');
	});

/** Lets the time to the next check pass, and more where the checks have become rare. */
function check(seconds = 15): void {
	now += seconds * 1000;
	for (const resolve of checks.splice(0)) resolve();
}

/** Checks until n8n was called so often. Each time, so many seconds pass. */
async function called(times: number, seconds = 100): Promise<void> {
	await until(
		`${times} calls of n8n`,
		async () => {
			if (checks.length > 0) check(seconds);
			return n8n.calls.length >= times;
		},
		Infinity,
	);
}

const nothingWaits = async () =>
	await until('nothing to wait', async () => suspendedExecutions() + observedAccounts() === 0);

const lists = () => test_.requests(LIST).filter(({ path }) => path === LIST).length;
const reads = () => test_.requests(LIST).length - lists();
const pathOf = (index: number) => {
	const { pathname, search } = new URL(String(test_.simulator.jobs[index]?.replyUrl));
	return pathname + search;
};

test('calls the resume URL as the API does, and the execution goes on with the result', async () => {
	const suspended = await suspend();
	await endAll();
	check();
	const [call] = await until('a call', async () => n8n.calls.length > 0 && n8n.calls);
	expect(call?.path).toBe(pathOf(0));
	await nothingWaits();
	const { searchParams } = new URL(call?.path ?? '', n8n.address);
	const query = Object.fromEntries(searchParams);
	const body = call?.body;
	const { items } = await test_.resume(operation, parameters, suspended, { query, body });
	expect(items?.[0]).toMatchObject({
		json: { jobId: test_.simulator.jobs[0]?.jobid, status: 'completed', verified: true },
		binary: { data: { mimeType: 'image/png' } },
	});
});

test('lists the jobs once for all executions of an account', async () => {
	for (let index = 0; index < 4; index++) await suspend();
	await endAll();
	check();
	await nothingWaits();
	expect(n8n.calls.map(({ path }) => path).sort()).toEqual([0, 1, 2, 3].map(pathOf).sort());
	expect(lists()).toBe(1);
});

test('calls nobody while the job runs', async () => {
	await suspend();
	for (let looks = 1; looks <= 3; looks++) {
		check();
		await until('a list', async () => lists() === looks && checks.length > 0);
	}
	expect(n8n.calls).toEqual([]);
	await endAll();
	await called(1);
	await nothingWaits();
	expect(n8n.calls).toHaveLength(1);
});

test('calls nobody for a job that still runs though it is not in the list', async () => {
	await suspend();
	const before = reads();
	test_.simulator.script({ match: { path: LIST }, respond: { status: 200, body: {} } });
	check();
	await until('the job to be read', async () => reads() > before);
	expect(n8n.calls).toEqual([]);
	await endAll();
	await called(1);
	await nothingWaits();
	expect(n8n.calls).toHaveLength(1);
});

test.each([
	['n8n still stores the execution', refusal(409, 'The execution "1" is running already.')],
	['n8n fails', refusal(503)],
	['n8n is overloaded', refusal(429)],
	['a proxy wants a password', refusal(401)],
	['a proxy forbids it', refusal(403)],
	['the node could not read the job', { status: 200, body: { message: 'The job is read again' } }],
])('calls again, less and less often, while %s', async (_what, answer) => {
	n8n.answers = [answer, answer, answer];
	await suspend();
	await endAll();
	await called(4);
	await nothingWaits();
	expect(n8n.calls).toHaveLength(4);
});

test('does not call again at the very next check after the second refusal', async () => {
	n8n.answers = [refusal(503), refusal(503)];
	await suspend();
	await endAll();
	await called(2, 0);
	const before = lists();
	await until('three checks', async () => {
		if (checks.length > 0) check(0);
		return lists() >= before + 3;
	});
	expect(n8n.calls).toHaveLength(2);
	await called(3);
	await nothingWaits();
	expect(n8n.calls).toHaveLength(3);
});

test.each([
	['was stopped', refusal(409, 'The execution "1" has finished with error.')],
	['has ended', refusal(409, 'The execution "1 has finished already.')],
	['was deleted', refusal(404, 'The execution "1" does not exist.')],
])('calls an execution once that %s', async (_what, answer) => {
	n8n.answers = [answer];
	await suspend();
	await endAll();
	await called(1);
	await nothingWaits();
	expect(n8n.calls).toHaveLength(1);
});

test('ends with the callback', async () => {
	const suspended = await suspend();
	await endAll();
	const { searchParams } = new URL(pathOf(0), n8n.address);
	const [body] = test_.simulator.jobs;
	const call = { query: Object.fromEntries(searchParams), body };
	expect(await test_.resume(operation, parameters, suspended, call)).toMatchObject({
		status: 200,
		body: { message: RESUMED },
	});
	await nothingWaits();
	expect([lists(), n8n.calls]).toEqual([0, []]);
});

test('ends with Maximum Wait', async () => {
	await suspend({ additionalFields: { maximumWait: 60 } });
	check(61);
	await nothingWaits();
	expect([lists(), n8n.calls]).toEqual([0, []]);
});

test.each([400, 404, 410])('ends when the API answers %i for the job', async (status) => {
	await suspend();
	await endAll();
	test_.simulator.script({ match: { path: /jobs\/$/ }, respond: { status } });
	check();
	await nothingWaits();
	expect(n8n.calls).toEqual([]);
});

test.each([401, 402, 403, 500, 503])('waits on while the API answers %i', async (status) => {
	await suspend();
	await endAll();
	test_.simulator.script({ match: { path: /jobs\/$/ }, respond: { status }, times: 2 });
	await called(1);
	await nothingWaits();
	expect(n8n.calls).toHaveLength(1);
});

test('lists less often while the API is down, and forgets nothing', async () => {
	await suspend();
	await endAll();
	test_.simulator.script({ match: { path: LIST }, respond: { status: 503 }, times: 2 });
	check();
	await until('a list', async () => lists() === 1 && checks.length > 0);
	check(1);
	await until('the next check', async () => checks.length > 0);
	expect(lists()).toBe(1);
	await called(1);
	await nothingWaits();
	expect(n8n.calls).toHaveLength(1);
});
