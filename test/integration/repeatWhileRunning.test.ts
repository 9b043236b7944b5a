/** A run that is stopped, or loses the connection, while its job runs at the API. */
import type { INodeParameters } from 'n8n-workflow';

import * as backoff from '../../nodes/InsightFaceSwap/shared/backoff';
import { pause } from '../../nodes/InsightFaceSwap/shared/retry';
import { until } from '../../tooling/n8n/until';
import type { NodeResult, NodeRun } from '../support/engine';
import { scenario } from '../support/scenario';

const test_ = scenario({ asyncMs: 1_500, blockingMs: 1_500 });
const background = { prompt: 'beach' };

/** Stops a run once the API has its job, and waits until n8n has its end. */
const stopped = async (operation: string, parameters: INodeParameters = {}) => {
	await test_
		.run(operation, parameters, {
			during: (execution) =>
				void until('a job', async () => test_.simulator.jobs.length > 0).then(() =>
					execution.cancel(),
				),
		})
		.catch(() => {});
};

const expectTheSameJob = ({ items }: NodeResult) => {
	expect(items[0]?.json).toMatchObject({ status: 'completed', resumed: true });
	expect(test_.simulator.jobs).toHaveLength(1);
};

test('a run that was stopped leaves it to the next run', async () => {
	await stopped('changeBackground/create', background);
	expectTheSameJob(await test_.run('changeBackground/create', background));
});

test('a run that was stopped during the submission finds it, and leaves it to the next run', async () => {
	await stopped('picsi/swap');
	await until('the look', async () => test_.requests('/v1/faceswap/jobs').length > 0);
	expectTheSameJob(await test_.run('picsi/swap'));
});

test('a run that was stopped during the submission leaves it to one that begins before it has found it', async () => {
	test_.simulator.script({ match: { path: '/v1/faceswap/jobs' }, delayMs: 300 });
	await stopped('picsi/swap');
	expectTheSameJob(await test_.run('picsi/swap'));
});

test('a run that was stopped while it took the job up leaves it to the next run', async () => {
	await stopped('changeBackground/create', background);
	const reads = () => test_.requests('/v1/faceswap/jobs').length;
	const before = reads();
	test_.simulator.script({ match: { path: '/v1/faceswap/jobs' }, delayMs: 500 });
	await test_
		.run('changeBackground/create', background, {
			during: (execution) =>
				void until('the read', async () => reads() > before).then(() => execution.cancel()),
		})
		.catch(() => {});
	expectTheSameJob(await test_.run('changeBackground/create', background));
});

test('a run that was stopped leaves nothing where it has cancelled it', async () => {
	const parameters = { ...background, additionalFields: { cancelOnStop: true } };
	await stopped('changeBackground/create', parameters);
	await until('the end', async () => test_.simulator.jobs[0]?.status === 'cancelled');
	const again = await test_.run('changeBackground/create', background);
	expect(again.items.map(({ json }) => json.resumed ?? false)).toEqual([false]);
	expect(test_.simulator.jobs).toHaveLength(2);
});

test('a run that was stopped leaves a job that had completed before it was to be cancelled', async () => {
	jest.mocked(backoff.listDelay).mockReturnValue(60_000);
	const isCompleted = async () => {
		test_.simulator.skipTime();
		return test_.simulator.jobs[0]?.status === 'completed';
	};
	const during: NodeRun['during'] = (execution) =>
		void until('the job', async () => test_.simulator.jobs.length > 0)
			// The node has read the answer then.
			.then(async () => await pause(100, undefined))
			.then(async () => await until('its end', isCompleted))
			.then(() => execution.cancel());
	const parameters = { ...background, additionalFields: { cancelOnStop: true } };
	await test_.run('changeBackground/create', parameters, { during }).catch(() => {});
	await until('the call', async () => test_.requests('/v1/faceswap/jobs/cancel').length > 0);
	expectTheSameJob(await test_.run('changeBackground/create', background));
});

test('a run whose connection broke leaves its reply reference, by which the next run finds it', async () => {
	test_.simulator.script({ match: { verb: 'changebg' }, acceptThen: 'reset' });
	const isListed = { match: { path: '/v1/faceswap/jobs' }, times: 2 };
	test_.simulator.script({ ...isListed, respond: { status: 500 } });
	const first = await test_.run('changeBackground/create', background);
	expect(first.error?.message).toContain('Outcome unknown');
	expect(first.error?.description).toContain('1 submission has an unknown outcome');
	expectTheSameJob(await test_.run('changeBackground/create', background));
});

test('a run that was stopped before it started a job again leaves the first one to the next run', async () => {
	test_.simulator.script({ match: { verb: 'changebg' }, acceptThen: 'reset' });
	const list = { match: { path: '/v1/faceswap/jobs' }, times: 2 };
	test_.simulator.script({ ...list, respond: { status: 200, body: [] } });
	const parameters = { ...background, additionalFields: { ifOutcomeUnknown: 'resubmit' } };
	const during: NodeRun['during'] = (execution) =>
		jest.mocked(backoff.reconnectDelay).mockImplementation(() => {
			execution.cancel();
			return 1;
		});
	await test_.run('changeBackground/create', parameters, { during }).catch(() => {});
	expectTheSameJob(await test_.run('changeBackground/create', parameters));
});

test('a run that gave up after Maximum Wait leaves it to the next run', async () => {
	const impatient = { ...background, additionalFields: { maximumWait: 0.02 } };
	const { error } = await test_.run('changeBackground/create', impatient);
	expect(error?.message).toContain('has not ended within');
	expectTheSameJob(await test_.run('changeBackground/create', background));
});

test('a run with Suspend Until Callback polls it: the callback goes to the execution that started it', async () => {
	await stopped('changeBackground/create', background);
	const suspended = { ...background, waitMode: 'suspend' };
	const again = await test_.run('changeBackground/create', suspended);
	expect(again.run.waitTill).toBeUndefined();
	expectTheSameJob(again);
});
