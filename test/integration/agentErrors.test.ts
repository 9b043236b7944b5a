/** What an AI agent is told that uses the node as its tool: n8n gives it the message of an error, and nothing else. */
import type { INodeParameters } from 'n8n-workflow';
import type { ScriptRule } from '../../simulator';
import { locator, scenario } from '../support/scenario';

const test_ = scenario();

const NOT_AGAIN = 'Do not call this tool again with the same input';

const picsi = { verb: 'picsi' } as const;

/** What the agent is told when a run with these parameters fails. */
const told = async (parameters: INodeParameters = {}, asTool = true): Promise<string> => {
	const { error } = await test_.run('picsi/swap', parameters, { asTool });
	return String(error?.message);
};

/** Short enough for a model, one line, and nothing of the code or the credential. */
function expectBrief(text: string): void {
	expect(text.length).toBeLessThan(400);
	expect(text).not.toMatch(/\n|\bat .*:\d+|node_modules/);
	expect(text).not.toContain(test_.simulator.token);
}

const jobs = () => test_.simulator.jobs.length;

test.each<[string, ScriptRule, RegExp]>([
	['a job that failed', { outcome: 'failed', content: 'No face' }, /^The job failed: No face/],
	[
		'a job that moderation rejected',
		{ outcome: 'moderated', content: 'Not allowed' },
		/rejected by moderation: Not allowed/,
	],
	['a job that was cancelled', { outcome: 'cancelled' }, /^The job was cancelled/],
	['an answer that got lost', { respond: { status: 502 } }, /Outcome unknown/],
	['a connection that broke', { acceptThen: 'cutBody' }, /Outcome unknown/],
])('after %s, an agent is told not to call again', async (_, rule, reason) => {
	test_.simulator.script({ match: picsi, ...rule });
	const text = await told();
	expect(text).toMatch(reason);
	expect(text).toContain(NOT_AGAIN);
	expectBrief(text);
});

test('after a job that takes too long, an agent is told not to call again', async () => {
	test_.simulator.settings.picsiAnswersStarted = true;
	test_.simulator.settings.asyncMs = 60_000;
	const text = await told({ waitMode: 'poll', additionalFields: { maximumWait: 1 } });
	expect(text).toContain(NOT_AGAIN);
	expect(text).toContain(String(test_.simulator.jobs[0]?.jobid));
	expectBrief(text);
});

test('after a result that cannot be downloaded, an agent is told not to call again', async () => {
	const path = /^\/attachments\//;
	test_.simulator.script({ match: { path }, times: Infinity, respond: { status: 404 } });
	const text = await told();
	expect(text).toContain(NOT_AGAIN);
	expectBrief(text);
});

test.each<[string, number, RegExp, RegExp]>([
	['without credits', 412, /out of credits/, /nothing was charged/],
	['without a subscription', 402, /no active subscription/, /nothing was charged/],
	['with a wrong token', 401, /did not accept the API token/, /paste the whole token/],
	['with a rejected picture', 422, /rejected by moderation/, /same again will be rejected again/],
])('%s, an agent is told why and what to do, and nothing is paid', async (_, status, why, next) => {
	test_.simulator.script({ match: picsi, respond: { status, body: { error: 'No' } } });
	const text = await told();
	expect(text).toMatch(why);
	expect(text).toMatch(next);
	expect(text).not.toContain(NOT_AGAIN);
	expectBrief(text);
	expect(jobs()).toBe(0);
});

test.each([
	['that is none', 'portrait'],
	['of another protocol', 'file:///etc/passwd'],
	['where nobody listens', 'http://127.0.0.1:9/portrait.png'],
])(
	'with a picture address %s, an agent is told what is wrong with it, and nothing is sent',
	async (_, url) => {
		const text = await told({ sourceImage: locator(url, 'url') });
		expect(text).toContain('Face');
		expect(text).not.toContain(NOT_AGAIN);
		expectBrief(text);
		expect(jobs()).toBe(0);
	},
);

test('without a picture at the address, an agent is told so, and nothing is sent', async () => {
	const url = `${test_.simulator.url}/attachments/1/2/none.png`;
	const text = await told({ sourceImage: locator(url, 'url') });
	expect(text).toMatch(/404/);
	expect(text).not.toContain(NOT_AGAIN);
	expect(jobs()).toBe(0);
});

test('without an agent, the advice stays in the description', async () => {
	test_.simulator.script({ match: picsi, outcome: 'failed' });
	expect(await told({}, false)).not.toContain(NOT_AGAIN);
});
