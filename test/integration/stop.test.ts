import * as pauses from '../../nodes/InsightFaceSwap/shared/backoff';
import { pause } from '../../nodes/InsightFaceSwap/shared/retry';
import { scenario } from '../support/scenario';

const test_ = scenario({ asyncMs: 60_000, blockingMs: 60_000 });
const background = { prompt: 'x' };

/** Runs an operation, and stops the execution then. */
const runAndStop = async (operation: string, parameters = {}, then = whenSubmitted) => {
	await test_
		.run(operation, parameters, {
			during: (execution) => void then().then(() => execution.cancel()),
		})
		.catch(() => {});
};

const TRIES = 500;

/** Once the API has the job. */
const whenSubmitted = async () => {
	for (let tries = 0; tries < TRIES && test_.simulator.jobs.length === 0; tries++) {
		await pause(10, undefined);
	}
	await pause(100, undefined);
};

const statusAfter = async (status: string) => {
	for (let tries = 0; tries < TRIES; tries++) {
		if (test_.simulator.jobs[0]?.status === status) return status;
		await pause(10, undefined);
	}
	return test_.simulator.jobs[0]?.status;
};

describe('Stop', () => {
	test('ends a long wait at once', async () => {
		let waits = () => {};
		const isWaiting = new Promise<void>((resolve) => (waits = resolve));
		jest.spyOn(pauses, 'listDelay').mockImplementation(() => {
			waits();
			return 5_000;
		});
		await runAndStop('changeBackground/create', background, async () => await isWaiting);
		expect(test_.requests('/v1/faceswap/jobs')).toEqual([]);
	});

	test('ends a submission in flight', async () => {
		await runAndStop('picsi/swap');
		expect(test_.simulator.jobs).toHaveLength(1);
	});

	test('leaves the job running at the API', async () => {
		await runAndStop('changeBackground/create', background);
		await pause(100, undefined);
		expect(test_.simulator.jobs[0]?.status).toBe('started');
	});

	test.each([
		['changeBackground/create', 'that runs'],
		['picsi/swap', 'that is just being submitted'],
	])('cancels the job of %s %s, where the user wants that', async (operation) => {
		await runAndStop(operation, { ...background, additionalFields: { cancelOnStop: true } });
		expect(await statusAfter('cancelled')).toBe('cancelled');
	});
});
