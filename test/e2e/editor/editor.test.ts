/** What a user does in the editor, in a real n8n, with a real browser. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NodeHelpers, type INode, type INodeTypeDescription } from 'n8n-workflow';
import type { Browser, Locator } from 'playwright-core';
import type { Workflow } from '../../../tooling/n8n/client';
import { projectFolder } from '../../../tooling/n8n/folders';
import { n8n2, versions } from '../../../tooling/n8n/versions';
import { openBrowser } from './support/browser';
import { Editor } from './support/editor';
import {
	deleteOtherCredentials,
	endJobs,
	saveOthersCredentials,
	setReplyUrl,
	startEditor,
	submitLongJob,
	type Instance,
} from './support/instance';
import { demoWorkflow, inARow, n8nNode, ourNode } from './support/workflows';

const examplesFolder = join(projectFolder, 'examples');
/** One with all kinds of connections and the credential of another service, and the largest one. */
const imported = ['10-agent-chat.json', '9-batch-that-survives.json'];

const setUpLimitMs = 20 * 60_000;
const testLimitMs = 10 * 60_000;
const lookLimitMs = 90_000;

jest.setTimeout(testLimitMs);

describe.each(versions)('the editor of $title', (version) => {
	let instance: Instance;
	let browser: Browser;
	/** One window, whose tabs share what the browser keeps: the editor is tens of megabytes of scripts. */
	let window: Editor;
	/** A tab for each test. */
	let editor: Editor;

	beforeAll(async () => {
		instance = await startEditor('editor', version);
		browser = await openBrowser();
		window = await Editor.open(browser, instance);
	}, setUpLimitMs);

	beforeEach(async () => {
		instance.simulator.reset();
		editor = await window.openTab();
	});

	afterEach(async () => {
		const { currentTestName = 'test' } = expect.getState();
		await editor.keepPicture(currentTestName);
		await window.closeOtherTabs();
	});

	afterAll(async () => {
		await browser?.close();
		await instance?.stop();
	});

	const manualTrigger = () => n8nNode('n8n-nodes-base.manualTrigger', 1, 'Start');

	test('finds both nodes by "face swap" and says what both do, and adds the action that was clicked', async () => {
		await editor.newWorkflow();
		await editor.searchNodes('face swap');
		await editor.foundNodes.filter({ hasText: 'InsightFaceSwap' }).first().click();
		const list = editor.page.locator('[data-test-id="node-creator"]');
		await list.getByText('On job ended', { exact: true }).waitFor();
		await list
			.getByText(/^Swap faces and edit portraits with .*job has ended$/)
			.first()
			.waitFor();
		await list.getByText(/^Actions \(\d+\)/).click();
		await list.getByText('Swap faces of two pictures', { exact: true }).click();
		await editor.panel.waitFor();
		expect(await editor.labels()).toEqual([
			'Resource',
			'Operation',
			'Face',
			'Picture',
			'Channel',
			'Wait for Result',
			'Simplify',
			'Download Results',
			'Picsi Options',
			'Additional Fields',
		]);
	});

	test('shows a beginner the face, the picture and the channel without scrolling', async () => {
		await editor.page.setViewportSize({ width: 1366, height: 768 });
		const swap = ourNode(instance, 'Swap', { resource: 'picsi', operation: 'swap' });
		await editor.openWorkflow(inARow('beginner', manualTrigger(), swap));
		await editor.openNode('Swap');
		const fields = ['sourceImage', 'targetImage', 'channel'];
		expect(await editor.locatorsInSight(fields)).toEqual(fields);
	});

	test('shows the fields of the trigger, and what each way of noticing jobs needs', async () => {
		const trigger = ourNode(instance, 'Job Ended', {}, 'insightFaceSwapTrigger');
		await editor.openWorkflow(inARow('ways', trigger));
		await editor.openNode('Job Ended');
		const ways = {
			'Account Default (at Once, All Jobs)': 'A useapi.net account has one reply URL',
			'Manual (at Once, Chosen Jobs)': 'Copy the production URL above into',
			'Polling (Works Everywhere)': 'n8n lists the running jobs, and starts the workflow',
		};
		for (const [way, notice] of Object.entries(ways)) {
			if (notice !== ways['Account Default (at Once, All Jobs)']) {
				await editor.choose('registration', way);
			}
			await expectShown(editor.panel.getByText(notice).first());
			expect(await editor.labels()).toEqual([
				'How Jobs Are Noticed',
				'Operations',
				'Statuses',
				'Simplify',
				'Download Results',
				'Options',
			]);
			for (const other of Object.values(ways).filter((text) => text !== notice)) {
				expect(await editor.panel.getByText(other).count()).toBe(0);
			}
		}
	});

	test('says whether a token is right', async () => {
		const { token, url } = instance.simulator;
		await editor.openWorkflow(inARow('credential', ourNode(instance, 'Swap', {})));
		await editor.openNode('Swap');
		const dialog = await editor.newCredential();
		await dialog.field('apiToken').fill('user:1-wrong');
		await dialog.field('baseUrl').fill(url);
		await dialog.save();
		// n8n 1 has words of its own.
		expect(await dialog.failure()).toMatch(
			/useapi\.net does not know this token|Authorization failed/,
		);
		await dialog.field('apiToken').fill(token);
		await dialog.save();
		await dialog.success();
	});

	test('offers the channels, and the faces saved in the chosen one', async () => {
		const [first = '', second = ''] = instance.simulator.channels;
		await save(instance, second, 'anna');
		const swap = ourNode(instance, 'Swap', { resource: 'picsi', operation: 'swapIdentity' });
		await editor.openWorkflow(inARow('lists', swap));
		await editor.openNode('Swap');
		await editor.openList('idName');
		await editor.page.getByText('Choose a channel first').waitFor();
		await editor.closeList();
		const channels = await editor.openList('channel');
		await channels.first().waitFor();
		expect(await channels.allInnerTexts()).toContain(first);
		await channels.filter({ hasText: second }).click();
		await editor.pickFromList('idName', 'anna');
		await editor.waitForChoice('idName', 'anna');
	});

	test('previews the picture that a job gave', async () => {
		await editor.openWorkflow(demoWorkflow('1-swap-a-face.json', instance));
		await editor.openNode('Swap Face');
		await editor.execute();
		const picture = await editor.viewBinary();
		await expectShown(picture, lookLimitMs);
		await picture.evaluate(async (image: unknown) => await (image as Decodable).decode());
	});

	test('says which picture is missing, and what to do', async () => {
		const swap = ourNode(instance, 'Swap', { resource: 'picsi', operation: 'swap' });
		await editor.openWorkflow(inARow('missing', manualTrigger(), swap));
		await editor.openNode('Swap');
		await editor.execute();
		const { output } = editor;
		await expectShown(output.getByText('Face (item 0): there is no binary field').first());
		await expectShown(output.getByText('Add a node before this one').first());
	});

	test('starts an active workflow when a job has ended', async () => {
		const trigger = ourNode(instance, 'Job Ended', {}, 'insightFaceSwapTrigger');
		await editor.openWorkflow(inARow('trigger', trigger));
		await editor.activate();
		await save(instance, instance.simulator.channels[0] ?? '', 'anna');
		await editor.showExecutions();
		await expectShown(editor.executions.filter({ hasText: 'Succeeded' }).first());
	});

	test('gives the next job that ends to a test run of the trigger with Polling', async () => {
		const parameters = { registration: 'polling', downloadResults: false };
		const trigger = ourNode(instance, 'Job Ended', parameters, 'insightFaceSwapTrigger');
		await editor.openWorkflow(inARow('polling', trigger));
		await editor.openNode('Job Ended');
		const job = await submitLongJob(instance);
		await editor.execute();
		await endJobs(instance);
		await expectShown(editor.output.getByText(job).first());
	});

	test('says why a trigger cannot be activated, and what to do', async () => {
		const { client, simulator } = instance;
		const type = 'useApiNetApi';
		const triggerWith = async (name: string, data: Record<string, string>) => {
			const id = await client.saveCredential({ name, type, data });
			const trigger = ourNode(instance, 'Job Ended', {}, 'insightFaceSwapTrigger');
			return { ...trigger, credentials: { [type]: { id, name } } };
		};
		const { token: apiToken, url: baseUrl } = simulator;
		await setReplyUrl(instance, 'https://hooks.example.org/runway');
		// An error of the node, and one of a call; triggerRegistration.test.ts holds the words of each.
		const cases = [
			{
				trigger: await triggerWith('taken', { apiToken, baseUrl }),
				said: [
					'hooks.example.org is already the reply URL',
					'turn on "Replace an Existing Reply URL"',
				],
			},
			{
				trigger: await triggerWith('wrong token', { apiToken: 'user:1-wrong', baseUrl }),
				said: ['did not accept the API token', 'paste the whole token'],
			},
		];
		const tabs: Editor[] = [];
		for (const { trigger } of cases) {
			const tab = await editor.openTab();
			tabs.push(tab);
			await tab.openWorkflow(inARow('cannot be activated', trigger));
			// n8n 2 tries for a quarter of a minute before it gives up.
			await tab.beginActivation();
		}
		const texts: string[] = [];
		for (const tab of tabs) {
			texts.push(await tab.activationFailure.innerText({ timeout: lookLimitMs }));
		}
		expect(texts).toEqual(
			cases.map(({ said }) => expect.stringMatching(new RegExp(said.join('.*'), 's'))),
		);
	});

	test('knows every node of the examples, whose parameters and kinds of credentials are right', async () => {
		const types = (await instance.client.nodeDescriptions()) as INodeTypeDescription[];
		const all = await examples();
		expect(all).toHaveLength(14);
		for (const { name, nodes } of all) {
			for (const node of nodes) {
				const type = types.find(
					({ name, version }) => name === node.type && [version].flat().includes(node.typeVersion),
				);
				const place = { workflow: name, node: node.name };
				expect({
					...place,
					issues: type ? issuesOf(node as INode, type) : 'unknown type',
					missing: type ? missingCredentials(node as INode, type) : [],
				}).toEqual({ ...place, issues: null, missing: [] });
			}
		}
	});

	// n8n 1 shows no message when it has imported a file, for which `importFile` waits.
	if (version === n8n2) {
		test('imports examples without a warning, once the credentials are there', async () => {
			await deleteOtherCredentials(instance);
			await saveOthersCredentials(instance);
			for (const file of imported) {
				await editor.importFile(join(examplesFolder, file));
				expect([file, await editor.nodesWithIssues()]).toEqual([file, []]);
			}
		});
	}

	test('is a tool for AI agents', async () => {
		const agent = n8nNode('@n8n/n8n-nodes-langchain.agent', 2, 'AI Agent');
		await editor.openWorkflow(inARow('agent', manualTrigger(), agent));
		await editor.addTool('AI Agent');
		// n8n 1 leaves the aliases of tools out of its search.
		await editor.search.fill('InsightFaceSwap');
		await editor.foundNodes.filter({ hasText: 'InsightFaceSwap' }).first().click();
		await editor.panel.waitFor();
		expect(await editor.labels()).toEqual(
			expect.arrayContaining(['Tool Description', 'Operation']),
		);
	});
});

