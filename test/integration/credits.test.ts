import { scenario } from '../support/scenario';

/** Two backgrounds a channel. */
const test_ = scenario({ channels: 3, credits: { total: 8, used: 0 } });

test('a channel that has spent its last credits is asked no more', async () => {
	const parameters = { prompt: 'beach', waitMode: 'none' };
	const { items } = await test_.run('changeBackground/create', parameters, {
		items: Array(7).fill(await test_.item()),
		onError: 'continueRegularOutput',
	});
	expect(items.filter(({ json }) => json.status)).toHaveLength(6);
	expect(items.filter(({ json }) => /out of credits/.test(String(json.error)))).toHaveLength(1);
	expect(test_.requests('/v1/faceswap/changebg')).toHaveLength(6);
});
