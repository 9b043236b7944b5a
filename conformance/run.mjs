// `npm run conformance`: the part that runs before any dependency is there, so it uses nothing but Node.
import { createRequire } from 'node:module';
import { ensureDependencies, messageFor } from '../scripts/setup.mjs';

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());

try {
	await ensureDependencies();
	// From here on TypeScript can be required.
	await import('tsx');
	const { main } = createRequire(import.meta.url)('./main.ts');
	const output = { say: (text) => console.log(text), stop: stop.signal };
	process.exitCode = await main(process.argv.slice(2), process.env, output);
} catch (error) {
	console.error(messageFor(error));
	process.exitCode = 2;
}
