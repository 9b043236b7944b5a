/** Who waits for which job of an account: one list for all, each end told to everybody. */
import { randomUUID } from 'node:crypto';

import type { ApiClient } from '../../nodes/InsightFaceSwap/api/client';
import type { Job } from '../../nodes/InsightFaceSwap/api/job';
import type { Problem } from '../../nodes/InsightFaceSwap/api/outcome';
import {
	accountJobs,
	accountsWatched,
	type AccountJobs,
	type News,
	type Observer,
	type Watch,
} from '../../nodes/InsightFaceSwap/jobs/accountJobs';
import type { Submission } from '../../nodes/InsightFaceSwap/jobs/knownJobs';
import { Cancellation, type CancelSignal } from '../../nodes/InsightFaceSwap/shared/cancellation';
import * as backoff from '../../nodes/InsightFaceSwap/shared/backoff';
import type { ScriptedResponse } from '../../simulator';
import { until } from '../../tooling/n8n/until';
import { TestAccount } from '../support/account';
import { scenario } from '../support/scenario';

const test_ = scenario({ asyncMs: 3_600_000, channels: 20, submitMs: 0 });
const account = new TestAccount(() => test_.simulator);
const LIST = { path: /jobs$/, method: 'GET' };
const READ = { path: /jobs\/$/, method: 'GET' };
const MINUTE = 60_000;

let client: ApiClient;
let jobs: AccountJobs;
let ends: Array<() => void> = [];

beforeEach(async () => {
	client = await account.client();
	jobs = accountJobs(randomUUID());
	ends = [];
});

/** Nothing is left when nobody waits. */
afterEach(async () => {
	ends.forEach((end) => end());
	await until('the accounts to end', async () => accountsWatched() + account.open === 0);
});

/** Waits for a job. @returns what was told */
function watch(jobid: string, change: Partial<Watch> = {}): News[] {
	const news: News[] = [];
	const onNews = (one: News) => void news.push(one);
	ends.push(jobs.watch({ jobid, everyMs: 10_000, client, onNews, ...change }));
	return news;
}

/** Observes the account as a trigger does. @returns what was told */
function observe(change: Partial<Observer> = {}): Job[][] {
	const told: Job[][] = [];
	const onJobs = (some: Job[]) => void told.push(some);
	ends.push(jobs.observe({ everyMs: MINUTE, client, onJobs, ...change }));
	return told;
}

/** Each list comes so many milliseconds after the one before. */
const listEvery = (ms: number) => jest.mocked(backoff.listDelay).mockReturnValue(ms);

const told = async (...news: News[][]) =>
	await until('the news', async () => news.every(({ length }) => length > 0));

const listed = async (times: number) =>
	await until(`${times} lists`, async () => account.lists.length >= times);

/** A client that notes when it begins to read a list. */
function noting(lists: number[]): ApiClient {
	return async (call) => {
		if (!call.query) lists.push(performance.now());
		return await client(call);
	};
}

const gaps = (times: number[]) => times.slice(1).map((time, index) => time - times[index]!);

