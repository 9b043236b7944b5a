/** Who gets the reply URL of an account, in both versions of n8n. */
import { startSimulator, type Simulator } from '../../simulator';
import { until } from '../../tooling/n8n/until';
import { n8n1, versions } from '../../tooling/n8n/versions';
import { TriggerN8n } from './support/triggerN8n';

describe.each(versions)('The reply URL in $title', (version) => {
	let api: Simulator;
	let n8n: TriggerN8n;

	beforeAll(async () => {
		api = await startSimulator({ channels: 1, drawResults: false });
		n8n = await TriggerN8n.start('registration', version);
		await n8n.saveCredential(api.token, api.url);
	});

	beforeEach(() => {
		api.reset();
	});

	afterAll(async () => {
		await n8n?.stop();
		await api?.close();
	});

	const account = async (body?: object): Promise<{ replyUrl?: string }> => {
		const answer = await fetch(`${api.url}/v2/account`, {
			method: body ? 'POST' : 'GET',
			headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
			body: body && JSON.stringify(body),
		});
		return (await answer.json()) as { replyUrl?: string };
	};

	const replyUrl = async () => (await account()).replyUrl;

	/** Publishes a workflow. @returns why n8n could not; nothing where it could */
	const failureOf = async (id: string): Promise<string | undefined> => {
		try {
			await n8n.activate(id);
		} catch (error) {
			return (error as Error).message;
		}
		if (version === n8n1) return undefined;
		const publication = await n8n.publicationOf(id);
		return publication.status === 'published' ? undefined : JSON.stringify(publication);
	};

	const free = async () => await until('the reply URL to be free', async () => !(await replyUrl()));

	/** Activates two workflows at the same moment, while the API takes a while. @returns why they could not be */
	const atOnce = async (ids: string[], parameters = {}) => {
		for (const id of ids) await n8n.saveListener(id, parameters);
		api.script({ match: { path: '/v2/account' }, delayMs: 400, times: 20 });
		return await Promise.all(ids.map(async (id) => await failureOf(id)));
	};

	test('belongs to one of two workflows that are activated at the same moment', async () => {
		const ids = ['first', 'second'];
		const failures = await atOnce(ids);
		expect(failures.filter((failure) => failure !== undefined)).toEqual([
			expect.stringContaining('Another InsightFaceSwap Trigger of this n8n (workflow'),
		]);
		const active = ids[failures.indexOf(undefined)] ?? '';
		expect(await replyUrl()).toContain(`/${active}-0/`);
		await n8n.deactivate(active);
		await free();
	});

	test('is as before after two workflows with Replace Existing were activated at the same moment', async () => {
		const before = 'https://hooks.example.org/runway';
		await account({ replyUrl: before });
		const ids = ['replacing', 'replaced'];
		const failures = await atOnce(ids, { options: { replaceExisting: true } });
		const active = ids.filter((_, index) => failures[index] === undefined);
		const url = await replyUrl();
		expect(active.filter((id) => url?.includes(`/${id}-0/`))).toHaveLength(1);
		for (const id of active) await n8n.deactivate(id);
		await until('the former reply URL', async () => (await replyUrl()) === before);
	});

	test('stays with a workflow of which a copy with the same webhook is refused', async () => {
		await n8n.saveListener('original');
		await n8n.activate('original');
		const before = await until('the reply URL', replyUrl);
		const { nodes, connections, settings } = await n8n.client.exportWorkflow('original');
		await n8n.client.saveWorkflow({ id: 'copy', name: 'copy', nodes, connections, settings });
		expect(await failureOf('copy')).toMatch(/already taken|conflict/i);
		expect(await replyUrl()).toBe(before);
		await n8n.deactivate('original');
		await free();
	});

	test('that somebody else has is told at once, with what to do', async () => {
		await account({ replyUrl: 'https://hooks.example.org/runway' });
		await n8n.saveListener('refused');
		const began = Date.now();
		const failure = await failureOf('refused');
		// n8n 2 repeats an activation for 15 seconds where it takes the error for a passing one.
		expect(Date.now() - began).toBeLessThan(15_000);
		expect(failure).toContain('hooks.example.org is already the reply URL');
		expect(failure).toContain('Polling');
	});
});
