/** Jobs that no call in flight belongs to: nothing is sent to their channels while they run. */
import type { JobView } from '../../simulator';
import { swapReferenced } from '../support/referencedItems';
import { locator, scenario } from '../support/scenario';

const test_ = scenario({ channels: 2, picsiAnswersStarted: true, asyncMs: 1000 });
const { run, requests } = test_;

const submissions = (path = '/v1/faceswap/picsi') =>
	requests(path).filter(({ method }) => method === 'POST');

const jobAt = (index: number): JobView => test_.simulator.jobs[index]!;

/** Whether a call came only after a job had ended. */
const cameAfter = (call: number, { updated }: JobView) =>
	Date.parse(submissions()[call]?.at ?? '') >= Date.parse(updated);

const onFirstChannel = () => ({ channel: locator(test_.simulator.channels[0] ?? '') });

test('a job whose answer was lost, and that was found, holds its channel', async () => {
	test_.simulator.script({ match: { verb: 'picsi' }, acceptThen: 'reset' });
	const items = [await test_.item(), await test_.item()];
	const result = await run('picsi/swap', onFirstChannel(), { items });
	expect(result.items.map(({ json }) => json.status)).toEqual(['completed', 'completed']);
	expect(submissions()).toHaveLength(2);
	expect(cameAfter(1, jobAt(0))).toBe(true);
});

test('it holds the channel for the other executions, too', async () => {
	test_.simulator.script({ match: { verb: 'picsi' }, acceptThen: 'reset' });
	const results = await Promise.all(
		Array.from({ length: 2 }, async () => await run('picsi/swap', onFirstChannel())),
	);
	expect(results.map(({ error }) => error)).toEqual([undefined, undefined]);
	expect(cameAfter(1, jobAt(0))).toBe(true);
});

test('the other channels are used meanwhile', async () => {
	test_.simulator.script({ match: { verb: 'picsi' }, acceptThen: 'reset' });
	await swapReferenced(test_, 3);
	const [found] = test_.simulator.jobs;
	const [, next] = submissions();
	expect(next?.channel).not.toBe(found?.channel);
});

test('a job that a run continues holds its channel', async () => {
	const impatient = { ...onFirstChannel(), additionalFields: { maximumWait: 0.02 } };
	const { error } = await run('picsi/swap', impatient);
	expect(error?.message).toContain('has not ended within');
	const items = [await test_.item(), await test_.item()];
	const again = await run('picsi/swap', onFirstChannel(), { items });
	expect(again.items.map(({ json }) => json.resumed ?? false)).toEqual([true, false]);
	expect(cameAfter(1, jobAt(0))).toBe(true);
});

test('a job that leaves its channel free does not hold it', async () => {
	test_.simulator.script({ match: { verb: 'headshot' }, acceptThen: 'reset' });
	const parameters = { ...onFirstChannel(), prompt: 'a chef' };
	const result = await run('headshot/create', parameters, { items: [{}, {}] });
	expect(result.items).toHaveLength(2);
	const [, second] = submissions('/v1/faceswap/headshot');
	expect(Date.parse(second?.at ?? '')).toBeLessThan(Date.parse(jobAt(0).updated));
});
