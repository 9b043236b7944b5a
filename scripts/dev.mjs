// `npm run dev`: the part that runs before any dependency is there, so it uses nothing but Node.
import { createRequire } from 'node:module';
import { ensureDependencies, messageFor } from './setup.mjs';

try {
	await ensureDependencies();
	// From here on TypeScript can be required.
	await import('tsx');
	const { develop } = createRequire(import.meta.url)('./dev.ts');
	await develop();
} catch (error) {
	console.error(messageFor(error));
	process.exitCode = 1;
}
process.exit();
