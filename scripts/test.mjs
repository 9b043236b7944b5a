// `npm test`: everything that must hold before a change is merged, from a fresh clone on. Checks first, two at
// a time, then the tests; after the first failure nothing new begins. The last line counts the tests of all
// suites: "N passed, N failed".
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cachesInside, ensureDependencies, root, SetupError } from './setup.mjs';

const results = join(root, '.cache', 'jest.json');

const build = ['node_modules/gulp/bin/gulp.js', 'build'];
const verifyPackage = ['scripts/verify-package.mjs'];
const typecheck = ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.dev.json'];
const lint = ['scripts/lint.mjs'];
// One run for all projects, so that unit and integration tests add up to one coverage.
const tests = [
	'node_modules/jest/bin/jest.js',
	'--ci',
	'--selectProjects',
	'unit',
	'integration',
	'--coverage',
	'--json',
	`--outputFile=${results}`,
];

function secondsSince(started) {
	return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}

let hasFailed = false;

/** Runs a command, and gives what it printed, unless that goes straight to the terminal. */
function run([script, ...options], isAlone) {
	return new Promise((settle) => {
		const child = spawn(process.execPath, [join(root, script), ...options], {
			cwd: root,
			env: { ...process.env, ...cachesInside },
			stdio: isAlone ? 'inherit' : ['ignore', 'pipe', 'pipe'],
		});
		let printed = '';
		for (const stream of [child.stdout, child.stderr]) {
			stream?.on('data', (chunk) => (printed += chunk));
		}
		child.on('close', (code) => settle({ isGreen: code === 0, printed }));
	});
}

/** Runs a step, unless one has failed. One that is not alone prints all it has to say at its end. */
async function runStep(name, command, isAlone = false) {
	if (hasFailed) return;
	const title = `\n=== ${name}`;
	if (isAlone) console.log(title);
	const started = Date.now();
	const { isGreen, printed } = await run(command, isAlone);
	if (!isGreen) hasFailed = true;
	if (!isAlone) console.log(`${title}\n${printed.trimEnd()}`);
	console.log(`=== ${name}: ${isGreen ? 'ok' : 'FAILED'}, ${secondsSince(started)}`);
}

async function checkPackage() {
	await runStep('build', build);
	await runStep('verify:package', verifyPackage);
	await runStep('typecheck', typecheck);
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
hasFailed = !(await setUp());
await Promise.all([checkPackage(), runStep('lint', lint)]);
await runStep('unit and integration tests', tests, true);
printCounts();
process.exitCode = hasFailed ? 1 : 0;
