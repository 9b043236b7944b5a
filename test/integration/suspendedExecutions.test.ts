/** Suspended executions go on in this process: when the job has ended, is gone, or Maximum Wait ends. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { ApiClient } from '../../nodes/InsightFaceSwap/api/client';
import { accountsWatched } from '../../nodes/InsightFaceSwap/jobs/accountJobs';
import {
	checkSuspended,
	DELIVERY_MS,
	forgetSuspended,
	RESUMED,
	resumedOnce,
	suspendedExecutions,
	type SuspendedExecution,
} from '../../nodes/InsightFaceSwap/jobs/suspended';
import type { NodeTools } from '../../nodes/InsightFaceSwap/n8nCompat/execution';
import * as backoff from '../../nodes/InsightFaceSwap/shared/backoff';
import { until } from '../../tooling/n8n/until';
import { TestAccount } from '../support/account';
import { scenario } from '../support/scenario';

const test_ = scenario({ asyncMs: 3_600_000, channels: 10, submitMs: 0 });
const account = new TestAccount(() => test_.simulator);
const READ = { path: /jobs\/$/, method: 'GET' };
const refusal = (status: number, message = '') => ({ status, body: { message } as unknown });

/** n8n, as those see it who call its webhooks. */
const n8n = {
	calls: [] as Array<{ path?: string; body: unknown; at: number }>,
	/** The answers to the next calls; after them, each call resumes its execution. */
	answers: [] as Array<{ status: number; body: unknown }>,
	address: '',
	/** How long it takes to answer, in milliseconds. */
	ms: 0,
	/** It answers none before so many are open at once, or have come in all. */
	answersOnce: { open: 0, come: 0 },
	open: 0,
	most: 0,
};

let server: Server;
let key: string;
let executions: string[] = [];
let tools: NodeTools;
let client: ApiClient;
let warn: jest.SpyInstance;

