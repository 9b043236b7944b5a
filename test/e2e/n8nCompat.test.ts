/**
 * What the nodes rely on without n8n documenting it: nodes/InsightFaceSwap/n8nCompat. The rest of it is
 * held by versions.test.ts (forms, streams, credentials, webhook paths), queue.test.ts (the replay guard)
 * and suspend.test.ts (work after the node has returned).
 */
import { startSimulator, type Simulator } from '../../simulator';
import { itemsOf, type ExecutionSummary } from '../../tooling/n8n/client';
import { until } from '../../tooling/n8n/until';
import { versions } from '../../tooling/n8n/versions';
import { TriggerN8n } from './support/triggerN8n';

const LISTENER = 'listener';
const SUSPENDED = 'suspended';

describe.each(versions)('Undocumented behaviour of $title', (version) => {
	let api: Simulator;
	let n8n: TriggerN8n;

	/** @returns the status of the answer */
	const post = async (url: string, body: object) => {
		const { status } = await fetch(url, {
			method: 'POST',
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify(body),
		});
		return status;
	};

	const replyUrl = async () => {
		const headers = { authorization: `Bearer ${api.token}` };
		const answer = await fetch(`${api.url}/v2/account`, { headers });
		return ((await answer.json()) as { replyUrl?: string }).replyUrl;
	};

	/** Activates a workflow whose trigger is followed by a node. @returns the address to call */
	const listen = async (next = {}) => {
		await n8n.saveListener(LISTENER, { options: { acceptUnverified: true } }, next);
		await n8n.activate(LISTENER);
		return await until('the trigger to register', replyUrl);
	};

	const count = async () => (await n8n.executions(LISTENER)).length;

	const report = (jobid: string) => ({ verb: 'faceswap-saveid', status: 'completed', jobid });

	beforeAll(async () => {
		api = await startSimulator({ channels: 1, drawResults: false });
		n8n = await TriggerN8n.start('compat', version, {
			N8N_CONCURRENCY_PRODUCTION_LIMIT: '1',
			// Lets a test switch on what n8n offers where it is registered.
			E2E_TESTS: 'true',
		});
		await n8n.saveCredential(api.token, api.url);
	});

	afterEach(async () => {
		await n8n.deactivate(LISTENER).catch(() => {});
		await until('the reply URL to be free', async () => !(await replyUrl()));
	});

	afterAll(async () => {
		await n8n?.stop();
		await api?.close();
	});

	test('a callback is answered while its execution waits for its turn', async () => {
		const wait = { type: 'n8n-nodes-base.wait', typeVersion: 1.1, parameters: { amount: 8 } };
		const url = await listen(wait);
		const before = await count();
		const answers = await Promise.all(['first', 'second'].map((id) => post(url, report(id))));
		expect(answers).toEqual([200, 200]);
		const whenAnswered = await n8n.executions(LISTENER);
		expect(whenAnswered.filter(({ status }) => status === 'success')).toEqual([]);
		const executions = await n8n.ended(LISTENER, before + 2);
		expect(executions.slice(0, 2).map(({ status }) => status)).toEqual(['success', 'success']);
	});

	test('a job that has started the workflow starts it no more after a restart', async () => {
		const url = await listen();
		const before = await count();
		await post(url, report('once'));
		await n8n.ended(LISTENER, before + 1);
		await n8n.restart();
		expect(await post(url, report('once'))).toBe(200);
		await post(url, report('another'));
		const [newest] = await n8n.ended(LISTENER, before + 2);
		const [item] = await n8n.output(newest?.id ?? '');
		expect(item?.json.jobId).toBe('another');
		expect(await count()).toBe(before + 2);
	});

	test('a suspended execution goes on by itself when Maximum Wait is over, with the job as it was', async () => {
		api.settings.asyncMs = 600_000;
		const execution = await n8n.begin(SUSPENDED, {
			resource: 'changeBackground',
			operation: 'create',
			prompt: 'beach',
			waitMode: 'suspend',
			additionalFields: { maximumWait: 10 },
		});
		await until('n8n to suspend the execution', async () => {
			return (await n8n.client.execution(execution)).status === 'waiting';
		});
		const ended = await n8n.client.executionEnd(execution, 120_000);
		expect(itemsOf(ended, 'InsightFaceSwap').map(({ json }) => json)).toEqual([
			expect.objectContaining({ timedOut: true, status: 'started' }),
		]);
	});

	test('an execution is found by the ID of its first job', async () => {
		const feature = { feature: 'feat:advancedExecutionFilters', enabled: true };
		await n8n.client.request('PATCH', '/e2e/feature', feature);
		const swap = { resource: 'picsi', operation: 'swap' };
		const executions = [await n8n.submit('swap', swap), await n8n.submit('swap', swap)];
		const found = executions.map(async (execution) => {
			const [item] = itemsOf(execution, 'InsightFaceSwap');
			const metadata = { key: 'insightFaceSwapJobId', value: item?.json.jobId, exactMatch: true };
			const filter = encodeURIComponent(JSON.stringify({ metadata: [metadata] }));
			const path = `/executions?filter=${filter}`;
			const { results } = await n8n.client.request<{ results: ExecutionSummary[] }>('GET', path);
			return results.map(({ id }) => id);
		});
		expect(await Promise.all(found)).toEqual(executions.map(({ id }) => [id]));
	});
});
