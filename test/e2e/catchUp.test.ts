/** Jobs whose callback did not come, in both versions of n8n: each starts the workflow once. */
import { startSimulator, type Simulator } from '../../simulator';
import { until } from '../../tooling/n8n/until';
import { versions } from '../../tooling/n8n/versions';
import { TriggerN8n } from './support/triggerN8n';

const LISTENER = 'listener';
const MINIMUM_S = 15;
const LONG_MS = 3_600_000;

describe.each(versions)('Lost callbacks in $title', (version) => {
	let api: Simulator;
	let n8n: TriggerN8n;

	beforeAll(async () => {
		api = await startSimulator({ channels: 1, drawResults: false });
		n8n = await TriggerN8n.start('catch-up', version);
		await n8n.saveCredential(api.token, api.url);
	});

	beforeEach(() => {
		api.reset();
	});

	afterAll(async () => {
		await n8n?.stop();
		await api?.close();
	});

	const account = async () => {
		const headers = { authorization: `Bearer ${api.token}` };
		const answer = await fetch(`${api.url}/v2/account`, { headers });
		return (await answer.json()) as { replyUrl?: string };
	};

	/** Activates a workflow of its own, so that all of its executions are those of the test. */
	const listen = async (id: string, parameters = {}) => {
		await n8n.saveListener(id, { options: { checkEvery: MINIMUM_S }, ...parameters });
		await n8n.activate(id);
	};

	/** Submits a job that calls nobody back when it ends. @returns its ID */
	const submit = async () => {
		api.script({ match: { verb: 'changebg' }, callback: 'missing' });
		const background = { resource: 'changeBackground', operation: 'create', prompt: 'beach' };
		const { status } = await n8n.submit('submit', { ...background, waitMode: 'none' });
		expect(status).toBe('success');
		return api.jobs.at(-1)?.jobid ?? '';
	};

	const endJobs = async () =>
		await until('the jobs to end', async () => {
			api.skipTime();
			return api.jobs.every(({ status }) => status === 'completed');
		});

	/** What each execution of a workflow has put out, once there is one. */
	const started = async (id: string) => {
		const executions = await n8n.ended(id, 1);
		const outputs = await Promise.all(executions.map(async (one) => await n8n.output(one.id)));
		return outputs.map((items) => items.map(({ json }) => json.jobId));
	};

	test('a job whose callback got lost starts the workflow at the next check', async () => {
		await listen(`${LISTENER}-lost`);
		await until('the trigger to register', async () => (await account()).replyUrl);
		const job = await submit();
		expect(await started(`${LISTENER}-lost`)).toEqual([[job]]);
		expect(api.callbacks).toEqual([]);
		await n8n.deactivate(`${LISTENER}-lost`);
	});

	test('a job that ends while n8n is down starts the workflow when n8n is back', async () => {
		const id = `${LISTENER}-down`;
		await listen(id);
		await until('the trigger to register', async () => (await account()).replyUrl);
		api.settings.asyncMs = LONG_MS;
		const job = await submit();
		await until('n8n to store the job', async () =>
			JSON.stringify(await n8n.client.exportWorkflow(id)).includes(job),
		);
		await n8n.kill();
		await endJobs();
		await n8n.restart();
		expect(await started(id)).toEqual([[job]]);
		await n8n.restart();
		expect(await started(id)).toEqual([[job]]);
		await n8n.deactivate(id);
	});

	test('Polling starts the workflow and registers nothing', async () => {
		const id = `${LISTENER}-polling`;
		await listen(id, { registration: 'polling' });
		const job = await submit();
		expect(await started(id)).toEqual([[job]]);
		expect((await account()).replyUrl).toBeFalsy();
		await n8n.deactivate(id);
	});
});
