/** What the action node says of a run in the editor's output panel. */
import type { INodeParameters } from 'n8n-workflow';

import type { NodeResult, NodeRun } from '../support/engine';
import { scenario } from '../support/scenario';

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
	const [one, other] = test_.simulator.channels;
	const [hint, ...more] = hintsOf(await changeBackgrounds(2)) ?? [];
	expect(more).toEqual([]);
	expect(hint).toMatchObject({ location: 'outputPane' });
	expect(hint?.message).toContain('Jobs: 2 submitted, 0 continued, 0 failed.');
	expect(hint?.message).toContain(`6 of 100 on channel ${one}`);
	expect(hint?.message).toContain(`6 of 100 on channel ${other}`);
});

test('credits that no answer names are those of the list of accounts', async () => {
	const [one] = test_.simulator.channels;
	const result = await test_.run('picsi/swap', {}, { items: Array(3).fill(await test_.item()) });
	expect(hintsOf(result)?.[0]?.message).toContain(`10 of 100 on channel ${one} (before this run)`);
});

test('failed items are counted', async () => {
	test_.simulator.script({ match: { verb: 'changebg' }, respond: { status: 422 } });
	const result = await changeBackgrounds(3, { onError: 'continueRegularOutput' });
	expect(hintsOf(result)?.[0]?.message).toContain('2 submitted, 0 continued, 1 failed.');
});

test('jobs that an earlier try has paid for count as continued', async () => {
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
	expect(hintsOf(result)?.[0]?.message).toContain('1 submitted, 1 continued, 0 failed.');
});

test('channels with fewer credits than Warn Under Credits are named in a warning', async () => {
	const [, warning] = hintsOf(await changeBackgrounds(2, {}, { warnUnderCredits: 7 })) ?? [];
	expect(warning).toMatchObject({ type: 'warning', location: 'outputPane' });
	expect(warning?.message).toMatch(/^Fewer than 7 credits remain: 6 of 100 on channel \d+, 6 of /);
});

test('with enough credits there is no warning', async () => {
	expect(hintsOf(await changeBackgrounds(2, {}, { warnUnderCredits: 6 }))).toHaveLength(1);
});

test('no call is made for the hints, and reading operations have none', async () => {
	await changeBackgrounds(1, {}, { warnUnderCredits: 7 });
	expect(test_.requests('/v1/faceswap').map(({ method }) => method)).toEqual(['POST']);
	expect(hintsOf(await test_.run('account/getAll'))).toEqual([]);
});
