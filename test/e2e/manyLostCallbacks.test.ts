/**
 * 90 jobs in both versions of n8n. A third of the callbacks gets lost, a third comes twice, and n8n is
 * killed twice while jobs run. Each job is reported once.
 */
import { startSimulator, type CallbackFault, type Simulator } from '../../simulator';
import { until } from '../../tooling/n8n/until';
import { versions } from '../../tooling/n8n/versions';
import { random } from '../support/random';
import { TriggerN8n } from './support/triggerN8n';

const LISTENER = 'many';
const JOBS = 90;
const SEED = 20_261_125;
const LONG_MS = 3_600_000;
const FAULTS: Array<CallbackFault | undefined> = ['missing', 'duplicate', undefined];

/** The callback fault of each job: each a third of them, in a random order. */
function shuffledFaults(): Array<CallbackFault | undefined> {
	const next = random(SEED);
	return Array.from({ length: JOBS }, (_, index) => ({ index, key: next() }))
		.sort((one, other) => one.key - other.key)
		.map(({ index }) => FAULTS[index % FAULTS.length]);
}

describe.each(versions)('Many jobs in $title', (version) => {
	let api: Simulator;
	let n8n: TriggerN8n;
	const reported = new Map<string, unknown[]>();

	beforeAll(async () => {
		api = await startSimulator({
			channels: JOBS,
			drawResults: false,
			asyncMs: LONG_MS,
			submitMs: 0,
		});
		n8n = await TriggerN8n.start('many', version);
		await n8n.saveCredential(api.token, api.url);
		await n8n.saveListener(LISTENER, { options: { checkEvery: 15 }, downloadResults: false });
		await n8n.activate(LISTENER);
		await until('the trigger to register', async () => {
			const headers = { authorization: `Bearer ${api.token}` };
			const answer = await fetch(`${api.url}/v2/account`, { headers });
			return ((await answer.json()) as { replyUrl?: string }).replyUrl;
		});
	});

	afterAll(async () => {
		await n8n?.stop();
		await api?.close();
	});

	/** Submits a job for each fault, as another program does. */
	const submit = async (faults: Array<CallbackFault | undefined>) => {
		for (const callback of faults) {
			const form = new FormData();
			form.set('prompt', 'a knight');
			form.set('channel', api.channels[api.jobs.length] ?? '');
			api.script({ match: { verb: 'headshot' }, callback });
			const headers = { authorization: `Bearer ${api.token}` };
			const url = `${api.url}/v1/faceswap/headshot`;
			const answer = await fetch(url, { method: 'POST', headers, body: form });
			await answer.text();
		}
	};

	const endJobs = async () =>
		await until('the jobs to end', async () => {
			api.skipTime();
			return api.jobs.every(({ status }) => status === 'completed');
		});

	const storedByN8n = async () =>
		await until('n8n to store the running jobs', async () => {
			const stored = JSON.stringify(await n8n.client.exportWorkflow(LISTENER));
			const running = api.jobs.filter(({ status }) => status !== 'completed');
			return running.every(({ jobid }) => stored.includes(jobid));
		});

	/** Reads what the executions have put out since the last time. @returns the IDs of all reported jobs */
	const reports = async () => {
		const ended = (await n8n.executions(LISTENER)).filter(({ status }) => status === 'success');
		for (const { id } of ended.filter((one) => !reported.has(one.id))) {
			reported.set(
				id,
				(await n8n.output(id)).map(({ json }) => json.jobId),
			);
		}
		return [...reported.values()].flat();
	};

	const allReported = async () =>
		await until('all jobs to be reported', async () => (await reports()).length >= api.jobs.length);

	const killWhileJobsEnd = async () => {
		await storedByN8n();
		await n8n.kill();
		await endJobs();
		await n8n.restart();
	};

	test('each is reported once', async () => {
		const faults = shuffledFaults();
		await submit(faults.splice(0, 30));
		await killWhileJobsEnd();
		await allReported();
		await submit(faults.splice(0, 30));
		await storedByN8n();
		await endJobs();
		await allReported();
		await submit(faults);
		await killWhileJobsEnd();
		await allReported();
		await n8n.restart();
		const ids = api.jobs.map(({ jobid }) => jobid).sort();
		expect(ids).toHaveLength(JOBS);
		expect((await reports()).sort()).toEqual(ids);
	});
});
