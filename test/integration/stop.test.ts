import { scenario } from '../support/scenario';

const test_ = scenario();
const { run } = test_;

describe('Stop', () => {
	const stopAfter = (ms: number) => (execution: { cancel: () => void }) =>
		void setTimeout(() => execution.cancel(), ms);
	const settled = async () => await new Promise((resolve) => setTimeout(resolve, 100));

	test('ends a wait at once', async () => {
		test_.simulator.settings.asyncMs = 60_000;
		const began = Date.now();
		await run('changeBackground/create', { prompt: 'x' }, { during: stopAfter(150) }).catch(
			() => {},
		);
		expect(Date.now() - began).toBeLessThan(1000);
		const looks = test_.requests('/v1/faceswap/jobs').length;
		await settled();
		expect(test_.requests('/v1/faceswap/jobs').length).toBe(looks);
	});

	test('leaves the job running at the API', async () => {
		test_.simulator.settings.asyncMs = 60_000;
		await run('changeBackground/create', { prompt: 'x' }, { during: stopAfter(150) }).catch(
			() => {},
		);
		await settled();
		expect(test_.simulator.jobs[0]?.status).toBe('started');
	});

	test('cancels it there where the user wants that', async () => {
		test_.simulator.settings.asyncMs = 60_000;
		const parameters = { prompt: 'x', additionalFields: { cancelOnStop: true } };
		await run('changeBackground/create', parameters, { during: stopAfter(150) }).catch(() => {});
		await settled();
		expect(test_.simulator.jobs[0]?.status).toBe('cancelled');
	});

	test('cancels also what was just being submitted', async () => {
		test_.simulator.settings.blockingMs = 10_000;
		const parameters = { additionalFields: { cancelOnStop: true } };
		await run('picsi/swap', parameters, { during: stopAfter(150) }).catch(() => {});
		await settled();
		expect(test_.simulator.jobs[0]?.status).toBe('cancelled');
	});
});
