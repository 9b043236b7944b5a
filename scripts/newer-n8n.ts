/**
 * `npm run n8n:newer`: asks the npm registry for n8n, and prints a line for each version that the tests should
 * run instead of the one they run; nothing where all are the newest.
 */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { outputOf } from '../tooling/n8n/command';
import { projectFolder } from '../tooling/n8n/folders';
import { versions } from '../tooling/n8n/versions';
import { newerVersions } from './newer-versions';

const LIMIT_MS = 120_000;

interface Published {
	versions: string[];
	/** What users get: newer ones are still being tried out. */
	'dist-tags.latest': string;
}

async function main(): Promise<void> {
	const tested = versions.map(({ folder }) => {
		const manifest = join(folder, 'package.json');
		const { dependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as {
			dependencies: { n8n: string };
		};
		return { manifest: relative(projectFolder, manifest), version: dependencies.n8n };
	});
	const question = ['view', 'n8n', 'versions', 'dist-tags.latest', '--json'];
	const answer = await outputOf('npm', question, { cwd: projectFolder, limitMs: LIMIT_MS });
	const { versions: published, 'dist-tags.latest': latest } = JSON.parse(answer) as Published;
	const newer = newerVersions(
		tested.map(({ version }) => version),
		published,
		latest,
	);
	for (const { newest, instead } of newer) {
		const { manifest } = tested.find(({ version }) => version === instead) ?? {};
		console.log(`n8n ${newest} is out; the tests run ${instead} (${manifest})`);
	}
}

void main();
