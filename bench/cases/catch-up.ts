/** What one check of Catch Up costs the process that makes it, however many jobs the trigger remembers. */
import { request } from 'undici';
import type { IHttpRequestOptions } from 'n8n-workflow';
import {
	createClient,
	outsideExecution,
	type ApiClient,
} from '../../nodes/InsightFaceSwap/api/client';
import { accountJobs } from '../../nodes/InsightFaceSwap/jobs/accountJobs';
import { RICH, type Bench } from '../context';
import { Ledger, type CaseResult } from '../stats';

const CPU = 'processor time of a check';
const CALLS = 'API calls of a check';
const KEY = 'bench';
const HOUR_MS = 3_600_000;

type Api = Bench['api'];

export async function catchUp({ simulator, api, quick }: Bench): Promise<CaseResult[]> {
	const ledger = new Ledger();
	const counts = quick ? [10, 100] : [10, 100, 1000];
	for (const count of counts) {
		for (const isRunning of [true, false]) {
			const asyncMs = isRunning ? HOUR_MS : 0;
			const setting = { channels: count, submitMs: 0, asyncMs, credits: RICH, drawResults: false };
			const { channels } = await simulator.configure(setting);
			const ids = await Promise.all(channels.map(async (channel) => await submit(api, channel)));
			const name = `${count.toLocaleString('en')} jobs ${isRunning ? 'run' : 'have ended'}`;
			// The first round warms up.
			for (let round = 0; round <= (quick ? 3 : 10); round++) {
				const { cpuMs, calls } = await check(api, ids, isRunning);
				if (round === 0) continue;
				ledger.add(name, CPU, 'ms', cpuMs);
				ledger.add(name, CALLS, '', calls);
			}
		}
	}
	return [
		{
			id: 'catch-up',
			title: 'Catch Up',
			work: 'One check for a trigger that waits for so many jobs: the running jobs are listed, and those are read that are not in the list, four at a time. Measured in a process of its own, with undici in the place of n8n’s HTTP helper.',
			targets: [],
			figures: ledger.figures,
			plots: [CPU, CALLS],
		},
	];
}

/** Submits a headshot. @returns the job's ID */
async function submit({ url, token }: Api, channel: string): Promise<string> {
	const { body } = await request(`${url}/v1/faceswap/headshot`, {
		method: 'POST',
		headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
		body: JSON.stringify({ prompt: 'a face', channel }),
	});
	return ((await body.json()) as { jobid: string }).jobid;
}

/** One check for a trigger that waits for these jobs. */
async function check(
	api: Api,
	ids: string[],
	isRunning: boolean,
): Promise<{ cpuMs: number; calls: number }> {
	let calls = 0;
	const known = await clientFor(api);
	const client: ApiClient = async (call) => {
		calls++;
		return await known(call);
	};
	const jobs = accountJobs(KEY);
	const ends: Array<() => void> = [];
	const told = ids.map(
		async (jobid) =>
			await new Promise<void>((resolve) => {
				ends.push(jobs.watch({ jobid, everyMs: HOUR_MS, client, onNews: () => resolve() }));
			}),
	);
	const before = process.cpuUsage();
	await jobs.running(client);
	if (!isRunning) await Promise.all(told);
	const { user, system } = process.cpuUsage(before);
	for (const end of ends) end();
	return { cpuMs: (user + system) / 1000, calls };
}

/** The nodes' own client, without n8n around it. */
async function clientFor({ url, token }: Api): Promise<ApiClient> {
	const helpers = {
		httpRequest: async ({ baseURL, url: path, qs, headers }: IHttpRequestOptions) => {
			const query = new URLSearchParams(qs as Record<string, string>);
			return await request(`${baseURL}${path}?${query}`, {
				headers: headers as Record<string, string>,
			});
		},
	};
	const credential = { apiToken: token, baseUrl: url };
	return outsideExecution(await createClient({ helpers } as never, credential));
}
