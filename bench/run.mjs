// `npm run bench`: the part that runs before any dependency is there, so it uses nothing but Node.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { ensureDependencies, messageFor } from '../scripts/setup.mjs';

const usage = `Usage: npm run bench -- [options] [case …]

Measures the node beside n8n's HTTP Request node and beside plain HTTP clients, on the same
simulator, and writes bench/results.json, docs/internals-performance.md and its plots.

  --quick    few rounds and no files written; exit code 1 when a ratio, or a memory or size
             target, is missed by more than the noise seen
  --help     show this text

Cases: overhead makespan concurrency fairness head-start queue memory download trigger catch-up growth
waiting loading planning (all, if none is named; the results of others are kept as they are)`;

const flags = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const cases = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const unknown = flags.filter((flag) => !['--quick', '--help'].includes(flag));

/** The exit code. */
async function run() {
	await ensureDependencies();
	// From here on TypeScript can be required.
	await import('tsx');
	const require = createRequire(import.meta.url);
	const { ensureN8n, nodeForN8n } = require('../tooling/n8n/install.ts');
	await ensureN8n();
	// What runs outside n8n is run by the same Node as n8n: their garbage collections differ.
	const node = nodeForN8n();
	if (node !== process.execPath)
		return spawnSync(node, process.argv.slice(1), { stdio: 'inherit' }).status;
	const { main } = require('./main.ts');
	return await main({ quick: flags.includes('--quick'), cases });
}

if (unknown.length > 0) {
	console.error(`Unknown option ${unknown.join(', ')}\n\n${usage}`);
	process.exitCode = 2;
} else if (flags.includes('--help')) {
	console.log(usage);
} else {
	try {
		process.exitCode = await run();
	} catch (error) {
		console.error(`\n${messageFor(error)}`);
		process.exitCode = 1;
	}
	process.exit();
}
