// `npm run dev`: the part that runs before any dependency is there, so it uses nothing but Node.
import { createRequire } from 'node:module';
import { ensureDependencies } from './setup.mjs';

try {
	await ensureDependencies();
	// From here on TypeScript can be required.
	await import('tsx');
	const { develop } = createRequire(import.meta.url)('./dev.ts');
	await develop();
} catch (error) {
	// What a user can act on needs no stack.
	const isForUser = 'forUser' in error || error.constructor.name === 'SetupError';
	console.error(isForUser ? error.message : error);
	process.exitCode = 1;
}
process.exit();
