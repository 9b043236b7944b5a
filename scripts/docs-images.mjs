// `npm run docs:images`: takes the documentation's pictures anew, from a fresh clone on.
import { createRequire } from 'node:module';
import { ensureDependencies, messageFor } from './setup.mjs';

try {
	await ensureDependencies();
	// From here on TypeScript can be required.
	await import('tsx');
	createRequire(import.meta.url)('../test/e2e/editor/docs-images.ts');
} catch (error) {
	console.error(messageFor(error));
	process.exitCode = 1;
}
