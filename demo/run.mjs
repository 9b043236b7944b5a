// `npm run demo`: the part that runs before any dependency is there, so it uses nothing but Node.
import { createRequire } from 'node:module';
import { ensureDependencies, messageFor } from '../scripts/setup.mjs';

const usage = `Usage: npm run demo -- [options]

Starts n8n with the InsightFaceSwap node installed, runs example workflows on drawn
portraits, shows the results on a page, and keeps the editor open until Ctrl-C.

  --once   end after the run: exit code 0 when every example succeeded, else 1
  --live   use the real API with the token from the environment variable
           USEAPI_TOKEN instead of the simulator (jobs cost credits)
  --help   show this text`;

const known = new Set(['--once', '--live', '--help']);
const flags = process.argv.slice(2);

async function run() {
	await ensureDependencies();
	// From here on TypeScript can be required.
	await import('tsx');
	const { main } = createRequire(import.meta.url)('./main.ts');
	await main({ once: flags.includes('--once'), live: flags.includes('--live') });
}

const unknown = flags.filter((flag) => !known.has(flag));
if (unknown.length > 0) {
	console.error(`Unknown option ${unknown.join(', ')}\n\n${usage}`);
	process.exitCode = 2;
} else if (flags.includes('--help')) {
	console.log(usage);
} else {
	try {
		await run();
	} catch (error) {
		console.error(`\n${messageFor(error)}`);
		process.exitCode = 1;
	}
	// Whatever is left over must not keep the terminal waiting.
	process.exit();
}