describe('The list', () => {
	test('serves all who wait for jobs of the account', async () => {
		listEvery(300);
		const ids = await Promise.all(Array.from({ length: 10 }, async () => await account.submit()));
		const lists: number[] = [];
		const news = ids.map((jobid) => watch(jobid, { client: noting(lists) }));
		await listed(2);
		await account.endAll();
		await told(...news);
		expect(Math.min(...gaps(lists))).toBeGreaterThanOrEqual(299);
		expect(account.reads.sort()).toEqual(ids.sort());
	});

	test('keeps its rhythm when a job is added', async () => {
		listEvery(500);
		const lists: number[] = [];
		const add = async () => watch(await account.submit(), { client: noting(lists) });
		await add();
		await listed(1);
		for (let added = 0; added < 5; added++) await add();
		await listed(3);
		expect(Math.min(...gaps(lists))).toBeGreaterThanOrEqual(499);
	});

	test('comes first when the shortest interval has passed', async () => {
		jest.mocked(backoff.listDelay).mockImplementation((everyMs) => everyMs / 50);
		const began = Date.now();
		watch(await account.submit());
		await listed(1);
		expect(account.lists[0]! - began).toBeGreaterThanOrEqual(200);
	});

	test('comes sooner for one who needs it more often', async () => {
		jest.mocked(backoff.listDelay).mockImplementation((everyMs) => everyMs / 50);
		const trigger = observe({ everyMs: 100 * MINUTE });
		watch(await account.submit());
		await listed(1);
		await until('the observer to be told', async () => trigger.length > 0);
		expect(trigger[0]).toHaveLength(1);
	});

	test('goes on when the clock is set back', async () => {
		const news = watch(await account.submit());
		const realNow = Date.now;
		jest.spyOn(Date, 'now').mockImplementation(() => realNow() - 60 * MINUTE);
		await account.endAll();
		await told(news);
		expect(news).toMatchObject([{ status: 'completed' }]);
	});

	test('is not read while nobody needs it', async () => {
		let calls = 0;
		const counting: ApiClient = async (call) => {
			calls++;
			return await client(call);
		};
		observe({ everyMs: Infinity, client: counting });
		const jobid = await account.submit();
		watch(jobid, { client: counting });
		await listed(1);
		ends.pop()?.();
		const before = calls;
		const others = accountJobs(randomUUID());
		const onNews = () => {};
		ends.push(others.watch({ jobid, everyMs: 10_000, client, onNews }));
		await listed(before + 3);
		expect(calls).toBe(before);
	});

	test('is read once for all who ask for it at the same time', async () => {
		const jobid = await account.submit();
		const running = await Promise.all([1, 2, 3].map(async () => await jobs.running(client)));
		expect(running.map((one) => one?.map((job) => job.jobid))).toEqual(Array(3).fill([jobid]));
		expect(account.lists).toHaveLength(1);
	});

	test('that began before one asks for it does not serve him: it may not show his job', async () => {
		test_.simulator.script({ match: LIST, delayMs: 300 });
		const first = jobs.running(client);
		await listed(1);
		const jobid = await account.submit();
		expect((await jobs.running(client))?.[0]?.jobid).toBe(jobid);
		await first;
	});
});

describe('A job that has left the list', () => {
	test('is read once, and all who wait for it are told', async () => {
		const jobid = await account.submit();
		const news = [watch(jobid), watch(jobid, { everyMs: MINUTE }), watch(jobid)];
		await listed(1);
		await account.endAll();
		await told(...news);
		for (const one of news) expect(one).toMatchObject([{ jobid, status: 'completed' }]);
		expect(account.reads).toEqual([jobid]);
	});

	test('is not read any more when nobody waits for it', async () => {
		listEvery(200);
		const news = watch(await account.submit());
		const jobid = await account.submit();
		watch(jobid);
		await listed(1);
		ends.pop()?.();
		await account.endAll();
		await told(news);
		expect(account.reads).not.toContain(jobid);
	});

	test('and still runs is read again after a poll delay, however often it is not listed', async () => {
		test_.simulator.script({ match: LIST, respond: { status: 200, body: [] }, times: Infinity });
		jest.mocked(backoff.pollDelay).mockReturnValue(500);
		const news = watch(await account.submit());
		await until('three reads', async () => account.reads.length === 3);
		const reads = test_.requests('/v1/faceswap/jobs/').map(({ at }) => Date.parse(at));
		expect(Math.min(...gaps(reads))).toBeGreaterThanOrEqual(450);
		expect(news).toEqual([]);
	});

	test('is read at once when it leaves a list that has shown it', async () => {
		test_.simulator.script({ match: LIST, respond: { status: 200, body: [] } });
		jest.mocked(backoff.pollDelay).mockReturnValue(3_600_000);
		const news = watch(await account.submit());
		await until('a read', async () => account.reads.length === 1);
		await listed(account.lists.length + 2);
		await account.endAll();
		await told(news);
	});
});

describe('A job is taken for gone', () => {
	test.each<[string, ScriptedResponse]>([
		['404', { status: 404, body: { error: 'Unable to locate job 1', code: 404 } }],
		['410', { status: 410, body: { error: 'Job has expired', code: 410 } }],
	])('when the API says so itself with %s', async (_status, respond) => {
		const news = watch(await account.submit());
		await listed(1);
		test_.simulator.script({ match: READ, respond });
		await account.endAll();
		await told(news);
		expect(news).toEqual(['absent']);
	});
});

