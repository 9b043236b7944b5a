import { randomUUID } from 'node:crypto';

import type { ICredentialDataDecryptedObject, IDataObject, INodeParameters } from 'n8n-workflow';

import { startSimulator, type JournalEntry, type Settings, type Simulator } from '../../simulator';
import { Deduplicator } from './deduplicator';
import {
	removeStore,
	resumeNode,
	runNode,
	search,
	type NodeResult,
	type NodeRun,
	type Resumed,
	type TestItem,
} from './engine';
import { pictures } from './pictures';
import { shortenDelays } from './shortDelays';

export const DISCORD_TOKEN =
	'MTIzNDU2Nzg5MDEyMzQ1Njc4OTAx.GabcDE.abcdefghijklmnopqrstuvwxyz0123456789AB';

/** The node and the simulator, for a test file. */
export interface Scenario {
	readonly simulator: Simulator;
	readonly deduplicator: Deduplicator;
	/** Runs the node; the resource and operation are given as `resource/operation`. */
	run(
		operation: string,
		parameters?: INodeParameters,
		options?: Partial<NodeRun>,
	): Promise<NodeResult>;
	search: (
		method: Parameters<typeof search>[0],
		parameters: INodeParameters,
		filter?: string,
	) => ReturnType<typeof search>;
	/** Calls the resume URL of an execution that `run` has suspended. */
	resume(
		operation: string,
		parameters: INodeParameters,
		suspended: NodeResult,
		call: { query: IDataObject; body: unknown },
		options?: Partial<NodeRun>,
	): Promise<Resumed>;
	/** The requests to a path, as the simulator saw them. */
	requests(path: string): JournalEntry[];
	/** An item with a picture in each of the fields that operations read by default. */
	item(): Promise<TestItem>;
}

/**
 * Starts a simulator before the tests of a file, empties it before each, and ends it after them. The
 * delays of the node are shortened (see shortenDelays).
 */
export function scenario(settings: Partial<Settings> = {}): Scenario {
	const state = {} as {
		simulator: Simulator;
		deduplicator: Deduplicator;
		token: string;
		workflowId: string;
	};
	beforeAll(async () => {
		state.simulator = await startSimulator({
			channels: 1,
			blockingMs: 5,
			submitMs: 5,
			asyncMs: 30,
			drawResults: false,
			...settings,
		});
		state.token = state.simulator.token;
		state.deduplicator = await Deduplicator.install();
	});
	beforeEach(() => {
		// What the node keeps for its workflow in this process is for one test.
		state.workflowId = randomUUID();
		state.simulator.reset();
		state.deduplicator.clear();
		shortenDelays();
	});
	afterEach(() => jest.restoreAllMocks());
	afterAll(async () => {
		await state.simulator.close();
		removeStore();
	});
	const credentials = (): Record<string, ICredentialDataDecryptedObject> => ({
		useApiNetApi: { apiToken: state.token, baseUrl: state.simulator.url },
		useApiNetDiscordApi: { discordToken: DISCORD_TOKEN },
	});
	const parametersOf = (operation: string, parameters: INodeParameters) => {
		const [resource = '', name = ''] = operation.split('/');
		return { resource, operation: name, ...parameters };
	};
	return {
		get simulator() {
			return state.simulator;
		},
		get deduplicator() {
			return state.deduplicator;
		},
		run: async (operation, parameters = {}, options = {}) =>
			await runNode({
				parameters: parametersOf(operation, parameters),
				credentials: credentials(),
				items: options.items ?? [await pictureItem()],
				workflowId: state.workflowId,
				...options,
			}),
		resume: async (operation, parameters, { run }, call, options = {}) =>
			await resumeNode(
				{
					parameters: parametersOf(operation, parameters),
					credentials: credentials(),
					...options,
				},
				run,
				call,
			),
		search: async (method, parameters, filter) =>
			await search(method, { parameters, credentials: credentials() }, filter),
		requests: (path) => state.simulator.journal.filter((entry) => entry.path.startsWith(path)),
		item: pictureItem,
	};
}

async function pictureItem(): Promise<TestItem> {
	return {
		binary: {
			data: { content: await pictures.source(), fileName: 'me.png', mimeType: 'image/png' },
			target: { content: await pictures.target(), fileName: 'scene.jpg', mimeType: 'image/jpeg' },
		},
	};
}

/** A resource locator as the editor stores it. */
export const locator = (value: string, mode = 'id') => ({ __rl: true, mode, value });
