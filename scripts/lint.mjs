// `npm run lint`: the sources as n8n's verification lints them, the workflows as GitHub reads them, then
// the formatting of everything.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { lintOfficially, sourcePatterns } from './official-checks.mjs';
import { root } from './setup.mjs';
import { checkWorkflows } from './workflows.mjs';

function checkFormatting() {
	const prettier = join(root, 'node_modules', 'prettier', 'bin', 'prettier.cjs');
	const check = spawnSync(process.execPath, [prettier, '--check', '.'], {
		cwd: root,
		stdio: 'inherit',
	});
	return check.status === 0;
}

const problems = (await lintOfficially(root, sourcePatterns)) + (await checkWorkflows(root));
const isFormatted = checkFormatting();
if (problems > 0 || !isFormatted) process.exitCode = 1;
