/** `npm run conformance` against a simulator, and against one that deviates on purpose. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../../conformance/main';
import { startSimulator, type Simulator } from '../../../simulator';
import { freePort } from '../../../tooling/n8n/ports';
import {
	startDeviatingApi,
	startForwarder,
	type Exchange,
	type Server,
} from '../../support/deviatingApi';

const TOKEN = 'user:4242-0123456789abcdef0123';
const ACCOUNT_REPLY_URL = 'https://hooks.example.com/webhook/7?secret=do-not-show';
const PAID = ['swapid', 'swap', 'inswapper', 'picsi', 'changebg', 'headshot'];

let simulator: Simulator;
let folder: string;
let servers: Server[];

async function call(method: string, path: string, body: FormData | object): Promise<void> {
	const isForm = body instanceof FormData;
	await fetch(`${simulator.url}${path}`, {
		method,
		headers: {
			authorization: `Bearer ${TOKEN}`,
			...(!isForm && { 'content-type': 'application/json' }),
		},
		body: isForm ? body : JSON.stringify(body),
	});
}

async function replyUrlNow(): Promise<unknown> {
	const headers = { authorization: `Bearer ${TOKEN}` };
	const response = await fetch(`${simulator.url}/v2/account`, { headers });
	return ((await response.json()) as { replyUrl?: unknown }).replyUrl;
}

async function saveIdentity(channel: string, name: string): Promise<void> {
	const form = new FormData();
	form.set('channel', channel);
	form.set('idname', name);
	form.set('image', new Blob(['a face'], { type: 'image/png' }), 'face.png');
	await call('POST', '/v1/faceswap/saveid', form);
}

interface Result {
	code: number;
	/** The lines that name a difference. */
	differences: string[];
	output: string;
	report: string;
}

async function run(url: string, ...args: string[]): Promise<Result> {
	const file = join(folder, 'report.md');
	const lines: string[] = [];
	const output = { say: (text: string) => lines.push(text), stop: new AbortController().signal };
	const all = ['--base-url', url, '--report', file, ...args];
	const code = await main(all, { USEAPI_TOKEN: TOKEN }, output);
	return {
		code,
		differences: lines.filter((line) => line.includes(': API ')),
		output: lines.join('\n'),
		report: await readFile(file, 'utf8'),
	};
}

async function deviating(deviate: (exchange: Exchange) => void): Promise<string> {
	const server = await startDeviatingApi(simulator, deviate);
	servers.push(server);
	return server.url;
}

/** The journal's entries since the identities and the reply URL of this test were set. */
const since = (before: number) => simulator.journal.slice(before);

const paidJobs = () =>
	simulator.jobs.map(({ verb }) => verb.slice(9)).filter((verb) => PAID.includes(verb));

beforeEach(async () => {
	servers = [];
	folder = await mkdtemp(join(tmpdir(), 'conformance-'));
	simulator = await startSimulator({
		token: TOKEN,
		channels: 2,
		drawResults: false,
		blockingMs: 5,
		asyncMs: 200,
	});
	for (const channel of simulator.channels) await saveIdentity(channel, 'me');
	await call('POST', '/v2/account', { replyUrl: ACCOUNT_REPLY_URL });
});

afterEach(async () => {
	await Promise.all(servers.map(async (server) => await server.close()));
	await simulator.close();
	await rm(folder, { recursive: true });
});

test('an API that keeps to the documents shows no difference', async () => {
	const port = await freePort();
	const replyUrl = `http://127.0.0.1:${port}/`;
	const result = await run(
		simulator.url,
		...['--spend', '12', '--reply-url', replyUrl, '--listen', String(port)],
	);
	expect(result).toMatchObject({ code: 0, differences: [] });
	expect(result.output).toMatch(/^0 differences in \d\d calls, 12 credits spent/m);
	expect(paidJobs().sort()).toEqual([...PAID].sort());
});

