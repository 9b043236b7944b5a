import { startSimulator, type JobView, type Settings, type Simulator } from '../../simulator';
import { Deduplicator } from './deduplicator';
import { removeStore } from './engine';
import { shortenDelays } from './shortDelays';
import { Stored, TestTrigger, type CallResult, type Call, type TriggerOptions } from './trigger';

type Verb = 'saveid' | 'picsi' | 'headshot';

/** The trigger and the simulator, for a test file. */
export interface TriggerScenario {
	readonly simulator: Simulator;
	readonly deduplicator: Deduplicator;
	/** A trigger with the simulator's token. */
	trigger(options?: Partial<TriggerOptions>, stored?: Stored): TestTrigger;
	/** The account's reply URL. */
	replyUrl(): Promise<string | undefined>;
	setReplyUrl(url: string): Promise<void>;
	/** How often the account was changed. */
	changes(): number;
	/** The path and query of each request to the API. */
	requests(): string[];
	/** Submits a job, and gives it as the API answers it. */
	submit(verb: Verb, fields?: Record<string, string>): Promise<JobView>;
	/** Submits a job and waits for its end. */
	job(verb?: Verb, fields?: Record<string, string>): Promise<JobView>;
}

/**
 * Starts a simulator before the tests of a file, empties it before each, and ends it after them. The
 * delays of the trigger are shortened (see shortenDelays).
 */
export function triggerScenario(settings: Partial<Settings> = {}): TriggerScenario {
	const state = {} as { simulator: Simulator; deduplicator: Deduplicator };
	beforeAll(async () => {
		const quick = { channels: 1, blockingMs: 5, submitMs: 5, asyncMs: 30, drawResults: false };
		state.simulator = await startSimulator({ ...quick, ...settings });
		state.deduplicator = await Deduplicator.install();
	});
	beforeEach(() => {
		state.simulator.reset();
		state.deduplicator.clear();
		shortenDelays();
	});
	afterEach(() => jest.restoreAllMocks());
	afterAll(async () => {
		await state.simulator.close();
		removeStore();
	});
	const account = async (body?: object) => {
		const { url, token } = state.simulator;
		const answer = await fetch(`${url}/v2/account`, {
			method: body ? 'POST' : 'GET',
			headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
			body: body && JSON.stringify(body),
		});
		return (await answer.json()) as { replyUrl?: string };
	};
	return {
		get simulator() {
			return state.simulator;
		},
		get deduplicator() {
			return state.deduplicator;
		},
		trigger(options = {}, stored = new Stored()) {
			const { token, url } = state.simulator;
			const credentials = { useApiNetApi: { apiToken: token, baseUrl: url } };
			return new TestTrigger({ credentials, ...options }, stored);
		},
		replyUrl: async () => (await account()).replyUrl,
		async setReplyUrl(replyUrl) {
			await account({ replyUrl });
		},
		changes: () =>
			state.simulator.journal.filter(
				({ method, path }) => method === 'POST' && path === '/v2/account',
			).length,
		requests: () => state.simulator.journal.map(({ path }) => path),
		submit: async (verb, fields) => await submitTo(state.simulator, verb, fields),
		job: async (verb = 'saveid', fields = {}) =>
			await ended(state.simulator, await submitTo(state.simulator, verb, fields)),
	};
}

const TEXTS: Record<Verb, Record<string, string>> = {
	saveid: { idname: 'me' },
	picsi: {},
	headshot: { prompt: 'a knight' },
};

const PICTURES: Record<Verb, string[]> = {
	saveid: ['image'],
	picsi: ['source_image', 'target_image_gif_or_video'],
	headshot: [],
};

const PIXEL = Buffer.from(
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
	'base64',
);

async function submitTo(
	{ url, token }: Simulator,
	verb: Verb,
	fields: Record<string, string> = {},
): Promise<JobView> {
	const form = new FormData();
	for (const [name, value] of Object.entries({ ...TEXTS[verb], ...fields })) form.set(name, value);
	for (const name of PICTURES[verb]) {
		form.set(name, new Blob([PIXEL], { type: 'image/png' }), `${name}.png`);
	}
	const headers = { authorization: `Bearer ${token}` };
	const answer = await fetch(`${url}/v1/faceswap/${verb}`, { method: 'POST', headers, body: form });
	return (await answer.json()) as JobView;
}

async function ended(simulator: Simulator, { jobid }: JobView): Promise<JobView> {
	for (;;) {
		const job = simulator.jobs.find((one) => one.jobid === jobid);
		if (!job) throw new Error(`There is no job ${jobid}`);
		if (!['created', 'started', 'progress'].includes(String(job.status))) return job;
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}

export { Stored, type Call, type CallResult, type TestTrigger };
