/** What the panel shows, as n8n decides it. */
import {
	NodeHelpers,
	type INode,
	type INodeParameters,
	type INodeProperties,
	type INodeTypeDescription,
} from 'n8n-workflow';

import { InsightFaceSwap } from '../../nodes/InsightFaceSwap/InsightFaceSwap.node';
import { InsightFaceSwapTrigger } from '../../nodes/InsightFaceSwap/InsightFaceSwapTrigger.node';

const nodeOf = (parameters: INodeParameters): INode => ({
	id: '1',
	name: 'Node',
	type: 'node',
	typeVersion: 1,
	position: [0, 0],
	parameters,
});

function shownFields(description: INodeTypeDescription, chosen: INodeParameters) {
	const node = nodeOf(chosen);
	const { properties } = description;
	const values =
		NodeHelpers.getNodeParameters(properties, chosen, true, false, node, description) ?? {};
	const isShown = (property: INodeProperties, path = '') =>
		NodeHelpers.displayParameterPath(values, property, path, node, description);
	const shown = properties.filter((property) => isShown(property));
	return {
		names: shown.map(({ name }) => name),
		labels: shown.filter(({ type }) => type !== 'hidden').map(({ displayName }) => displayName),
		within: (collection: string) =>
			(shown.find(({ name }) => name === collection)?.options as INodeProperties[])
				.filter((option) => isShown(option, collection))
				.map(({ name }) => name),
	};
}

const shown = (resource: string, operation: string, more: INodeParameters = {}) =>
	shownFields(new InsightFaceSwap().description, { resource, operation, ...more });

test('a swap begins with what a beginner fills in', () => {
	expect(shown('picsi', 'swap').labels.slice(0, 5)).toEqual([
		'Resource',
		'Operation',
		'Face',
		'Picture',
		'Channel',
	]);
});

test.each([
	['picsi', 'swap'],
	['changeBackground', 'create'],
	['headshot', 'create'],
])('%s/%s offers Download Results only where it waits', (resource, operation) => {
	const names = (waitMode: string) => shown(resource, operation, { waitMode }).names;
	expect(names('none')).not.toContain('downloadResults');
	expect(names('poll')).toContain('downloadResults');
	expect(names('suspend')).toContain('downloadResults');
	expect(names('={{ "none" }}')).toContain('downloadResults');
});

test('a swap has no output field for a job that is only started', () => {
	const fields = (waitMode: string) =>
		shown('picsi', 'swap', { waitMode }).within('additionalFields');
	expect(fields('none')).not.toContain('outputBinaryPropertyName');
	expect(fields('poll')).toContain('outputBinaryPropertyName');
});

test('a swap has no reply URL of its own where n8n is called back', () => {
	const fields = (waitMode: string) =>
		shown('picsi', 'swap', { waitMode }).within('additionalFields');
	expect(fields('suspend')).not.toContain('replyUrl');
	expect(fields('poll')).toContain('replyUrl');
});

test.each(['swapIdentity', 'swapMessage', 'swapImages'])(
	'picsi/%s, which always waits, offers all its fields',
	(operation) => {
		const { names, within } = shown('picsi', operation);
		expect(names).toContain('downloadResults');
		expect(within('additionalFields')).toEqual(
			expect.arrayContaining(['replyUrl', 'outputBinaryPropertyName']),
		);
	},
);

test('a limit is asked for where not all are returned', () => {
	expect(shown('job', 'getAll').names).toContain('limit');
	expect(shown('job', 'getAll', { returnAll: true }).names).not.toContain('limit');
	expect(shown('identity', 'getAll', { simplify: false }).names).not.toContain('returnAll');
});

const triggerFields = (registration: string) =>
	shownFields(new InsightFaceSwapTrigger().description, { registration });

test('a trigger that polls offers nothing that concerns calls', () => {
	expect(triggerFields('polling').within('options')).toEqual(['channel', 'checkEvery', 'replyRef']);
	expect(triggerFields('account').within('options')).toEqual([
		'catchUp',
		'channel',
		'checkEvery',
		'verifyWithApi',
		'replaceExisting',
		'replyRef',
		'acceptUnverified',
	]);
});

test.each(['account', 'manual', 'polling'])('a trigger explains itself: %s', (registration) => {
	const notices = triggerFields(registration).names.filter((name) => name.endsWith('Notice'));
	expect(notices).toEqual([`${registration}Notice`]);
});

test('every switch says what is on: "Whether …"', () => {
	const all = [new InsightFaceSwap(), new InsightFaceSwapTrigger()].flatMap(
		({ description }) => description.properties,
	);
	const nested = all.flatMap(({ type, options }) =>
		type === 'collection' ? (options as INodeProperties[]) : [],
	);
	const switches = [...all, ...nested].filter(({ type }) => type === 'boolean');
	expect(switches.filter(({ description }) => !description?.startsWith('Whether '))).toEqual([]);
});
