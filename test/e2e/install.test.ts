/** The package as users get it: n8n installs, upgrades and uninstalls it from a registry. */
import type { Simulator } from '../../simulator';
import { startApi } from './support/api';
import type { N8nInstance } from '../../tooling/n8n/instance';
import { currentTarball, packageName } from '../../tooling/n8n/package';
import { startInstance } from './support/instance';
import { currentVersion, nodeTypes, olderTarball } from './support/package';
import { startRegistry, type Registry } from './support/registry';
import { versions } from '../../tooling/n8n/versions';
import { action, chain, manualStart } from './support/workflows';

const OLDER = '0.0.9';
const type = 'useApiNetApi';

describe.each(versions)('Community nodes in $title', (version) => {
	let api: Simulator;
	let registry: Registry;
	let instance: N8nInstance;

	const run = async () => await instance.client.rerun('mine');

	beforeAll(async () => {
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
		await api?.close();
	});

	it('installs the package, and a workflow runs at once', async () => {
		const { client } = instance;
		const installed = await client.installPackage(packageName);
		expect(installed).toMatchObject({ packageName, installedVersion: OLDER });
		expect(await client.nodeTypes(packageName)).toContain(nodeTypes.action);
		expect(await client.nodeTypes(packageName)).not.toContain(nodeTypes.trigger);

		const data = { apiToken: api.token, baseUrl: api.url };
		const id = await client.saveCredential({ name: type, type, data });
		const list = action('account/getAll', { [type]: { id, name: type } });
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