describe('what no page says', () => {
	it('is asked first and told, and is no difference', async () => {
		const before = simulator.journal.length;
		Object.assign(simulator.settings, { jobsKnown: 'documented', cancelOfEnded: 'refused' });
		const { code, output, report } = await run(simulator.url, '--spend', '6');
		expect(code).toBe(0);
		const calls = since(before).map(({ path }) => path.replace('/v1/faceswap', ''));
		expect(calls.slice(0, 4)).toEqual(['/account', '/listid', '/jobs/', '/jobs/cancel/']);
		for (const told of [
			/GET \/jobs know a job that has blocked\? \(POST \/listid: .*\) 404, JSON: Unable to locate/,
			/a later read of a job name new links\? \(POST \/changebg\) no, the same/,
			/cancelling .* ended answer\? \(POST \/changebg: .*\) 400, JSON: Unable to cancel/,
		]) {
			expect(output).toMatch(told);
			expect(report.replaceAll(' |', '')).toMatch(told);
		}
	});

	it('with new links is told, too', async () => {
		simulator.settings.freshLinks = true;
		const { code, output } = await run(simulator.url, '--spend', '1');
		expect(code).toBe(0);
		expect(output).toContain('Does a later read of a job name new links? (POST /picsi) yes');
		expect(output).toMatch(/blocked\? \(POST \/listid: .*\) yes/);
	});

	it.each([ACCOUNT_REPLY_URL, ''])(
		'of the answer to POST /v2/account is asked on demand, and %j stays the reply URL',
		async (replyUrl) => {
			await call('POST', '/v2/account', { replyUrl });
			simulator.settings.accountUpdateAnswer = { status: 201, body: 'none' };
			const { code, output, report } = await run(simulator.url, '--update-account');
			expect(code).toBe(0);
			expect(output).toContain('What does POST /v2/account answer? 201, empty');
			expect(output.includes('an empty replyUrl remove the default one? yes')).toBe(!replyUrl);
			expect(report).not.toContain('do-not-show');
			expect(await replyUrlNow()).toBe(replyUrl || undefined);
		},
	);

	it('of an account that keeps its made-up reply URL is told', async () => {
		await call('POST', '/v2/account', { replyUrl: '' });
		simulator.settings.emptyReplyUrlClears = false;
		const { output } = await run(simulator.url, '--update-account');
		expect(output).toContain('The default reply URL of the account could not be removed');
	});
});

test('each deviation is named, and nothing else', async () => {
	const url = await deviating((exchange) => {
		const { path, status } = exchange;
		if (status === 401) exchange.status = 403;
		if (path.startsWith('/v1/faceswap/account/') && status === 200) {
			const { used, ...credits } = (exchange.body as { credits: { used: number } }).credits;
			Object.assign(exchange.body as object, { credits: { ...credits, spent: used } });
		}
		if (path === '/v2/account') exchange.contentType = undefined;
	});
	const result = await run(url);
	expect(result.code).toBe(1);
	expect(result.differences).toEqual([
		'GET /v2/account: header content-type: API missing, simulator application/json',
		'GET /account/{channel}: shape at /credits/spent: API number, simulator missing',
		'GET /account/{channel}: shape at /credits/used: API missing, simulator number',
		'GET /account without a token: status: API 403, simulator 401',
		'GET /account with a wrong token: status: API 403, simulator 401',
	]);
	for (const cell of ['header content-type', '/credits/spent', '| 403 | 401 |']) {
		expect(result.report).toContain(cell);
	}
});

test('callbacks that come twice, late or with progress are named', async () => {
	const port = await freePort();
	const target = `http://127.0.0.1:${port}/`;
	const forwarder = await startForwarder(target, ({ verb }) => ({
		times: verb === 'faceswap-picsi' ? 2 : 1,
		delayMs: verb === 'faceswap-saveid' ? 7000 : 0,
	}));
	servers.push(forwarder);
	simulator.script({ match: { verb: 'swapid' }, callback: 'progress' });
	simulator.script({ match: { verb: 'delid' }, callback: 'missing' });
	const { differences } = await run(
		simulator.url,
		...['--spend', '2', '--reply-url', forwarder.url, '--listen', String(port)],
	);
	expect(differences).toEqual([
		expect.stringMatching(
			/^POST \/saveid: delay of the callback: API \d+\.\d s, simulator \d\.\d s$/,
		),
		'POST /picsi: callbacks: API completed, completed, simulator completed',
		'POST /swapid: callbacks: API progress, completed, simulator completed',
		'DELETE /delid: callbacks: API none, simulator completed',
	]);
});

test('an answer that got lost is a difference, and its job is not submitted again', async () => {
	simulator.script({ match: { verb: 'picsi' }, acceptThen: 'reset' });
	const { differences, output } = await run(simulator.url, '--spend', '1');
	expect(differences).toEqual([expect.stringMatching(/^POST \/picsi: answer: API none \(\w+\)/)]);
	expect(paidJobs()).toEqual(['picsi']);
	expect(output).toContain('1 credits spent');
});

