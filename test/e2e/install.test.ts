/** The package as users get it: n8n installs, upgrades and uninstalls it from a registry. */
import type { Simulator } from '../../simulator';
import { newDiscordToken, startApi } from './support/api';
import { itemsOf } from '../../tooling/n8n/client';
import type { N8nInstance } from '../../tooling/n8n/instance';
import { currentTarball, packageName } from '../../tooling/n8n/package';
import { startInstance } from './support/instance';
import { currentVersion, nodeTypes, olderTarball } from './support/package';
import { saveModel, startChatModel, type ChatModel } from './support/chatModel';
import { startRegistry, type Registry } from './support/registry';
import { n8n2, versions } from '../../tooling/n8n/versions';
import { action, agentWith, chain, manualStart, type Credentials } from './support/workflows';

const OLDER = '0.0.9';
const LIMIT_MS = 120_000;
const discordType = 'useApiNetDiscordApi';

describe.each(versions)('Community nodes in $title', (version) => {
	let api: Simulator;
	let registry: Registry;
	let model: ChatModel;
	let instance: N8nInstance;

	const run = async () => await instance.client.rerun('mine');

	const save = async (name: string, data: Record<string, string>): Promise<Credentials> => {
		const id = await instance.client.saveCredential({ name, type: name, data });
		return { [name]: { id, name } };
	};

	const apiCredential = async () =>
		await save('useApiNetApi', { apiToken: api.token, baseUrl: api.url });

	const discordCredential = async () =>
		await save(discordType, { discordToken: newDiscordToken() });

	/** Adds an account, for which the node needs the Discord credential. */
	const addAccount = async (channel: string) => {
		const locator = { __rl: true, mode: 'id', value: channel };
		const credentials = { ...(await apiCredential()), ...(await discordCredential()) };
		return action('account/upsert', credentials, { channel: locator, serverId: channel });
	};

	beforeAll(async () => {
		model = await startChatModel();
		[api, registry] = await Promise.all([startApi({ channels: 2 }), startRegistry()]);
		await registry.publish(await olderTarball(OLDER));
		const { env, npmrc } = registry;
		instance = await startInstance({
			name: 'install',
			version,
			env,
			npmrc,
			withPackage: false,
			withEditor: true,
		});
	});

	afterAll(async () => {
		await instance?.stop();
		await registry?.stop();
		await model?.close();
		await api?.close();
	});

	it('installs the package, and a workflow runs at once', async () => {
		const { client } = instance;
		const installed = await client.installPackage(packageName);
		expect(installed).toMatchObject({ packageName, installedVersion: OLDER });
		expect(await client.nodeTypes(packageName)).toContain(nodeTypes.action);
		expect(await client.nodeTypes(packageName)).not.toContain(nodeTypes.trigger);

		const list = action('account/getAll', await apiCredential());
		await client.saveWorkflow(chain('mine', manualStart, list));
		expect(await run()).toHaveLength(api.channels.length);
	});

	it('sees the next version, upgrades to it, and the workflow runs on', async () => {
		const { client } = instance;
		const installedVersion = await currentVersion();
		const before = await client.exportWorkflow('mine');
		await registry.publish(await currentTarball());
		expect(await client.packages()).toMatchObject([{ updateAvailable: installedVersion }]);

		expect(await client.upgradePackage(packageName, installedVersion)).toMatchObject({
			installedVersion,
		});
		expect(await client.nodeTypes(packageName)).toContain(nodeTypes.trigger);
		expect(await client.exportWorkflow('mine')).toEqual(before);
		expect(await run()).toHaveLength(api.channels.length);
	});

	it(`${version === n8n2 ? 'keeps' : 'does not keep'} the Discord credential from an HTTP Request node`, async () => {
		const request = {
			name: 'HTTP Request',
			type: 'n8n-nodes-base.httpRequest',
			typeVersion: 4.2,
			parameters: {
				url: api.url,
				authentication: 'predefinedCredentialType',
				nodeCredentialType: discordType,
			},
			credentials: await discordCredential(),
		};
		const saved = instance.client.saveWorkflow(chain('http-request', manualStart, request));
		const outcome = await saved.then(
			() => 'saved',
			(error: Error) => error.message,
		);
		const refusal = /HTTP Request.* cannot use credential type .*restricted to: n8n-nodes-insight/;
		expect(outcome).toMatch(version === n8n2 ? refusal : /^saved$/);
	});

	it('gives the Discord credential to the node', async () => {
		const add = await addAccount('112227748182240098');
		const [item] = await instance.client.runToItems(chain('node', manualStart, add));
		expect(item?.json).toMatchObject({ saved: true });
	});

	it('gives the Discord credential to the node where an AI agent uses it as a tool', async () => {
		const { client } = instance;
		const tool = await addAccount('112227748182240099');
		await client.saveWorkflow(agentWith('agent', tool, await saveModel(client, model)));
		const id = await client.startWorkflow('agent', manualStart.name);
		const execution = await client.executionEnd(id, LIMIT_MS);
		expect(itemsOf(execution, 'AI Agent')).toHaveLength(1);
		expect(model.toolAnswers.at(-1)).toContain('"saved":true');
	});

	it('uninstalls it, and leaves the workflow as it is', async () => {
		const { client } = instance;
		const before = await client.exportWorkflow('mine');
		await client.uninstallPackage(packageName);
		expect(await client.packages()).toEqual([]);
		expect(await client.nodeTypes(packageName)).toEqual([]);
		expect(await client.exportWorkflow('mine')).toEqual(before);
		await expect(run()).rejects.toThrow(/Unrecognized node type|not installed|not known/i);
	});
});
