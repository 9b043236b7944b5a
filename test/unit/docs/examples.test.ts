import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
	NodeHelpers,
	type IConnections,
	type INode,
	type INodeProperties,
	type INodeType,
} from 'n8n-workflow';

import manifest from '../../../package.json';
import { placeOf } from '../../../scripts/repository';
import { InsightFaceSwap } from '../../../nodes/InsightFaceSwap/InsightFaceSwap.node';
import { InsightFaceSwapTrigger } from '../../../nodes/InsightFaceSwap/InsightFaceSwapTrigger.node';

interface Example {
	id: string;
	name: string;
	nodes: INode[];
	connections: IConnections;
}

const folder = join(__dirname, '../../../examples');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
/** What n8n adds to a node that AI agents use as a tool. */
const toolDescription: INodeProperties = {
	displayName: 'Tool Description',
	name: 'toolDescription',
	type: 'string',
	default: '',
};

function asTool(): INodeType {
	const node = new InsightFaceSwap();
	node.description.properties = [toolDescription, ...node.description.properties];
	return node;
}

const own: Record<string, INodeType> = {
	'n8n-nodes-insightfaceswap.insightFaceSwapTool': asTool(),
	'n8n-nodes-insightfaceswap.insightFaceSwap': new InsightFaceSwap(),
	'n8n-nodes-insightfaceswap.insightFaceSwapTrigger': new InsightFaceSwapTrigger(),
};

const load = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Example;

const isKnown = ({ type }: INode) => type in own;

const descriptionOf = ({ type }: INode) => (own[type] as INodeType).description;

/** The names of a collection's entries, or of all parameters that a node shows. */
const names = (properties: INodeProperties[]) => properties.map(({ name }) => name);

function unknownParameters(node: INode): string[] {
	const description = descriptionOf(node);
	const values = NodeHelpers.getNodeParameters(
		description.properties,
		node.parameters,
		true,
		false,
		node,
		description,
	);
	const shown = description.properties.filter((property) =>
		NodeHelpers.displayParameter(values ?? {}, property, node, description),
	);
	return Object.entries(node.parameters).flatMap(([name, value]) => {
		const property = shown.find((candidate) => candidate.name === name);
		if (!property) return [name];
		if (property.type !== 'collection') return [];
		const entries = names(property.options as INodeProperties[]);
		return Object.keys(value as object)
			.filter((entry) => !entries.includes(entry))
			.map((entry) => `${name}.${entry}`);
	});
}

test('there are fourteen, all in the list of examples', () => {
	const list = readFileSync(join(folder, 'README.md'), 'utf8');
	expect(files).toHaveLength(14);
	expect(files.filter((file) => !list.includes(`(${file})`))).toEqual([]);
	expect(new Set(files.map((file) => load(file).id)).size).toBe(files.length);
});

describe.each(files)('%s', (file) => {
	const { nodes, connections } = load(file);

	it('has a note on the canvas and a node of this package', () => {
		expect(nodes.map(({ type }) => type)).toContain('n8n-nodes-base.stickyNote');
		expect(nodes.some(isKnown)).toBe(true);
	});

	it('gives its nodes only parameters that they show, and all that they require', () => {
		for (const node of nodes.filter(isKnown)) {
			const description = descriptionOf(node);
			expect(node.typeVersion).toBe(description.version);
			const issues = NodeHelpers.getNodeParametersIssues(description.properties, node, description);
			expect({ node: node.name, issues, unknown: unknownParameters(node) }).toEqual({
				node: node.name,
				issues: null,
				unknown: [],
			});
		}
	});

	it('connects nodes that are there', () => {
		const known = nodes.map(({ name }) => name);
		expect(new Set(known).size).toBe(known.length);
		const ends = Object.values(connections)
			.flatMap((kinds) => Object.values(kinds).flat())
			.flatMap((output) => (output ?? []).map(({ node }) => node));
		const strangers = [...Object.keys(connections), ...ends].filter(
			(name) => !known.includes(name),
		);
		expect(strangers).toEqual([]);
	});

	it('refers in expressions to nodes that are there', () => {
		const known = nodes.map(({ name }) => name);
		const referred = [...JSON.stringify(nodes).matchAll(/\$\('([^']+)'\)/g)].map(
			([, name]) => name,
		);
		expect(referred.filter((name) => !known.includes(name ?? ''))).toEqual([]);
	});

	it('brings no credential along, only names', () => {
		const placeholders = nodes.flatMap(({ credentials = {} }) => Object.values(credentials));
		expect(placeholders.filter(({ id, name }) => id || !name)).toEqual([]);
		const own = nodes.filter(isKnown).map(({ credentials }) => credentials?.useApiNetApi?.name);
		expect(new Set(own)).toEqual(new Set(['useapi.net']));
	});

	it('has an address to import it from, in the repository that package.json names', () => {
		const list = readFileSync(join(folder, 'README.md'), 'utf8');
		const place = placeOf(manifest.repository.url).replace(
			'github.com',
			'raw.githubusercontent.com',
		);
		expect(list).toContain(`\n\n\`https://${place}/main/examples/${file}\`\n\n`);
	});

	it('has no node that n8n 3 removed', () => {
		const removed = /^n8n-nodes-base\.(function|functionItem|itemLists)$/;
		expect(nodes.filter(({ type }) => removed.test(type))).toEqual([]);
		const agents = nodes.filter(({ type }) => type.endsWith('.agent'));
		expect(agents.filter(({ typeVersion }) => typeVersion < 2)).toEqual([]);
		const callers = nodes.filter(({ type }) => type.endsWith('.executeWorkflow'));
		expect(callers.filter(({ parameters }) => parameters.mode === 'each')).toEqual([]);
	});

	it('is listed with what it needs and what it costs', () => {
		const list = readFileSync(join(folder, 'README.md'), 'utf8');
		const [, about = ''] = list.split(`(${file})`);
		expect(about).toMatch(/^\. Needs besides useapi\.net: [^.]+\. Costs: (nothing|\d credits? a )/);
	});
});
