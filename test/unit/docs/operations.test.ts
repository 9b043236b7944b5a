import { readFileSync } from 'node:fs';

import { operationsFile, renderOperations } from '../../../scripts/docs';

test('docs/operations.md says what the editor says', () => {
	const written = readFileSync(operationsFile, 'utf8');
	// If this fails: npm run docs
	expect(written).toBe(renderOperations());
});