const page = '<html><body><h1>404 Not Found</h1><hr>nginx</body></html>';

describe('A watch goes on', () => {
	test.each<[string, ScriptedResponse]>([
		['a page with 404', { status: 404, body: page }],
		['plain text with 404', plain(404, '404 page not found')],
		['other JSON with 404', { status: 404, body: { message: 'no Route matched' } }],
		['a page with 410', { status: 410, body: page }],
		['400', { status: 400, body: { error: 'Query param jobid not provided' } }],
		['401', { status: 401, body: { error: 'Unauthorized' } }],
		['402', { status: 402, body: { error: 'Account has no subscription' } }],
		['403', { status: 403, body: { error: 'Forbidden' } }],
		['a redirect', { status: 302, headers: { location: '/' }, body: '' }],
		['500', { status: 500 }],
		['503', { status: 503, body: page }],
		['a page with 200', { status: 200, body: page }],
		['another job', { status: 200, body: { jobid: 'other', status: 'completed' } }],
	])('while the API answers a read with %s', async (_what, respond) => {
		const jobid = await account.submit();
		const news = watch(jobid);
		await listed(1);
		test_.simulator.script({ match: READ, respond, times: 2 });
		await account.endAll();
		await told(news);
		expect(news).toMatchObject([{ jobid, status: 'completed' }]);
	});
});

function plain(status: number, body: string): ScriptedResponse {
	return { status, body, headers: { 'content-type': 'text/plain' } };
}

describe('A refusal of the token', () => {
	test.each([
		[401, LIST],
		[402, LIST],
		[401, READ],
		[402, READ],
	])('with %i is told to those who wait (%j)', async (status, match) => {
		const problems: Problem[] = [];
		watch(await account.submit(), { onRefusal: (problem) => void problems.push(problem) });
		await listed(1);
		test_.simulator.script({ match, respond: { status, body: { error: 'Unauthorized' } } });
		await account.endAll();
		await until('the refusal', async () => problems.length > 0);
		expect(problems[0]?.httpCode).toBe(String(status));
	});

	test.each<[string, ScriptedResponse]>([
		['of a proxy', { status: 401, body: page }],
		['without words', { status: 401, body: '' }],
		['of one job', { status: 403, body: { error: 'Forbidden' } }],
	])('%s is none', async (_what, respond) => {
		const onRefusal = jest.fn();
		const news = watch(await account.submit(), { onRefusal });
		test_.simulator.script({ match: LIST, respond, times: 2 });
		test_.simulator.script({ match: READ, respond, times: 2 });
		await account.endAll();
		await told(news);
		expect(onRefusal).not.toHaveBeenCalled();
	});
});

describe('Where the list', () => {
	test('fails once, no job is read', async () => {
		jest.mocked(backoff.outageDelay).mockReturnValue(300);
		test_.simulator.script({ match: LIST, respond: { status: 503 } });
		const news = watch(await account.submit());
		await account.endAll();
		await told(news);
		const paths = test_.requests('/v1/faceswap/jobs').map(({ path }) => path.slice(-5));
		expect(paths.slice(0, 3)).toEqual(['/jobs', '/jobs', 'jobs/']);
	});

	test.each<[string, ScriptedResponse]>([
		['fails again and again', { status: 503 }],
		['is refused', { status: 404, body: page }],
		['is not for this token', { status: 403, body: { error: 'Forbidden' } }],
	])('%s, the jobs are read one by one', async (_what, respond) => {
		test_.simulator.script({ match: LIST, respond, times: Infinity });
		const news = [watch(await account.submit()), watch(await account.submit())];
		await account.endAll();
		await told(...news);
		expect(account.reads.length).toBeGreaterThanOrEqual(2);
	});

	test('is busy, it is read when the API allows it, and no job is read', async () => {
		const busy = { status: 429, headers: { 'retry-after': '1' }, body: { error: 'busy' } };
		test_.simulator.script({ match: LIST, respond: busy, times: 2 });
		const news = watch(await account.submit());
		await account.endAll();
		await told(news);
		expect(Math.min(...gaps(account.lists.slice(0, 3)))).toBeGreaterThanOrEqual(1000);
		expect(account.reads).toHaveLength(1);
	});

	test('fails, it is read again soon where an item waits, and ever later for triggers', async () => {
		jest.mocked(backoff.outageDelay).mockRestore();
		const { outageDelay } = backoff;
		const attempts = [0, 1, 2, 3, 4, 9];
		expect(attempts.map((attempt) => outageDelay(attempt, 10_000) / 1000)).toEqual([
			10, 20, 30, 30, 30, 30,
		]);
		expect(attempts.map((attempt) => outageDelay(attempt, MINUTE) / 1000)).toEqual([
			15, 30, 60, 120, 240, 300,
		]);
	});

	test('fails, one of those who observe is told once', async () => {
		const failed = jest.fn();
		test_.simulator.script({ match: LIST, respond: { status: 503 }, times: 3 });
		observe({ failed });
		observe({ failed });
		watch(await account.submit());
		await listed(4);
		expect(failed).toHaveBeenCalledTimes(1);
	});
});