test('a busy channel is called again', async () => {
	simulator.script({
		match: { verb: 'listid', replyRef: 'conformance' },
		respond: { status: 429, body: { error: 'Unable to lock Discord after 5 attempts', code: 429 } },
	});
	const { code, differences, output } = await run(simulator.url);
	expect({ code, differences }).toEqual({ code: 0, differences: [] });
	expect(output).toContain('POST /listid was answered 429 (busy), without Retry-After.');
});

test.each([
	[0, []],
	[1, ['picsi']],
	[5, ['picsi', 'swapid', 'inswapper', 'swap']],
	[6, ['picsi', 'swapid', 'changebg']],
])('with %i credits to spend it submits %j', async (spend, jobs) => {
	const { code } = await run(simulator.url, '--spend', String(spend));
	expect(code).toBe(0);
	expect(paidJobs()).toEqual(jobs);
});

test('a job that costs more than documented leaves less to spend', async () => {
	const url = await deviating(({ path, body }) => {
		const { credits } = (body ?? {}) as { credits?: { used: number } };
		if (path.startsWith('/v1/faceswap/account/') && credits) credits.used *= 3;
	});
	const { differences } = await run(url, '--spend', '3');
	expect(paidJobs()).toEqual(['picsi']);
	expect(differences).toEqual(['POST /picsi: credits: API 3, simulator 1']);
});

test('without --spend, no job is submitted but the list of identities', async () => {
	const before = simulator.jobs.length;
	await run(simulator.url);
	expect(simulator.jobs.slice(before).map(({ verb }) => verb)).toEqual(['faceswap-listid']);
});

describe('what was there before', () => {
	it('is neither deleted nor changed', async () => {
		const before = simulator.journal.length;
		await run(simulator.url, '--spend', '12');
		const made = since(before).filter(({ method }) => method !== 'GET');
		const deleted = made.filter(({ method, status }) => method === 'DELETE' && status === 200);
		expect(deleted).toHaveLength(1);
		expect(deleted[0]?.parts).toContainEqual({
			name: 'idname',
			value: expect.stringMatching(/^cf[\da-f]{8}$/),
		});
		expect(made.filter(({ path }) => /account|delall|cancel/.test(path))).toEqual([]);
		const [channel = ''] = simulator.channels;
		const form = new FormData();
		form.set('channel', channel);
		await call('POST', '/v1/faceswap/listid', form);
		expect(simulator.jobs.at(-1)?.content).toBe('Default idname: me\nAll idnames: me');
	});

	it('stays when the run is stopped, and the new identity is deleted', async () => {
		const stop = new AbortController();
		const say = (text: string) => {
			if (text.includes('POST /picsi') && !text.includes('without')) stop.abort();
		};
		const args = ['--base-url', simulator.url, '--spend', '12'];
		const stopped = main(args, { USEAPI_TOKEN: TOKEN }, { say, stop: stop.signal });
		await expect(stopped).rejects.toThrow('Stopped');
		expect(paidJobs()).toEqual(['picsi']);
		expect(simulator.jobs.map(({ verb }) => verb)).toContain('faceswap-delid');
	});

	it('hears nothing of the jobs, though the account has a reply URL', async () => {
		await run(simulator.url, '--spend', '1');
		const called = simulator.callbacks.filter(({ url }) => url === ACCOUNT_REPLY_URL);
		expect(called).toEqual([]);
	});
});

test('the report has no secret, ID, address or link', async () => {
	const [channel = ''] = simulator.channels;
	const url = await deviating((exchange) => {
		if (exchange.path !== '/v1/faceswap/jobs/') return;
		const error = `${TOKEN} of ann@example.com cannot see ${channel} at ${ACCOUNT_REPLY_URL}`;
		exchange.body = { error, [channel]: TOKEN };
	});
	const { report, output, code } = await run(url, '--spend', '5');
	expect(code).toBe(1);
	for (const text of [report, output.replace(url, '')]) {
		expect(text).not.toContain(TOKEN);
		expect(text).not.toMatch(/\d{17}|[\da-f]{32}|@example|do-not-show|hm=|SIMULATED|https?:/);
	}
});

test('a token that the API refuses, and an API that is not there, are said', async () => {
	const output = { say: () => {}, stop: new AbortController().signal };
	const args = ['--base-url', simulator.url];
	await expect(main(args, { USEAPI_TOKEN: 'user:1-other' }, output)).rejects.toThrow(
		'refuses the token',
	);
	await simulator.goDown();
	await expect(main(args, { USEAPI_TOKEN: TOKEN }, output)).rejects.toThrow('cannot be reached');
	await simulator.comeUp();
});