beforeAll(async () => {
	server = createServer((request, response) => {
		n8n.most = Math.max(n8n.most, ++n8n.open);
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
			n8n.calls.push({ path: request.url, body, at: performance.now() });
			const answer = n8n.answers.shift() ?? refusal(200, RESUMED);
			const respond = () => {
				n8n.open--;
				const isJson = typeof answer.body !== 'string';
				response.writeHead(answer.status, isJson ? { 'content-type': 'application/json' } : {});
				response.end(isJson ? JSON.stringify(answer.body) : answer.body);
			};
			void until('enough calls', async () => {
				const { open, come } = n8n.answersOnce;
				return n8n.open >= open || n8n.calls.length >= come;
			}).then(() => setTimeout(respond, n8n.ms));
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	n8n.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(async () => {
	Object.assign(n8n, { calls: [], answers: [], ms: 0, most: 0 });
	n8n.answersOnce = { open: 0, come: 0 };
	key = randomUUID();
	executions = [];
	client = await account.client();
	tools = account.tools();
	warn = jest.spyOn(tools.logger, 'warn');
});

/** Nothing is left when no execution is suspended. */
afterEach(async () => {
	executions.forEach(forgetSuspended);
	expect(suspendedExecutions()).toBe(0);
	await until('the end', async () => accountsWatched() + account.open + n8n.open === 0);
});

afterAll(() => void server.close());

/** Suspends an execution; the callback of its job will not come. */
async function suspend(change: Partial<SuspendedExecution> = {}): Promise<SuspendedExecution> {
	const executionId = randomUUID();
	executions.push(executionId);
	const one = {
		executionId,
		jobid: await account.submit(),
		replyRef: 'order 1',
		url: `${n8n.address}/webhook-waiting/${executionId}?secret=1`,
		deadline: performance.now() + 864_000_000,
		client,
		...change,
	};
	checkSuspended(key, tools, one);
	return one;
}

const nothingWaits = async () =>
	await until('nothing to wait', async () => suspendedExecutions() === 0);

const page = '<html><body><h1>404 Not Found</h1></body></html>';

test('An execution is called once, as the API does, when its job has ended', async () => {
	const { executionId, jobid } = await suspend();
	await account.endAll();
	await nothingWaits();
	expect(n8n.calls).toMatchObject([
		{ path: `/webhook-waiting/${executionId}?secret=1`, body: { jobid, status: 'completed' } },
	]);
});

test('An execution is called when the API says that its job is gone', async () => {
	const verb = 'faceswap-headshot';
	const { jobid, replyRef } = await suspend({ verb });
	test_.simulator.script({
		match: READ,
		respond: { status: 404, body: { error: `Unable to locate job ${jobid}` } },
	});
	await account.endAll();
	await nothingWaits();
	expect(n8n.calls.map(({ body }) => body)).toEqual([{ jobid, replyRef, verb, status: 'absent' }]);
});

test('An execution whose job is not there, by a read that may not know it, is called when it has ended', async () => {
	const { jobid } = await suspend({ verb: 'faceswap-swapid' });
	test_.simulator.script({
		match: READ,
		respond: { status: 404, body: { error: `Unable to locate job ${jobid}` } },
	});
	await account.endAll();
	await nothingWaits();
	expect(n8n.calls).toMatchObject([{ body: { jobid, status: 'completed' } }]);
});

test('An execution whose job a proxy does not know stays suspended', async () => {
	const { jobid } = await suspend();
	test_.simulator.script({ match: READ, respond: { status: 404, body: page }, times: 3 });
	await account.endAll();
	await nothingWaits();
	expect(n8n.calls).toMatchObject([{ body: { jobid, status: 'completed' } }]);
});

test('An execution is called when Maximum Wait ends', async () => {
	const { jobid, replyRef } = await suspend({ deadline: performance.now() + 300 });
	const began = performance.now();
	await nothingWaits();
	expect(n8n.calls.map(({ body }) => body)).toEqual([{ jobid, replyRef, timedOut: true }]);
	expect(n8n.calls[0]!.at - began).toBeGreaterThan(100);
});

test('The end of Maximum Wait that n8n does not take is told again, and the job is not watched', async () => {
	n8n.answers = [refusal(503)];
	await suspend({ deadline: performance.now() });
	await nothingWaits();
	expect(n8n.calls.map(({ body }) => body)).toMatchObject([{ timedOut: true }, { timedOut: true }]);
	expect(account.lists).toEqual([]);
});

test('An end that n8n does not take until Maximum Wait ends is told with it', async () => {
	jest.mocked(backoff.pollDelay).mockReturnValue(1000);
	n8n.answers = [refusal(200, 'The job still runs, or the API does not confirm it')];
	const { jobid } = await suspend({ deadline: performance.now() + 1000 });
	await account.endAll();
	await nothingWaits();
	expect(n8n.calls.map(({ body }) => body)).toMatchObject([
		{ jobid, status: 'completed' },
		{ jobid, timedOut: true },
	]);
	expect(n8n.calls[0]!.body).not.toHaveProperty('timedOut');
});

test.each([
	['n8n still stores the execution', refusal(409, 'The execution "1" is running already.')],
	['n8n fails', refusal(503)],
	['n8n is overloaded', refusal(429)],
	['a proxy wants a password', refusal(401)],
	['a proxy forbids it', refusal(403)],
	['a proxy does not find n8n', { status: 404, body: page }],
	['the node could not read the job', refusal(200, 'The job is read again')],
])('An execution is called again, ever later, while %s', async (_what, answer) => {
	jest.mocked(backoff.pollDelay).mockReturnValue(100);
	n8n.answers = [answer, answer, answer];
	await suspend();
	await account.endAll();
	await nothingWaits();
	expect(n8n.calls).toHaveLength(4);
	const delays = n8n.calls.slice(1).map(({ at }, index) => at - n8n.calls[index]!.at);
	[100, 200, 400].forEach((ms, index) => expect(delays[index]).toBeGreaterThanOrEqual(ms - 1));
	expect(warn).toHaveBeenCalledTimes(1);
});

test.each([
	['was stopped', refusal(409, 'The execution "1" has finished with error.')],
	['has ended', refusal(409, 'The execution "1 has finished already.')],
	['was deleted', refusal(404, 'The execution "1" does not exist.')],
])('An execution that %s is called once', async (_what, answer) => {
	n8n.answers = [answer];
	await suspend();
	await account.endAll();
	await nothingWaits();
	expect(n8n.calls).toHaveLength(1);
});

test('An execution that n8n has ended itself long ago is forgotten', async () => {
	n8n.answers = [refusal(503)];
	await suspend({ deadline: performance.now() - DELIVERY_MS });
	await nothingWaits();
	expect(n8n.calls).toHaveLength(1);
});

test('An execution that was resumed is not called', async () => {
	const { executionId } = await suspend();
	const { jobid } = await suspend();
	forgetSuspended(executionId);
	await account.endAll();
	await nothingWaits();
	expect(n8n.calls).toMatchObject([{ body: { jobid } }]);
});

test('An execution that is suspended again waits for its new job', async () => {
	const { executionId } = await suspend();
	const { jobid } = await suspend({ executionId });
	await account.endAll();
	await nothingWaits();
	expect(n8n.calls).toMatchObject([{ body: { jobid } }]);
});

test('Many executions are called once each, at most 4 at a time', async () => {
	n8n.ms = 50;
	n8n.answersOnce = { open: 4, come: 10 };
	const all = [];
	for (let one = 0; one < 10; one++) all.push(await suspend());
	await account.endAll();
	await nothingWaits();
	const ids = n8n.calls.map(({ body }) => (body as { jobid: string }).jobid);
	expect(ids.sort()).toEqual(all.map(({ jobid }) => jobid).sort());
	expect(account.reads).toHaveLength(10);
	expect(n8n.most).toBe(4);
});

test('Of more than 1,000 executions of an account the oldest is forgotten', async () => {
	const one = { jobid: 'a', url: n8n.address, deadline: performance.now() + 60_000, client };
	for (let index = 0; index < 1_001; index++) {
		executions.push(`execution ${index}`);
		checkSuspended(key, tools, { ...one, executionId: `execution ${index}` });
	}
	expect(suspendedExecutions()).toBe(1_000);
});

test('An execution that another process has suspended is resumed by one of three calls, of which the first resumes nothing', async () => {
	const executionId = randomUUID();
	executions.push(executionId);
	const ends: Array<() => void> = [];
	const call = async (result: { workflowData?: unknown }) =>
		await resumedOnce(executionId, 'a', async () => {
			await new Promise<void>((end) => ends.push(end));
			return result;
		});
	const [first, second] = [call({}), call({ workflowData: [] })];
	ends[0]?.();
	await first;
	await until('the second one', async () => ends.length === 2);
	const third = call({ workflowData: [] });
	ends[1]?.();
	expect(await second).toEqual({ workflowData: [] });
	ends[2]?.();
	expect(await third).toBeUndefined();
});