test('500 jobs that ended during an outage are read once each, at most 4 at a time', async () => {
	const reads: unknown[] = [];
	let isDown = true;
	let reading = 0;
	let most = 0;
	const problem = { message: 'down', description: '' };
	const counting: ApiClient = async ({ query }) => {
		most = Math.max(most, ++reading);
		await new Promise((resolve) => setTimeout(resolve, 1));
		reading--;
		if (isDown) return { kind: 'unreachable', problem };
		if (!query) return { kind: 'answered', body: [] };
		reads.push(query.jobid);
		return { kind: 'answered', body: { jobid: query.jobid, status: 'completed' } };
	};
	const ids = Array.from({ length: 500 }, (_, job) => `job ${job}`);
	const news = ids.map((jobid) => watch(jobid, { everyMs: MINUTE, client: counting }));
	await jobs.running(counting);
	isDown = false;
	await told(...news);
	expect(reads).toEqual(ids);
	expect(most).toBeLessThanOrEqual(5);
});

describe('A job of a callback', () => {
	test('ends the waits for it at once, without a call', async () => {
		listEvery(3_600_000);
		const jobid = await account.submit();
		const news = [watch(jobid), watch(jobid, { everyMs: MINUTE })];
		await account.endAll();
		const [job] = test_.simulator.jobs;
		jobs.tell(job as unknown as Job);
		expect(news).toEqual([[job], [job]]);
		expect([account.lists, account.reads]).toEqual([[], []]);
	});

	test('that still runs ends none', async () => {
		const news = watch(await account.submit());
		jobs.tell(test_.simulator.jobs[0] as unknown as Job);
		expect(news).toEqual([]);
	});
});

test('Of more than 10,000 jobs the oldest is not watched any more', () => {
	const news = Array.from({ length: 10_001 }, (_, job) => watch(`job ${job}`));
	for (const job of [0, 1]) jobs.tell({ jobid: `job ${job}`, status: 'completed' });
	expect([news[0]?.length, news[1]?.length]).toEqual([0, 1]);
});

describe('A wait with a signal', () => {
	const ended = async (stop: CancelSignal) =>
		await jobs.ended({ jobid: await account.submit(), client }, stop);

	test('gives the news', async () => {
		const wait = ended(new Cancellation());
		await listed(1);
		await account.endAll();
		expect(await wait).toMatchObject({ status: 'completed' });
	});

	test('ends with the signal, also where that has aborted before', async () => {
		const stop = new Cancellation();
		const wait = ended(stop);
		await listed(1);
		stop.abort();
		expect([await wait, await ended(stop)]).toEqual([undefined, undefined]);
	});
});

test('Triggers hear of what this process submits', async () => {
	expect(jobs.isObserved).toBe(false);
	const trigger = observe();
	await account.submit();
	const [job] = test_.simulator.jobs as unknown as Job[];
	jobs.answered(job!);
	expect(trigger).toEqual([[job]]);
	expect(jobs.isObserved).toBe(true);
});

