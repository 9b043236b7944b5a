// `npm run test:e2e`: the package in real n8n processes, from a fresh clone on. Installs what it needs
// (kept in the project, so that the next run starts at once), then runs test/e2e. Arguments go to
// jest: `npm run test:e2e -- versions` runs the test files whose path holds "versions".
// `npm run test:e2e -- --install` installs, and runs nothing.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cachesInside, ensureDependencies, messageFor, root } from './setup.mjs';

const results = join(root, '.cache', 'e2e', 'jest.json');

const onlyInstall = process.argv.includes('--install');

// n8n, the local registry, databases: what TypeScript does, once it can be run.
async function setUp() {
	await ensureDependencies();
	await ensureDependencies(join(root, 'test', 'e2e', 'registry'));
	await import('tsx');
	const { installAll, packPackage } = createRequire(import.meta.url)(
		'../test/e2e/support/setup.ts',
	);
	await installAll();
	if (!onlyInstall) await packPackage();
}

function runTests() {
	const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
	// Most tests wait: for jobs, for n8n to start, for its lists of due executions. So two files share the machine.
	const options = ['--selectProjects', 'e2e', '--maxWorkers=2', '--ci'];
	const output = ['--json', `--outputFile=${results}`];
	const { status } = spawnSync(
		process.execPath,
		[jest, ...options, ...output, ...process.argv.slice(2)],
		{
			cwd: root,
			env: { ...process.env, ...cachesInside },
			stdio: ['inherit', 'ignore', 'inherit'],
		},
	);
	return status === 0;
}

// A suite that could not even be loaded has no failed test, yet it is a failure.
function printCounts() {
	if (!existsSync(results)) return;
	const counts = JSON.parse(readFileSync(results, 'utf8'));
	const failed = counts.numFailedTests + counts.numRuntimeErrorTestSuites;
	console.log(`\n${counts.numPassedTests} passed, ${failed} failed`);
}

mkdirSync(join(root, '.cache', 'e2e'), { recursive: true });
rmSync(results, { force: true });
try {
	await setUp();
	process.exitCode = onlyInstall || runTests() ? 0 : 1;
} catch (error) {
	console.error(messageFor(error));
	process.exitCode = 1;
}
printCounts();
