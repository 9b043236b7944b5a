/** Workflows that keep files within the JSON of items (`binaryMode: 'combined'`, n8n 2), in n8n's real engine. */
import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { useBinaryMode, type BinaryMode } from '../support/engine';
import { said } from '../support/errors';
import { locator, scenario } from '../support/scenario';

const test_ = scenario();
const run = async (parameters: INodeParameters = {}) =>
	await test_.run('picsi/swap', parameters, { isCombined: true });

/** What the pictures' fields hold. */
const byName = { sourceImage: locator('data', 'binary'), targetImage: locator('target', 'binary') };
const byPath = {
	sourceImage: locator('_files.data', 'binary'),
	targetImage: locator('_files.target', 'binary'),
};
const byExpression = { sourceImage: locator('={{ $json._files.data }}', 'binary') };

afterAll(async () => await useBinaryMode('default'));

// Where n8n keeps files in memory, it leaves them in `binary`.
test.each<[BinaryMode, string, INodeParameters]>([
	['default', 'empty fields', {}],
	['default', 'names', byName],
	['filesystem', 'empty fields', {}],
	['filesystem', 'names', byName],
	['filesystem', 'paths', byPath],
	['filesystem', 'expressions', byExpression],
])('with binary data in mode %s, %s find the pictures of the item', async (mode, _name, fields) => {
	await useBinaryMode(mode);
	const { items, error } = await run(fields);
	expect(error).toBeUndefined();
	expect(items[0]?.json).toMatchObject({ sourceFile: 'me.png', targetFile: 'scene.jpg' });
	const [item] = items;
	const files = mode === 'default' ? item?.binary : (item?.json._files as IDataObject);
	expect(files?.data).toMatchObject({ mimeType: 'image/png' });
});

test('an error says what fields the item has', async () => {
	const { error } = await run({ sourceImage: locator('photo', 'binary') });
	expect(said(error)).toBe('Face (item 0): there is no binary field "photo"');
	expect(error?.description).toBe('The item has: data, target. Name one of them.');
});
