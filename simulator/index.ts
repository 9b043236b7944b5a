import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { SentCallback } from './callbacks';
import type { JobView } from './jobs';
import type { JournalEntry } from './journal';
import type { ScriptRule } from './script';
import { createServer } from './server';
import { DEFAULT_SETTINGS, type Settings } from './settings';
import { Simulation } from './simulation';

export type { AccountView } from './accounts';
export type { AttachmentView } from './attachments';
export type { SentCallback } from './callbacks';
export type { JobStatus, JobView } from './jobs';
export type { JournalEntry, JournalPart } from './journal';
export type { OwnerView } from './owner';
export type {
	CallbackFault,
	LostAnswer,
	Drip,
	ScriptMatch,
	ScriptRule,
	ScriptedResponse,
} from './script';
export type { BlockingTime, ChannelSettings, CreditSettings, Settings } from './settings';
export type { JobsShape, UndocumentedSettings } from './undocumented';
export type { VerbName } from './verbs';

const HOST = '127.0.0.1';

/** A running simulator. */
export interface Simulator {
	/** Its address without a slash at the end, e.g. `http://127.0.0.1:4010`. */
	readonly url: string;
	/** The API token it accepts. */
	readonly token: string;
	/** Ids of the channels configured now. */
	readonly channels: string[];
	/** Changes apply from the next request on. */
	readonly settings: Settings;
	/** Every request to the API and to attachments, in order of arrival. */
	readonly journal: readonly JournalEntry[];
	/** Every attempted callback, oldest first. */
	readonly callbacks: readonly SentCallback[];
	/** Every job as the API would return it now, oldest first. */
	readonly jobs: JobView[];
	/** The maximum number of concurrent calls for a channel, refused ones included. */
	readonly maxConcurrentPerChannel: Readonly<Record<string, number>>;
	/**
	 * Adds a rule for coming requests to the end of the queue.
	 * @throws Error for a rule that cannot work
	 */
	script(rule: ScriptRule): void;
	/** Ends the waits of jobs and answers now, as if their time had passed. */
	skipTime(): void;
	/** Refuses connections, and breaks open ones, until `comeUp`. */
	goDown(): Promise<void>;
	/** Listens again, on the same port. */
	comeUp(): Promise<void>;
	/** Resets jobs, journal, script, accounts and settings. Open calls get 503. */
	reset(): void;
	/** Ends at once and aborts all calls in progress. */
	close(): Promise<void>;
}

/**
 * Starts the API on 127.0.0.1.
 * @param settings settings other than the defaults
 * @throws Error with code `EADDRINUSE` when the port is taken
 */
export async function startSimulator(settings: Partial<Settings> = {}): Promise<Simulator> {
	const initial: Settings = { ...DEFAULT_SETTINGS, ...settings };
	const simulation = new Simulation({ ...initial });
	const app = await createServer(simulation);
	simulation.origin = await app.listen({ port: initial.port, host: HOST });
	return simulator(simulation, app, initial);
}

function simulator(simulation: Simulation, app: FastifyInstance, initial: Settings): Simulator {
	const { accounts, callbacks, clock, journal, jobs, scripts, settings } = simulation;
	const { port } = app.server.address() as AddressInfo;
	return {
		url: simulation.origin,
		settings,
		journal: journal.entries,
		callbacks: callbacks.sent,
		maxConcurrentPerChannel: journal.maxConcurrentPerChannel,
		get token() {
			return settings.token;
		},
		get channels() {
			return accounts.channels;
		},
		get jobs() {
			return jobs.all().map((job) => simulation.view(job));
		},
		script: (rule) => scripts.add(rule),
		skipTime: () => clock.skip(),
		goDown: async () => await goDown(app),
		comeUp: async () => await comeUp(app, port),
		reset() {
			Object.assign(settings, initial);
			simulation.startAfresh();
		},
		async close() {
			clock.stop();
			callbacks.stop();
			await app.close();
		},
	};
}

async function goDown({ server }: FastifyInstance): Promise<void> {
	const closed = new Promise<void>((resolve) => server.close(() => resolve()));
	server.closeAllConnections();
	await closed;
}

async function comeUp({ server }: FastifyInstance, port: number): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen({ port, host: HOST }, () => {
			server.off('error', reject);
			resolve();
		});
	});
}
