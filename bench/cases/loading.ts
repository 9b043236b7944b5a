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
	ledger.add(NODE, SIZE, 'kB', (await sizeOf(folder)) / 1000);
	return [
		{
			id: 'loading',
			title: 'Loading',
			work: 'Both nodes and the credentials required and constructed in a fresh process that has loaded n8n-workflow; the size is that of the installed files without source maps.',
			targets: [
				{ what: 'Time to load', unit: 'ms', atMost: 12, samples: ledger.samples(NODE, TIME) },
				{ what: 'Unpacked size', unit: 'kB', atMost: 310, samples: ledger.samples(NODE, SIZE) },
			],
			figures: [],
			plots: [],
		},
	];
}

async function sizeOf(folder: string): Promise<number> {
	const names = await readdir(folder, { recursive: true });
	const sizes = names
		.filter((name) => !name.endsWith('.map'))
		.map(async (name) => {
			const entry = await stat(join(folder, name));
			return entry.isFile() ? entry.size : 0;
		});
	return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
