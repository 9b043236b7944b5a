import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
const text = readFileSync(join(root, 'docs/api-statements.md'), 'utf8');

test.each([
	['tests', /`((?:unit|integration)\/[\w/]+\.test\.ts)`/g, 'test'],
	[
		'files',
		/`((?:api|shared|actions|files|jobs|ledger|execution|trigger|n8nCompat)\/\w+\.ts)`/g,
		'nodes/InsightFaceSwap',
	],
])('docs/api-statements.md names %s that are there', (_, names, folder) => {
	const found = [...text.matchAll(names)].map(([, name = '']) => name);
	expect(found).not.toEqual([]);
	expect(found.filter((name) => !existsSync(join(root, folder, name)))).toEqual([]);
});
