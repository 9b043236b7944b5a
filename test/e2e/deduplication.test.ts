/** Queue mode with several webhook processes: a job starts its workflow once, whoever is called. */
import { itemsOf } from '../../tooling/n8n/client';
import { startQueue, type Queue } from '../../tooling/n8n/queue';
import type { JobView, Simulator } from '../../simulator';
import { versions } from '../../tooling/n8n/versions';
import { registered, startApi } from './support/api';
import { emptyFolder } from './support/instance';
import { chain, doNothing, jobTrigger } from './support/workflows';

const LIMIT_MS = 120_000;
const JOBS = 20;
const type = 'useApiNetApi';

describe.each(versions)('Two webhook processes and two workers of $title', (version) => {
	let api: Simulator;
	let queue: Queue;
	/** Where the trigger can be called, with its secret: at each webhook process. */
	let urls: string[];

	const callbackUrls = async () => {
		const headers = { authorization: `Bearer ${api.token}` };
		const account = await (await fetch(`${api.url}/v2/account`, { headers })).json();
		const { replyUrl } = account as { replyUrl: string };
		const { pathname, search } = new URL(replyUrl);
		return queue.webhookUrls.map((url) => new URL(`${pathname}${search}`, url).href);
	};

	const newJobs = async (): Promise<JobView[]> => {
		const headers = { authorization: `Bearer ${api.token}` };
		for (let index = 0; index < JOBS; index++) {
			const body = new FormData();
			body.set('idname', 'me');
			await fetch(`${api.url}/v1/faceswap/listid`, { method: 'POST', headers, body });
		}
		return api.jobs.slice(-JOBS);
	};

	const post = async (url: string | undefined, job: JobView) => {
		const headers = { 'content-type': 'application/json' };
		const answer = await fetch(String(url), { method: 'POST', headers, body: JSON.stringify(job) });
		expect(answer.status).toBe(200);
	};

	/** Ids of the jobs that came through the trigger, once all executions that began have ended. */
	const delivered = async (executions: number) => {
		const runs = await queue.client.endOfAll('listener', executions, LIMIT_MS);
		const items = runs.map(async ({ id }) => itemsOf(await queue.client.execution(id), 'End'));
		return (await Promise.all(items))
			.flat()
			.map(({ json }) => String(json.jobId))
			.sort();
	};

	const idsOf = (jobs: readonly JobView[]) => jobs.map(({ jobid }) => jobid).sort();

	beforeAll(async () => {
		api = await startApi({ channels: 1, blockingMs: 1, drawResults: false });
		api.script({ callback: 'missing', times: Infinity });
		const folder = await emptyFolder('once');
		queue = await startQueue({ folder, version, workers: 2, webhookProcesses: 2, env: {} });
		const data = { apiToken: api.token, baseUrl: api.url };
		const id = await queue.client.saveCredential({ name: type, type, data });
		const credentials = { [type]: { id, name: type } };
		await queue.client.saveWorkflow(chain('listener', jobTrigger(credentials), doNothing));
		await queue.client.activate('listener');
		await registered(api);
		urls = await callbackUrls();
	});

	afterAll(async () => {
		await queue?.stop();
		await api?.close();
	});

	it('starts the workflow once for a job that both are told of at the same time', async () => {
		const jobs = await newJobs();
		for (const [index, job] of jobs.entries()) {
			await Promise.all(urls.map(async (url) => await post(url, job)));
			await queue.client.endOfAll('listener', index + 1, LIMIT_MS);
		}
		expect(await delivered(JOBS)).toEqual(idsOf(jobs));
	});

	it('starts nothing for a job that the other one was told of before', async () => {
		const before = await queue.client.executionsOf('listener');
		const jobs = await newJobs();
		for (const job of jobs) await post(urls[0], job);
		const ids = await delivered(before.length + JOBS);
		for (const job of jobs) await post(urls[1], job);
		expect(await delivered(before.length + JOBS)).toEqual(ids);
		expect(new Set(ids).size).toBe(2 * JOBS);
	});
});
