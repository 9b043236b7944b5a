/** The output schemas, which the editor shows before the first run, against what the nodes really put out. */
import { join } from 'node:path';

import { resolveOutputSchemaPath } from 'n8n-core';
import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { secretOf } from '../../nodes/InsightFaceSwap/jobs/callbackAddress';
import { outputSchemas, schemaOf, schemaPath, type Schema } from '../../scripts/output-schemas';
import { locator, scenario } from '../support/scenario';
import { TestTrigger } from '../support/trigger';

const action = scenario();
const { run } = action;

const additionalFields = { replyRef: 'order-1234' };
const idName = locator('me', 'name');
const ownChannel = () => locator(action.simulator.channels[0] ?? '');

const started = async (asyncMs: number) => {
	action.simulator.settings.asyncMs = asyncMs;
	const parameters = { prompt: 'sunny beach', waitMode: 'none', additionalFields };
	const { items } = await run('changeBackground/create', parameters);
	return { jobId: String(items[0]?.json.jobId) };
};

const replyUrl = 'https://example.com/webhook/face-swap';

const posted = async () => {
	const { items } = await run('picsi/swap');
	return { messageId: String(items[0]?.json.messageId), additionalFields };
};

/** The parameters of operations that need more than a picture, a saved face and a reference. */
const parameters: Record<string, () => INodeParameters | Promise<INodeParameters>> = {
	'picsi/swapMessage': posted,
	'headshot/create': () => ({ prompt: 'me, a smiling chef', additionalFields }),
	'changeBackground/create': () => ({ prompt: 'sunny beach', additionalFields }),
	'job/get': async () => await started(60_000),
	'job/getAll': async () => await started(60_000),
	'job/cancel': async () => await started(60_000),
	'job/wait': async () => await started(30),
	'account/upsert': () => ({ channel: ownChannel(), serverId: '1122226477161144546' }),
	'account/delete': () => ({ channel: ownChannel() }),
	'account/get': () => ({ channel: ownChannel() }),
	'subscription/setReplyUrl': () => ({ replyUrl }),
};

/** The type of each field by its path. */
function typesOf({ type, properties, items }: Schema, path = ''): Record<string, string> {
	if (items) return typesOf(items, `${path}[]`);
	if (!properties) return { [path]: type };
	const nested = Object.entries(properties).map(([name, one]) => typesOf(one, `${path}.${name}`));
	return Object.assign({}, ...nested) as Record<string, string>;
}

function expectSchema(key: string, json: IDataObject | undefined): void {
	const promised = typesOf(outputSchemas[key] ?? { type: 'none' });
	expect(typesOf(schemaOf(json))).toEqual(promised);
}

describe('the fields that the editor shows for', () => {
	test.each(Object.keys(outputSchemas).filter(Boolean))(
		'%s are those of its output',
		async (key) => {
			await run('identity/save', { idName });
			await run('subscription/setReplyUrl', { replyUrl });
			// The API leaves out what is empty.
			action.simulator.settings.resultCount = key === 'headshot/create' ? 2 : 1;
			if (key === 'subscription/get')
				action.simulator.settings.outOfUse = action.simulator.channels;
			const given = (await parameters[key]?.()) ?? { idName, additionalFields };
			const { items, error } = await run(key, given);
			expect(error).toBeUndefined();
			expectSchema(key, items[0]?.json);
		},
	);

	test('the trigger are those of its output', async () => {
		await run('changeBackground/create', { prompt: 'sunny beach', additionalFields });
		const { token, url, jobs } = action.simulator;
		const credentials = { useApiNetApi: { apiToken: token, baseUrl: url } };
		const trigger = new TestTrigger({ credentials, webhookId: 'one' });
		const query = { secret: secretOf(token, 'one/insightfaceswap') };
		const { items } = await trigger.run(await trigger.call({ query, body: jobs[0] }));
		expectSchema('', items[0]?.json);
	});
});

test.each(Object.keys(outputSchemas))(
	'n8n looks for the schema of "%s" where the build puts it',
	(key) => {
		const [resource, operation] = key.split('/');
		const nodeDir = '/package/dist/nodes/InsightFaceSwap';
		const path = resolveOutputSchemaPath({ nodeDir, version: 1, resource, operation });
		expect(path).toBe(join('/package/dist', schemaPath(key)));
	},
);
