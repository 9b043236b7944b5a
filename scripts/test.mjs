// `npm test`: everything that must hold before a change is merged, from a fresh clone on. Stops at
// the first step that fails. The last line counts the tests of all suites: "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cachesInside, ensureDependencies, root, SetupError } from './setup.mjs';

const results = join(root, '.cache', 'jest.json');

const steps = {
	build: ['node_modules/gulp/bin/gulp.js', 'build'],
	lint: ['scripts/lint.mjs'],
	typecheck: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.dev.json'],
	'verify:package': ['scripts/verify-package.mjs'],
	// One run for all projects, so that unit and integration tests add up to one coverage.
	'unit and integration tests': [
		'node_modules/jest/bin/jest.js',
		'--ci',
		'--selectProjects',
		'unit',
		'integration',
		'--coverage',
		'--json',
		`--outputFile=${results}`,
	],
};

function secondsSince(started) {
	return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}

function runStep(name, [script, ...options]) {
	console.log(`\n=== ${name}`);
	const started = Date.now();
	const args = [join(root, script), ...options];
	const { status } = spawnSync(process.execPath, args, {
		cwd: root,
		env: { ...process.env, ...cachesInside },
		stdio: 'inherit',
	});
	console.log(`=== ${name}: ${status === 0 ? 'ok' : 'FAILED'}, ${secondsSince(started)}`);
	return status === 0;
}

async function setUp() {
	console.log('=== setup');
	try {
		if (!(await ensureDependencies())) console.log('Dependencies are up to date');
		return true;
	} catch (error) {
		if (!(error instanceof SetupError)) throw error;
		console.error(error.message);
		return false;
	}
}

// A suite that could not even be loaded has no failed test, yet it is a failure.
function printCounts() {
	if (!existsSync(results)) return;
	const counts = JSON.parse(readFileSync(results, 'utf8'));
	const failed = counts.numFailedTests + counts.numRuntimeErrorTestSuites;
	console.log(`\n${counts.numPassedTests} passed, ${failed} failed`);
}

mkdirSync(join(root, '.cache'), { recursive: true });
rmSync(results, { force: true });
const isReady = await setUp();
const isGreen = isReady && Object.entries(steps).every(([name, command]) => runStep(name, command));
printCounts();
process.exitCode = isGreen ? 0 : 1;