describe('The job of a submission without an answer', () => {
	const sentAt = Date.now();
	const fields = { replyRef: 'order 1', prompt: 'a knight', options: '-m' };
	const free = () => false;

	const submission = (change: Record<string, string> = {}): Submission => {
		const sent = { ...fields, ...change };
		return {
			verb: 'faceswap-headshot',
			reference: sent.replyRef,
			texts: Object.entries(sent),
			sizes: {},
			sentAt,
		};
	};

	const find = async (isTaken: (jobid: string) => boolean = free, change = {}) =>
		await jobs.find(client, submission(change), isTaken);

	/** A trigger has received the job; it has ended and so left the list. */
	const received = async () => {
		const jobid = await account.submit(fields);
		observe();
		await account.endAll();
		jobs.received(test_.simulator.jobs.at(-1) as unknown as Job);
		return jobid;
	};

	test('is found among the running jobs', async () => {
		const jobid = await account.submit(fields);
		expect(await find()).toMatchObject({ job: { jobid } });
	});

	test('is not the one of another item', async () => {
		const jobid = await account.submit(fields);
		expect(await find((id) => id === jobid)).toEqual({});
	});

	test('is not one whose submission was answered', async () => {
		observe();
		await account.submit(fields);
		jobs.answered(test_.simulator.jobs[0] as unknown as Job);
		expect(await find()).toEqual({});
	});

	test('is not one with other options', async () => {
		await account.submit({ ...fields, options: '-s' });
		expect(await find()).toEqual({});
	});

	test('is not told where two may be it', async () => {
		await account.submit(fields);
		await account.submit(fields);
		expect(await find()).toEqual({});
	});

	test('is not told where one that runs and one that was received may be it', async () => {
		await received();
		await account.submit(fields);
		expect(await find()).toEqual({});
	});

	test.each([401, 402])('is certainly none where the API refuses with %i', async (status) => {
		const respond = { status, body: { error: 'Unauthorized' } };
		test_.simulator.script({ match: LIST, respond });
		expect(await find()).toMatchObject({ refusal: { httpCode: `${status}` } });
	});

	test.each([
		['a page with 401', { status: 401, body: page }],
		['503', { status: 503 }],
	])('is not told where the API answers %s', async (_what, respond) => {
		test_.simulator.script({ match: LIST, respond });
		expect(await find()).toEqual({});
	});

	test('is found among those that a trigger has received, also when the list fails', async () => {
		const jobid = await received();
		expect(await find()).toMatchObject({ job: { jobid, status: 'completed' } });
		test_.simulator.script({ match: LIST, respond: { status: 503 } });
		expect(await find()).toMatchObject({ job: { jobid, status: 'completed' } });
	});

	test('is not one that was received with other options', async () => {
		await received();
		expect(await find(free, { options: '-s' })).toEqual({});
	});

	test('is not one that the API has with other options than the callback', async () => {
		const jobid = await account.submit({ ...fields, options: '-s' });
		observe({ everyMs: Infinity });
		await account.endAll();
		jobs.received({ ...(test_.simulator.jobs[0] as unknown as Job), options: '-m' });
		expect(await find()).toEqual({});
		expect(account.reads).toEqual([jobid]);
	});

	test('is the one received where the API cannot tell, if it has told all texts', async () => {
		const jobid = await received();
		test_.simulator.script({ match: READ, respond: { status: 503 } });
		expect(await find()).toMatchObject({ job: { jobid, status: 'started' } });
	});

	test('is not told where the API cannot tell, and not all texts were told', async () => {
		await received();
		test_.simulator.script({ match: READ, respond: { status: 503 } });
		expect(await find(free, { targetMessageId: '1' })).toEqual({});
	});

	test('is found after it was listed for a trigger', async () => {
		const jobid = await account.submit(fields);
		observe();
		await jobs.running(client);
		await account.endAll();
		expect(await find()).toMatchObject({ job: { jobid } });
	});

	test('is forgotten with the last trigger', async () => {
		await received();
		ends.forEach((end) => end());
		watch(await account.submit());
		expect(await find()).toEqual({});
	});

	test('is among the last 1,000 received', async () => {
		const jobid = await received();
		const other = (index: number) => ({ jobid: `job ${index}`, replyRef: 'another' });
		for (let index = 0; index < 999; index++) jobs.received(other(index));
		expect(await find()).toMatchObject({ job: { jobid } });
		jobs.received(other(999));
		expect(await find()).toEqual({});
	});
});
