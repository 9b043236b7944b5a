/** Where the editor says that a field takes the name of a binary. */
import type { INodeProperties } from 'n8n-workflow';

import { properties } from '../../nodes/InsightFaceSwap/actions';

const all = properties.flatMap((one): INodeProperties[] =>
	one.type === 'collection' ? [one, ...(one.options as INodeProperties[])] : [one],
);
const named = all.filter(({ name }) => name.endsWith('BinaryPropertyName'));

test('every plain field for the name of a binary says so', () => {
	expect(named.length).toBeGreaterThan(0);
	expect(named.every(({ typeOptions }) => typeOptions?.binaryDataProperty)).toBe(true);
});

test('no picture field does: there it would show for web addresses, too', () => {
	const marked = all.filter(({ typeOptions }) => typeOptions?.binaryDataProperty);
	expect(marked.map(({ type }) => type)).not.toContain('resourceLocator');
});

test('an AI that builds workflows is told of pictures and of waiting', () => {
	const hinted = all.filter(({ builderHint }) => builderHint).map(({ name }) => name);
	expect([...new Set(hinted)].sort()).toEqual(['image', 'sourceImage', 'targetImage', 'waitMode']);
});
