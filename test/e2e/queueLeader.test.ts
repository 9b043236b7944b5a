/** Queue mode: Catch Up reports each job once, whichever process submitted it, and whatever becomes of the main one. */
import { itemsOf } from '../../tooling/n8n/client';
import { startQueue, type Queue } from '../../tooling/n8n/queue';
import { until } from '../../tooling/n8n/until';
import type { Simulator } from '../../simulator';
import { State } from '../../nodes/InsightFaceSwap/jobs/triggerCall';
import { registered, startApi } from './support/api';
import { emptyFolder } from './support/instance';
import { action, chain, doNothing, jobTrigger, type Credentials } from './support/workflows';

const JOBS = 10;
const LIMIT_MS = 120_000;
const LISTENER = 'listener';
const SUBMITTER = 'submitter';
const type = 'useApiNetApi';

describe('The main process of n8n in queue mode', () => {
	let api: Simulator;
	let queue: Queue;

	beforeAll(async () => {
		api = await startApi({ channels: 2 * JOBS + 2, asyncMs: 3_600_000, drawResults: false });
		queue = await startQueue({ folder: await emptyFolder('queue-leader'), workers: 1, env: {} });
		const data = { apiToken: api.token, baseUrl: api.url };
		const id = await queue.client.saveCredential({ name: type, type, data });
		const parameters = { options: { checkEvery: 15 }, downloadResults: false };
		const credentials = { [type]: { id, name: type } };
		await queue.client.saveWorkflow(
			chain(LISTENER, jobTrigger(credentials, parameters), doNothing),
		);
		await queue.client.saveWorkflow(submitter(credentials));
		for (const workflow of [LISTENER, SUBMITTER]) await queue.client.activate(workflow);
		await registered(api);
	});

	afterAll(async () => {
		await queue?.stop();
		await api?.close();
	});

	/** A workflow with which a worker submits a job. */
	const submitter = (credentials: Credentials) => {
		const start = {
			name: 'Webhook',
			type: 'n8n-nodes-base.webhook',
			parameters: { path: SUBMITTER, options: {} },
			webhookId: SUBMITTER,
		};
		return chain(
			SUBMITTER,
			start,
			action('headshot/create', credentials, {
				prompt: 'a knight',
				channel: { __rl: true, mode: 'id', value: '={{ $json.query.channel }}' },
				waitMode: 'none',
			}),
		);
	};

	/** Has a worker submit a short job of which the API will not report the end. */
	const submitOnAWorker = async () => {
		const before = api.jobs.length;
		api.script({ match: { verb: 'headshot' }, callback: 'missing' });
		const query = new URLSearchParams({ channel: api.channels[before] ?? '' });
		await until('the webhook of the submitter', async () => {
			const { status } = await fetch(`${queue.webhookUrls[0]}/webhook/${SUBMITTER}?${query}`);
			return status === 200;
		});
		await until('the job', async () => api.jobs.length > before);
		await endJobs();
	};

	/** Waits until n8n has stored that a worker has submitted the latest job. */
	const jobReported = async () => {
		const stored = `"${api.jobs.at(-1)?.jobid}":"${State.watched}`;
		await until('the report', async () => (await queue.database.dump()).includes(stored));
	};

	/** Submits a job of which the API will not report the end. */
	const submitOne = async () => {
		api.script({ match: { verb: 'headshot' }, callback: 'missing' });
		const body = new FormData();
		body.set('prompt', 'a knight');
		body.set('channel', api.channels[api.jobs.length] ?? '');
		const headers = { authorization: `Bearer ${api.token}` };
		await fetch(`${api.url}/v1/faceswap/headshot`, { method: 'POST', headers, body });
	};

	/** Submits jobs, and waits until n8n has stored them. */
	const submit = async () => {
		for (let job = 0; job < JOBS; job++) await submitOne();
		await until('n8n to store the jobs', async () => {
			const stored = JSON.stringify(await queue.client.exportWorkflow(LISTENER));
			return api.jobs.slice(-JOBS).every(({ jobid }) => stored.includes(jobid));
		});
	};

	const endJobs = async () =>
		await until('the jobs to end', async () => {
			api.skipTime();
			return api.jobs.every(({ status }) => status === 'completed');
		});

	/** The IDs of the jobs that came through the trigger. */
	const jobsOf = async (executionIds: string[]) => {
		const executions = executionIds.map(async (id) => await queue.client.execution(id));
		const items = (await Promise.all(executions)).flatMap((one) => itemsOf(one, 'End'));
		return items.map(({ json }) => json.jobId).sort();
	};

	/**
	 * The jobs that came through the trigger, once they are so many and all executions have ended. An
	 * execution for a job that another one has put out before ends without an item.
	 */
	const reported = async (count: number) =>
		await until(
			`${count} jobs to be reported`,
			async () => {
				const runs = await queue.client.endOfAll(LISTENER, count, LIMIT_MS);
				const jobs = await jobsOf(runs.map(({ id }) => id));
				return jobs.length >= count && jobs;
			},
			LIMIT_MS,
		);

	const submitted = () => api.jobs.map(({ jobid }) => jobid).sort();

	it('reports the jobs that ended while it was down once, also after another start', async () => {
		await submit();
		await queue.killMain();
		await endJobs();
		await queue.restartMain();
		expect(await reported(JOBS)).toEqual(submitted());

		await queue.killMain();
		await queue.restartMain();
		await submit();
		await endJobs();
		expect(await reported(2 * JOBS)).toEqual(submitted());
	});

	it('reports a short job of a worker whose callback got lost', async () => {
		const before = api.jobs.length;
		await submitOnAWorker();
		expect(await reported(before + 1)).toEqual(submitted());
	});

	it('reports one that a worker submitted while it was down', async () => {
		const before = api.jobs.length;
		await queue.killMain();
		await submitOnAWorker();
		await jobReported();
		await queue.restartMain();
		expect(await reported(before + 1)).toEqual(submitted());
	});
});
