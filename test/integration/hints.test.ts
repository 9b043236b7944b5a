/** What the action node says of a run in the editor's output panel. */
import type { INodeParameters } from 'n8n-workflow';

import type { NodeResult, NodeRun } from '../support/engine';
import { locator, scenario } from '../support/scenario';

const test_ = scenario({ channels: 2, credits: { total: 100, used: 90 } });

const hintsOf = ({ run }: NodeResult) => run.data.resultData.runData.InsightFaceSwap?.[0]?.hints;

const changeBackgrounds = async (count: number, options: Partial<NodeRun> = {}, fields = {}) => {
	const parameters: INodeParameters = {
		prompt: 'beach',
		waitMode: 'none',
		additionalFields: fields,
	};
	const items = Array(count).fill(await test_.item());
	return await test_.run('changeBackground/create', parameters, { items, ...options });
};

test('jobs are counted, and the credits that the last answers named are told', async () => {
	const [hint, ...more] = hintsOf(await changeBackgrounds(2)) ?? [];
	expect(more).toEqual([]);
	expect(hint).toMatchObject({ location: 'outputPane' });
	expect(hint?.message).toBe('2 jobs started. 12 credits left on 2 channels.');
});

test('credits that no answer names are those of the list of accounts', async () => {
	const result = await test_.run('picsi/swap', {}, { items: Array(3).fill(await test_.item()) });
	expect(hintsOf(result)?.[0]?.message).toBe(
		'3 pictures made. 20 credits left on 2 channels before this run.',
	);
});

test('failed items are counted', async () => {
	test_.simulator.script({ match: { verb: 'changebg' }, respond: { status: 422 } });
	const result = await changeBackgrounds(3, { onError: 'continueRegularOutput' });
	expect(hintsOf(result)?.[0]?.message).toMatch(/^2 jobs started\. 1 item failed\./);
});

test('pictures of jobs that an earlier try has paid for count, too', async () => {
	// Refused in the first try only, which ends that try.
	test_.simulator.script({ match: { replyRef: 'b' }, respond: { status: 422 } });
	const item = await test_.item();
	const items = ['a', 'b'].map((reference) => ({ ...item, json: { reference } }));
	const additionalFields = { replyRef: '={{ $json.reference }}', maxConcurrentJobs: 1 };
	const result = await test_.run(
		'picsi/swap',
		{ additionalFields },
		{ items, retryOnFail: true, maxTries: 2 },
	);
	expect(hintsOf(result)?.[0]?.message).toMatch(/^2 pictures made\./);
});

test('channels with fewer credits than Warn Under Credits are named in a warning', async () => {
	const [, warning] = hintsOf(await changeBackgrounds(2, {}, { warnUnderCredits: 7 })) ?? [];
	expect(warning).toMatchObject({ type: 'warning', location: 'outputPane' });
	expect(warning?.message).toMatch(
		/^Fewer than 7 credits are left: 6 on channel \d+, 6 on channel \d+\.$/,
	);
});

test('with enough credits there is no warning', async () => {
	expect(hintsOf(await changeBackgrounds(2, {}, { warnUnderCredits: 6 }))).toHaveLength(1);
});

test('a single item on a named channel is warned of, too', async () => {
	const [channel = ''] = test_.simulator.channels;
	const result = await test_.run('picsi/swap', {
		channel: locator(channel),
		additionalFields: { warnUnderCredits: 20 },
	});
	expect(hintsOf(result)?.[1]?.message).toContain(`10 on channel ${channel}`);
});

test('reading operations have no hints', async () => {
	expect(hintsOf(await test_.run('account/getAll'))).toEqual([]);
});
