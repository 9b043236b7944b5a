import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { HookContext } from 'n8n-core';
import { WebhookPathTakenError } from 'n8n-workflow';

import { triggersInUse } from '../../nodes/InsightFaceSwap/trigger/triggerLedger';
import { anotherProcess } from '../support/trigger';
import { Stored, triggerScenario } from '../support/triggerScenario';

const scenario = triggerScenario();
const { trigger, replyUrl, setReplyUrl, changes, requests } = scenario;

const FOREIGN = 'https://hooks.example.org/runway?key=42';
const OWN = /^https:\/\/n8n\.example\.com\/webhook\/one\/insightfaceswap\?secret=[\w-]{43}$/;
const ACCOUNT = { path: '/v2/account' };
const CHANGE = { ...ACCOUNT, method: 'POST' };
const REPLACING = { options: { replaceExisting: true } };

const failure = async (work: Promise<unknown>) =>
	await work.then(
		() => undefined,
		(error: Error & { description?: string }) => error,
	);

describe('as the default of the account', () => {
	test('a free reply URL is taken on activation and free again after deactivation', async () => {
		const one = trigger();
		await one.activate();
		expect(await replyUrl()).toMatch(OWN);
		expect(await one.deactivate()).toBe(true);
		expect(await replyUrl()).toBeUndefined();
		expect(one.stored.staticData).toEqual({ 'node:InsightFaceSwap Trigger': {} });
	});

	test('activating again, as n8n does on its start, changes nothing', async () => {
		const one = trigger();
		for (let times = 0; times < 5; times++) await one.activate();
		expect(changes()).toBe(1);
	});

	test('publishing five times in a row leaves one registration', async () => {
		const one = trigger();
		await one.activate();
		for (let times = 0; times < 5; times++) {
			await one.deactivate();
			await one.activate();
		}
		expect(await replyUrl()).toMatch(OWN);
		await one.deactivate();
		expect(await replyUrl()).toBeUndefined();
	});

	test('one that something else has is left alone, and the error says whose it is and what to do', async () => {
		await setReplyUrl(FOREIGN);
		const error = await failure(trigger().activate());
		expect(error?.message).toContain('hooks.example.org');
		expect(error?.message).toContain('Replace an Existing Reply URL');
		expect(error?.message).toContain('Manual');
		expect(error?.message).not.toContain('key=42');
		expect(await replyUrl()).toBe(FOREIGN);
	});

	test('one that is no address at all counts as taken', async () => {
		await setReplyUrl('somewhere');
		const error = await failure(trigger().activate());
		expect(error?.message).toContain('something that is no web address');
		expect(await replyUrl()).toBe('somewhere');
	});

	test('nothing of it is kept in the process after deactivation', async () => {
		await setReplyUrl(FOREIGN);
		const before = triggersInUse();
		const one = trigger({ parameters: REPLACING, webhookId: 'of its own' });
		await one.activate();
		expect(triggersInUse()).toBe(before + 1);
		await one.deactivate();
		expect(triggersInUse()).toBe(before);
	});

	test('with Replace Existing it is taken over and put back', async () => {
		await setReplyUrl(FOREIGN);
		const one = trigger({ parameters: REPLACING });
		await one.activate();
		expect(await replyUrl()).toMatch(OWN);
		await one.activate();
		await one.deactivate();
		expect(await replyUrl()).toBe(FOREIGN);
	});

	test('what came after it is left alone on deactivation', async () => {
		await setReplyUrl(FOREIGN);
		const one = trigger({ parameters: REPLACING });
		await one.activate();
		await setReplyUrl('https://later.example.org/');
		expect(await one.deactivate()).toBe(true);
		expect(await replyUrl()).toBe('https://later.example.org/');
	});

	test('a reply URL taken over by a second trigger is not given back by the first', async () => {
		const one = trigger();
		const two = trigger({ webhookId: 'two', parameters: REPLACING });
		await one.activate();
		await two.activate();
		await one.deactivate();
		expect(await replyUrl()).toContain('/two/');
	});

	test('a second trigger of the same n8n says that the first has it', async () => {
		await trigger().activate();
		const error = await failure(trigger({ webhookId: 'two' }).activate());
		expect(error?.message).toContain('Another InsightFaceSwap Trigger of this n8n');
		expect(await replyUrl()).toMatch(OWN);
	});

	test('a copy of the workflow in another n8n does not take it away', async () => {
		await trigger().activate();
		const elsewhere = { address: 'https://staging.example.com', nodeClass: anotherProcess() };
		const error = await failure(trigger(elsewhere).activate());
		expect(error?.message).toContain('n8n.example.com is already the reply URL');
		expect(await replyUrl()).toMatch(OWN);
	});

	test('when n8n has moved, its earlier address is replaced, and what it had replaced stays known', async () => {
		await setReplyUrl(FOREIGN);
		const stored = new Stored();
		await trigger({ parameters: REPLACING }, stored).activate();
		const moved = trigger({ address: 'https://new.example.com' }, stored);
		await moved.activate();
		expect(await replyUrl()).toMatch(/^https:\/\/new\.example\.com\/webhook\/one\//);
		await moved.deactivate();
		expect(await replyUrl()).toBe(FOREIGN);
	});

	test('when n8n has moved and is deactivated at once, its earlier address is removed', async () => {
		const stored = new Stored();
		await trigger({}, stored).activate();
		await trigger({ address: 'https://new.example.com' }, stored).deactivate();
		expect(await replyUrl()).toBeUndefined();
	});

	test('with a new token comes a new secret', async () => {
		const stored = new Stored();
		await trigger({}, stored).activate();
		const before = await replyUrl();
		scenario.simulator.settings.token = 'user:1-another';
		await trigger({}, stored).activate();
		expect(await replyUrl()).toMatch(OWN);
		expect(await replyUrl()).not.toBe(before);
	});

	test('neither the token nor the secret is stored', async () => {
		const one = trigger();
		await one.activate();
		const stored = JSON.stringify(one.stored.staticData);
		const secret = new URL((await replyUrl()) ?? '').searchParams.get('secret') ?? '';
		expect(stored).not.toContain(scenario.simulator.token);
		expect(stored).not.toContain(secret);
	});
});

describe('the reply URL that is replaced', () => {
	const warnings = () => {
		const warn = jest.fn();
		const logger = { warn } as unknown as HookContext['logger'];
		jest.spyOn(HookContext.prototype, 'logger', 'get').mockReturnValue(logger);
		return warn;
	};

	const restarted = (stored: Stored) =>
		trigger({ parameters: REPLACING, nodeClass: anotherProcess() }, stored);

	const takenOver = async () => {
		await setReplyUrl(FOREIGN);
		const stored = new Stored();
		await trigger({ parameters: REPLACING }, stored).activate();
		return stored;
	};

	test('cannot be read from what is stored with the workflow', async () => {
		const { staticData } = await takenOver();
		const text = JSON.stringify(staticData);
		expect(text).toContain('replaced');
		expect(text).not.toMatch(/key=42|hooks\.example\.org/);
		expect(text).not.toContain(Buffer.from(FOREIGN).toString('base64url'));
	});

	test('stays away with another token, which a warning says', async () => {
		const stored = await takenOver();
		scenario.simulator.settings.token = 'user:1-another';
		const warned = warnings();
		const one = restarted(stored);
		await one.activate();
		expect(await one.deactivate()).toBe(true);
		expect(await replyUrl()).toBeUndefined();
		expect(warned).toHaveBeenCalledTimes(1);
		expect(String(warned.mock.calls[0]?.[0])).toMatch(/could not be put back.*token has changed/);
	});

	test('is not put back where what is stored was changed', async () => {
		const stored = await takenOver();
		const { registration } = stored.staticData['node:InsightFaceSwap Trigger'] as {
			registration: { replaced: string };
		};
		registration.replaced = `${registration.replaced.slice(0, -4)}AAAA`;
		const warned = warnings();
		await restarted(stored).deactivate();
		expect(await replyUrl()).toBeUndefined();
		expect(warned).toHaveBeenCalledTimes(1);
	});

	test('is put back where the activation of another node has failed', async () => {
		await takenOver();
		// n8n reads what it has stored, which is nothing yet.
		await trigger({ parameters: REPLACING }).deactivate();
		expect(await replyUrl()).toBe(FOREIGN);
	});

	test('is put back later where the API refuses to take it', async () => {
		const stored = await takenOver();
		scenario.simulator.script({
			match: { path: '/v2/account', method: 'POST' },
			respond: { status: 403, body: { error: 'no' } },
		});
		expect(await restarted(stored).deactivate()).toBe(false);
		const later = restarted(stored);
		await later.activate();
		await later.deactivate();
		expect(await replyUrl()).toBe(FOREIGN);
	});

	test('is known when n8n has moved, though it was started once while the API was down', async () => {
		const stored = await takenOver();
		const moved = () =>
			trigger(
				{ parameters: REPLACING, address: 'https://new.example.com', nodeClass: anotherProcess() },
				stored,
			);
		await scenario.simulator.goDown();
		expect(await moved().deactivate()).toBe(false);
		await scenario.simulator.comeUp();
		const last = moved();
		await last.activate();
		await last.deactivate();
		expect(await replyUrl()).toBe(FOREIGN);
	});

	test('is put back by each of two triggers that replace each other', async () => {
		await setReplyUrl(FOREIGN);
		const nodeClass = anotherProcess();
		const [one, two] = ['one', 'two'].map((webhookId) =>
			trigger({ parameters: REPLACING, webhookId, nodeClass }),
		);
		await one?.activate();
		await two?.activate();
		await two?.deactivate();
		expect(await replyUrl()).toMatch(OWN);
		await one?.deactivate();
		expect(await replyUrl()).toBe(FOREIGN);
	});
});

describe('test runs', () => {
	const TEST = /^https:\/\/n8n\.example\.com\/webhook-test\/one\/insightfaceswap\?secret=/;

	test('a free reply URL is borrowed', async () => {
		const staticData = {};
		await trigger().activate({ isTest: true, staticData });
		expect(await replyUrl()).toMatch(TEST);
		await trigger().deactivate({ isTest: true, staticData });
		expect(await replyUrl()).toBeUndefined();
	});

	test('a foreign one is not replaced without the option', async () => {
		await setReplyUrl(FOREIGN);
		const error = await failure(trigger().activate({ isTest: true, staticData: {} }));
		expect(error?.message).toContain('hooks.example.org');
		expect(await replyUrl()).toBe(FOREIGN);
	});

	test('a foreign one is replaced with the option, and given back', async () => {
		await setReplyUrl(FOREIGN);
		const staticData = {};
		const one = trigger({ parameters: REPLACING });
		await one.activate({ isTest: true, staticData });
		expect(await replyUrl()).toMatch(TEST);
		await one.deactivate({ isTest: true, staticData });
		expect(await replyUrl()).toBe(FOREIGN);
	});

	test('the active workflow gets its own back', async () => {
		const one = trigger();
		await one.activate();
		const staticData = {};
		await one.activate({ isTest: true, staticData });
		expect(await replyUrl()).toMatch(TEST);
		await one.deactivate({ isTest: true, staticData });
		expect(await replyUrl()).toMatch(OWN);
	});

	test('activating meanwhile ends the borrowing', async () => {
		const one = trigger();
		const staticData = {};
		await one.activate({ isTest: true, staticData });
		await one.activate();
		await one.deactivate({ isTest: true, staticData });
		expect(await replyUrl()).toMatch(OWN);
	});

	test.each([
		['leaves nothing behind', undefined],
		['puts back what was replaced', FOREIGN],
	])('deactivating meanwhile %s', async (_what, former) => {
		if (former) await setReplyUrl(former);
		const one = trigger({ parameters: REPLACING, nodeClass: anotherProcess() });
		await one.activate();
		const staticData = {};
		await one.activate({ isTest: true, staticData });
		await one.deactivate();
		await one.deactivate({ isTest: true, staticData });
		expect(await replyUrl()).toBe(former);
	});

	test('deactivating and activating meanwhile keeps what was replaced', async () => {
		await setReplyUrl(FOREIGN);
		const one = trigger({ parameters: REPLACING, nodeClass: anotherProcess() });
		await one.activate();
		const staticData = {};
		await one.activate({ isTest: true, staticData });
		await one.deactivate();
		await one.activate();
		await one.deactivate({ isTest: true, staticData });
		expect(await replyUrl()).toMatch(OWN);
		await one.deactivate();
		expect(await replyUrl()).toBe(FOREIGN);
	});

	test('a reply URL that was removed meanwhile does not come back', async () => {
		await setReplyUrl(FOREIGN);
		const one = trigger({ parameters: REPLACING, nodeClass: anotherProcess() });
		await one.activate();
		const refusal = { status: 403, body: { error: 'no' } };
		scenario.simulator.script({
			match: { path: '/v2/account', method: 'POST' },
			respond: refusal,
		});
		expect(await one.deactivate()).toBe(false);
		await setReplyUrl('');
		const staticData = {};
		await one.activate({ isTest: true, staticData });
		await one.deactivate({ isTest: true, staticData });
		expect(await replyUrl()).toBeUndefined();
	});

	test('what was replaced is put back, though the workflow was activated meanwhile', async () => {
		await setReplyUrl(FOREIGN);
		const one = trigger({ parameters: REPLACING, nodeClass: anotherProcess() });
		const staticData = {};
		await one.activate({ isTest: true, staticData });
		await one.activate();
		await one.deactivate({ isTest: true, staticData });
		expect(await replyUrl()).toMatch(OWN);
		await one.deactivate();
		expect(await replyUrl()).toBe(FOREIGN);
	});
});

describe('while the API is down', () => {
	afterEach(async () => await scenario.simulator.comeUp().catch(() => {}));

	test('a trigger that was registered stays active', async () => {
		const one = trigger();
		await one.activate();
		await scenario.simulator.goDown();
		await one.activate();
		await scenario.simulator.comeUp();
		expect(await replyUrl()).toMatch(OWN);
	});

	test('a trigger that was not cannot be activated', async () => {
		await scenario.simulator.goDown();
		const error = await failure(trigger({ webhookId: 'new' }).activate());
		expect(error?.message).toMatch(/^useapi\.net could not be reached.*Check the Base URL/);
	});

	test('deactivating does not fail', async () => {
		const one = trigger();
		await one.activate();
		await scenario.simulator.goDown();
		expect(await one.deactivate()).toBe(false);
		await scenario.simulator.comeUp();
	});
});

describe('two triggers of an account that are activated at the same moment:', () => {
	beforeEach(() => scenario.simulator.script({ match: ACCOUNT, times: Infinity, delayMs: 400 }));

	test.each([
		['in two workflows', { id: 'first' }, { id: 'second' }, {}],
		['in one workflow', { id: 'same' }, { id: 'same' }, {}],
		['with Replace Existing', { id: 'first' }, { id: 'second' }, REPLACING],
	])(
		'%s one takes the reply URL, and the other is refused',
		async (_name, one, two, parameters) => {
			const triggers = [one, two].map((workflow, index) =>
				trigger({ workflow, parameters, webhookId: `at-once-${index}` }),
			);
			const failures = await Promise.all(
				triggers.map(async (each) => await failure(each.activate())),
			);
			const refused = failures.filter((error) => error !== undefined);
			expect(refused).toHaveLength(1);
			expect(refused[0]?.message).toContain('Another InsightFaceSwap Trigger of this n8n');
			const active = failures.indexOf(undefined);
			expect(await replyUrl()).toContain(`/at-once-${active}/`);
			await triggers[active]?.deactivate();
			expect(await replyUrl()).toBeUndefined();
		},
	);
});

describe('a copy of an active workflow, with the same webhook ID,', () => {
	const workflow = { id: 'original' };
	const copied = { id: 'copy' };

	test('that n8n 1 refuses and deregisters takes nothing away', async () => {
		const original = trigger({ workflow, webhookId: 'copied' });
		await original.activate();
		const before = await replyUrl();
		expect(await trigger({ workflow: copied, webhookId: 'copied' }).deactivate()).toBe(true);
		expect(await replyUrl()).toBe(before);
		await original.deactivate();
		expect(await replyUrl()).toBeUndefined();
	});

	test('takes nothing away where it was made with what n8n has stored of the original', async () => {
		const original = trigger({ workflow, webhookId: 'copied' });
		await original.activate();
		const before = await replyUrl();
		const stored = new Stored();
		stored.staticData = structuredClone(original.stored.staticData);
		const options = { workflow: copied, webhookId: 'copied' };
		await trigger(options, stored).deactivate();
		await trigger({ ...options, nodeClass: anotherProcess() }, stored).deactivate();
		expect(await replyUrl()).toBe(before);
		await original.deactivate();
	});
});

test('a test run that cannot begin takes nothing from the active workflow', async () => {
	const one = trigger({ webhookId: 'tested' });
	await one.activate();
	const before = await replyUrl();
	scenario.simulator.script({ match: ACCOUNT, respond: { status: 403, body: { error: 'no' } } });
	expect(await failure(one.activate({ isTest: true, staticData: {} }))).toBeDefined();
	expect(await replyUrl()).toBe(before);
	await one.deactivate();
});

describe('an answer of the API whose form is not documented', () => {
	test.each([
		[200, ''],
		[201, 'Created'],
		[202, '<html>ok</html>'],
	])('%i with %j counts where the reply URL is set', async (status, body) => {
		const accepted = { match: CHANGE, acceptThen: { status, body }, times: 2 };
		scenario.simulator.script(accepted);
		const one = trigger({ webhookId: 'undocumented' });
		await one.activate();
		expect(await replyUrl()).toContain('/undocumented/');
		expect(await one.deactivate()).toBe(true);
		expect(await replyUrl()).toBeUndefined();
		expect(changes()).toBe(2);
	});

	test('does not count where the reply URL is not set', async () => {
		const respond = { status: 200, body: {} };
		scenario.simulator.script({ match: CHANGE, respond, times: Infinity });
		const error = await failure(trigger({ webhookId: 'undocumented' }).activate());
		expect(error?.message).toContain('does not show it');
	});

	test('that breaks counts where the reply URL is set', async () => {
		scenario.simulator.script({ match: CHANGE, acceptThen: 'reset' });
		const one = trigger({ webhookId: 'undocumented' });
		await one.activate();
		expect(await replyUrl()).toContain('/undocumented/');
		await one.deactivate();
	});
});

describe('an activation that would fail again', () => {
	test('where another trigger of this n8n has the reply URL names its workflow, and Polling', async () => {
		const one = trigger({ webhookId: 'first', workflow: { id: 'a', name: 'Portraits' } });
		await one.activate();
		const error = await failure(trigger({ webhookId: 'second', workflow: { id: 'b' } }).activate());
		expect(error?.message).toContain('of this n8n (workflow "Portraits") is already');
		expect(error?.message).toContain('set "How Jobs Are Noticed" to Polling');
		expect(error).toBeInstanceOf(WebhookPathTakenError);
		await one.deactivate();
	});

	test('because of its token is told at once', async () => {
		const respond = { status: 401, body: { error: 'Unauthorized' } };
		scenario.simulator.script({ match: ACCOUNT, respond });
		expect(await failure(trigger({ webhookId: 'x' }).activate())).toBeInstanceOf(
			WebhookPathTakenError,
		);
	});
});

test('an answer that comes late is waited for', async () => {
	scenario.simulator.script({ match: { path: '/v2/account' }, times: 2, respond: { status: 503 } });
	await trigger().activate();
	expect(await replyUrl()).toMatch(OWN);
});

test('what the API refuses is told', async () => {
	scenario.simulator.script({
		match: { path: '/v2/account', method: 'POST' },
		respond: { status: 400, body: { error: 'replyUrl is too long' } },
	});
	const error = await failure(trigger().activate());
	expect(error?.message).toContain('replyUrl is too long');
	scenario.simulator.script({
		match: { path: '/v2/account' },
		times: 2,
		respond: { status: 401, body: { error: 'Unauthorized' } },
	});
	expect((await failure(trigger().activate()))?.message).toContain('did not accept the API token');
});

test('what the API refuses is told without the secret of the address', async () => {
	const one = trigger();
	await one.activate();
	const url = (await replyUrl()) ?? '';
	await one.deactivate();
	scenario.simulator.script({
		match: { path: '/v2/account', method: 'POST' },
		respond: { status: 400, body: { error: `${url} is not allowed` } },
	});
	const error = await failure(one.activate());
	expect(error?.message).toContain('is not allowed');
	expect(error?.message).not.toContain(new URL(url).searchParams.get('secret'));
});

test('what the API refuses on deactivation is logged, not thrown', async () => {
	const one = trigger();
	await one.activate();
	scenario.simulator.script({
		match: { path: '/v2/account', method: 'POST' },
		respond: { status: 403, body: { error: 'no' } },
	});
	expect(await one.deactivate()).toBe(false);
});

test('registered by hand, nothing is asked of the API', async () => {
	const one = trigger({ parameters: { registration: 'manual' } });
	await one.activate();
	await one.deactivate();
	expect(requests()).toEqual([]);
});

test('switched to manual, an earlier registration is still given back', async () => {
	const stored = new Stored();
	await trigger({}, stored).activate();
	await trigger({ parameters: { registration: 'manual' } }, stored).deactivate();
	expect(await replyUrl()).toBeUndefined();
});

describe('a server that sends a byte now and then', () => {
	const server = createServer((_request, response) => {
		response.writeHead(200, { 'content-type': 'application/json' });
		const drip = setInterval(() => response.write(' '), 20);
		response.once('close', () => clearInterval(drip));
	});
	let credentials: Record<string, { apiToken: string; baseUrl: string }>;

	beforeAll(async () => {
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		credentials = { useApiNetApi: { apiToken: 'user:1-slow', baseUrl } };
	});

	/** Time passes a hundred times as fast. */
	beforeEach(() => {
		const [began, clock] = [performance.now(), performance.now.bind(performance)];
		jest.spyOn(performance, 'now').mockImplementation(() => began + (clock() - began) * 100);
		const { timeout } = AbortSignal;
		jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(Math.round(ms / 100)));
	});

	afterAll(() => {
		server.close();
		server.closeAllConnections();
	});

	const seconds = async (work: Promise<unknown>) => {
		const began = performance.now();
		await work;
		return (performance.now() - began) / 1000;
	};

	test('ends an activation within 30 seconds', async () => {
		const one = trigger({ credentials, webhookId: 'slow' });
		expect(await seconds(failure(one.activate()))).toBeLessThan(30);
	});

	test('ends a deactivation within 30 seconds', async () => {
		const one = trigger({ webhookId: 'slow' });
		await one.activate();
		const later = trigger({ credentials, webhookId: 'slow' }, one.stored);
		expect(await seconds(later.deactivate())).toBeLessThan(30);
	});
});

describe('addresses that the API cannot use', () => {
	const remote = { useApiNetApi: { apiToken: 'user:1-x', baseUrl: 'https://api.invalid' } };

	test.each(['http://localhost:5678', 'http://127.0.0.1:5678', 'http://[::1]:5678'])(
		'%s cannot be reached from outside',
		async (address) => {
			const error = await failure(trigger({ address, credentials: remote }).activate());
			expect(error?.message).toContain('cannot reach this n8n');
			expect(error?.message).toContain('WEBHOOK_URL');
		},
	);

	test('on the same machine as the API it can', async () => {
		await trigger({ address: 'http://localhost:5678' }).activate();
		expect(await replyUrl()).toContain('http://localhost:5678/webhook/one/insightfaceswap');
	});

	test('more than 1024 characters are refused before the API refuses them', async () => {
		const address = `https://n8n.example.com/${'x'.repeat(940)}`;
		const error = await failure(trigger({ address }).activate());
		expect(error?.message).toContain('characters');
		expect(await replyUrl()).toBeUndefined();
	});
});
