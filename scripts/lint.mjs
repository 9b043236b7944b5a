// `npm run lint`: the sources as n8n's verification lints them, the tests by Jest's rules, the workflows as
// GitHub reads them, the imports between the folders, then the formatting of everything.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { lintOfficially, sourcePatterns } from './official-checks.mjs';
import { root } from './setup.mjs';
import { lintTests } from './test-rules.mjs';
import { checkWorkflows } from './workflows.mjs';

function runTool(path, ...args) {
	const tool = join(root, 'node_modules', ...path);
	return spawnSync(process.execPath, [tool, ...args], { cwd: root, stdio: 'inherit' }).status === 0;
}

/** No import circle, and each folder imports only from those before it: `.dependency-cruiser.cjs`. */
const checkImports = () =>
	runTool(
		['dependency-cruiser', 'bin', 'dependency-cruise.mjs'],
		'--config',
		'.dependency-cruiser.cjs',
		'nodes',
		'credentials',
	);

const checkFormatting = () => runTool(['prettier', 'bin', 'prettier.cjs'], '--check', '.');

const problems =
	(await lintOfficially(root, sourcePatterns)) +
	(await lintTests(root)) +
	(await checkWorkflows(root));
const areImportsRight = checkImports();
const isFormatted = checkFormatting();
if (problems > 0 || !areImportsRight || !isFormatted) process.exitCode = 1;
