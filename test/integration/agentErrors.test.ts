/** What an AI agent is told that uses the node as its tool: n8n gives it the message of an error, and nothing else. */
import type { ScriptRule } from '../../simulator';
import { scenario } from '../support/scenario';

const test_ = scenario();

const NOT_AGAIN = 'Do not call this tool again with the same input';

const toldAfter = async (rule: ScriptRule, asTool = true) => {
	test_.simulator.script(rule);
	const { error } = await test_.run('picsi/swap', {}, { asTool });
	return String(error?.message);
};

test.each<[string, ScriptRule]>([
	['a job that failed', { outcome: 'failed', content: 'No face' }],
	['a job that moderation rejected', { outcome: 'moderated', content: 'Not allowed' }],
	['an answer that got lost', { respond: { status: 502 } }],
])('after %s, an agent is told not to call again', async (_, rule) => {
	const told = await toldAfter({ match: { verb: 'picsi' }, ...rule });
	expect(told).toContain(NOT_AGAIN);
	expect(told.length).toBeLessThan(400);
	expect(told).not.toMatch(/\n|\bat .*:\d+/);
});

test('after a refusal that cost nothing, an agent is told what to do', async () => {
	const told = await toldAfter({ match: { verb: 'picsi' }, respond: { status: 402 } });
	expect(told).toContain('No job was started and nothing was charged.');
	expect(told).not.toContain(NOT_AGAIN);
});

test('without an agent, the advice stays in the description', async () => {
	const told = await toldAfter({ match: { verb: 'picsi' }, outcome: 'failed' }, false);
	expect(told).not.toContain(NOT_AGAIN);
});