/** Waits until it is on the page, and fails where it does not come. */
const expectShown = async (what: Locator, timeout?: number) => await what.waitFor({ timeout });

/** An image of the page; `decode` fails for what the browser cannot show. */
interface Decodable {
	decode(): Promise<void>;
}

/** A face in the simulated account. */
async function save({ simulator }: Instance, channel: string, idName: string): Promise<void> {
	const form = new FormData();
	form.set('channel', channel);
	form.set('idname', idName);
	form.set('image', new Blob([onePixel], { type: 'image/png' }), 'face.png');
	const answer = await fetch(`${simulator.url}/v1/faceswap/saveid`, {
		method: 'POST',
		headers: { authorization: `Bearer ${simulator.token}` },
		body: form,
	});
	if (!answer.ok) throw new Error(await answer.text());
}

const onePixel = Buffer.from(
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
	'base64',
);

/** The node as the editor has it: with what is left out. */
function filledIn(node: INode, type: INodeTypeDescription): INode {
	const { properties } = type;
	const parameters = NodeHelpers.getNodeParameters(
		properties,
		node.parameters,
		true,
		false,
		node,
		type,
	);
	return { ...node, parameters: parameters ?? {} };
}

/** What the editor finds amiss in a node, once it has filled in what is left out; credentials apart. */
function issuesOf(node: INode, type: INodeTypeDescription) {
	return NodeHelpers.getNodeParametersIssues(type.properties, filledIn(node, type), type);
}

/** The credentials that the node must have as it is set, and for which the example names none. */
function missingCredentials(node: INode, type: INodeTypeDescription): string[] {
	const { parameters } = filledIn(node, type);
	return (type.credentials ?? [])
		.filter(({ required }) => required)
		.filter((credential) => NodeHelpers.displayParameter(parameters, credential, node, type))
		.map(({ name }) => name)
		.filter((name) => !node.credentials?.[name]);
}

/** The example workflows, as they are in their folder. */
async function examples(): Promise<Workflow[]> {
	const names = (await readdir(examplesFolder)).filter((name) => name.endsWith('.json'));
	const texts = names.map(async (name) => await readFile(join(examplesFolder, name), 'utf8'));
	return (await Promise.all(texts)).map((text) => JSON.parse(text) as Workflow);
}
