import { accountsInUse } from '../../nodes/InsightFaceSwap/channels/channels';
import { pause } from '../../nodes/InsightFaceSwap/shared/retry';
import { random } from '../support/random';
import { locator, scenario } from '../support/scenario';

const SEED = 20_261_125;
const CHANNELS = 3;
const EXECUTIONS = 12;
const JOB_MS = 250;

const test_ = scenario({ channels: CHANNELS, blockingMs: JOB_MS });
const { run, requests } = test_;

describe.each([1, 2, 3])(
	'executions that start one after another, on this many channels: %i,',
	(channels) => {
		const next = random(SEED + channels);

		beforeEach(async () => {
			for (const channel of test_.simulator.channels.slice(channels)) {
				await run('account/delete', { channel: locator(channel) });
			}
		});

		test.each([0.02, 0.2, 1])(
			'up to %d job times apart, are served without a 429',
			async (share) => {
				let startMs = 0;
				const results = await Promise.all(
					Array.from({ length: EXECUTIONS }, async () => {
						startMs += Math.floor(next() * share * JOB_MS);
						await pause(startMs, undefined);
						return await run('picsi/swap');
					}),
				);
				expect(results.map(({ items }) => items[0]?.json.status)).toEqual(
					Array(EXECUTIONS).fill('completed'),
				);
				const calls = requests('/v1/faceswap/picsi');
				expect(calls.map(({ status }) => status)).toEqual(Array(EXECUTIONS).fill(200));
				expect(accountsInUse()).toBe(0);
			},
		);
	},
);
