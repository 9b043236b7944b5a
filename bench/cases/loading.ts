/** What n8n's start and the disk pay for the package. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../tooling/n8n/command';
import { nodeForN8n } from '../../tooling/n8n/install';
import { packageName } from '../../tooling/n8n/package';
import type { Bench } from '../context';
import { Ledger, type CaseResult } from '../stats';

const NODE = 'the package';
const TIME = 'time to load';
const SIZE = 'unpacked size';
const FILES = 'JavaScript files';

/** n8n itself has loaded n8n-workflow long before it loads any node. */
const script = `
const { createRequire } = require('node:module');
const [folder] = process.argv.slice(1);
createRequire(folder + '/')('n8n-workflow');
const { n8n } = require(folder + '/package.json');
const startedAt = performance.now();
for (const file of [...n8n.credentials, ...n8n.nodes]) {
	const [loaded] = Object.values(require(folder + '/' + file));
	new loaded();
}
console.log(performance.now() - startedAt);`;

export async function loading({ n8n, quick }: Bench): Promise<CaseResult[]> {
	const folder = join(n8n.userFolder, '.n8n', 'nodes', 'node_modules', packageName);
	const ledger = new Ledger();
	for (let round = 0; round < (quick ? 3 : 11); round++) {
		const args = ['-e', script, folder];
		const { hasFailed, stdout, output } = await run(nodeForN8n(), args, {
			cwd: folder,
			limitMs: 30_000,
		});
		if (hasFailed) throw new Error(`The package could not be loaded: ${output}`);
		ledger.add(NODE, TIME, 'ms', Number(stdout));
	}
	const files = await filesOf(folder);
	ledger.add(NODE, SIZE, 'kB', files.reduce((sum, { bytes }) => sum + bytes, 0) / 1000);
	ledger.add(NODE, FILES, '', files.filter(({ name }) => name.endsWith('.js')).length);
	return [
		{
			id: 'loading',
			title: 'Loading',
			work: 'Both nodes and the credentials required and constructed in a fresh process that has loaded n8n-workflow; the size is that of all installed files.',
			targets: [
				{ what: 'Time to load', unit: 'ms', atMost: 10, samples: ledger.samples(NODE, TIME) },
				{ what: 'Unpacked size', unit: 'kB', atMost: 310, samples: ledger.samples(NODE, SIZE) },
				{ what: 'JavaScript files', unit: '', atMost: 8, samples: ledger.samples(NODE, FILES) },
			],
			figures: [],
			plots: [],
		},
	];
}

async function filesOf(folder: string): Promise<Array<{ name: string; bytes: number }>> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	return await Promise.all(
		entries
			.filter((entry) => entry.isFile())
			.map(async ({ parentPath, name }) => ({
				name,
				bytes: (await stat(join(parentPath, name))).size,
			})),
	);
}
