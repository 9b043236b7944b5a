const { spawn } = require('node:child_process');
const { mkdir, rm, writeFile } = require('node:fs/promises');
const { basename, dirname, relative } = require('node:path').posix;
const { build } = require('esbuild');
const { dest, parallel, series, src } = require('gulp');
const { n8n } = require('./package.json');

/** The files that n8n loads. Each exports the class that is called as the file is, up to the first dot. */
const loaded = [...n8n.credentials, ...n8n.nodes];
const bundle = 'dist/insightfaceswap.js';

const classIn = (file) => basename(file).split('.')[0];
const withoutEnding = (path) => path.replace(/\.js$/, '');

function clean() {
	return rm('dist', { recursive: true, force: true });
}

function checkTypes() {
	const tsc = 'node_modules/typescript/bin/tsc';
	return spawn(process.execPath, [tsc, '-p', 'tsconfig.json'], { stdio: 'inherit' });
}

/**
 * All that ships, in one readable file: docs/decisions/8-one-bundle.md. Nobody imports from this package,
 * n8n loads its classes by path: declarations would be dead weight.
 */
async function bundleCode() {
	const exported = loaded.map(
		(file) => `export { ${classIn(file)} } from './${relative('dist', withoutEnding(file))}';`,
	);
	await build({
		stdin: { contents: exported.join('\n'), resolveDir: '.', sourcefile: 'classes' },
		outfile: bundle,
		bundle: true,
		format: 'cjs',
		platform: 'node',
		target: 'es2022',
		// The sources are modules, so their code is strict. In a bundle for require() that must be said.
		banner: { js: "'use strict';" },
		external: ['n8n-workflow'],
	});
}

/** One line for each class at the path where n8n looks for it. */
async function writeEntries() {
	for (const file of loaded) {
		const path = withoutEnding(relative(dirname(file), bundle));
		await mkdir(dirname(file), { recursive: true });
		await writeFile(file, `exports.${classIn(file)} = require('${path}').${classIn(file)};\n`);
	}
}

// Nodes refer to ../../icons/, credentials to ../icons/: both mean dist/icons/.
function copyIcons() {
	return src('icons/*.svg').pipe(dest('dist/icons'));
}

// n8n looks for a node's codex (categories, search words, links) beside the node's file.
function copyCodex() {
	return src('nodes/**/*.node.json').pipe(dest('dist/nodes'));
}

// Beside a node n8n also looks for the fields of its output, which the editor shows before the first run.
function writeSchemas() {
	const script = ['node_modules/tsx/dist/cli.mjs', 'scripts/output-schemas.ts'];
	return spawn(process.execPath, script, { stdio: 'inherit' });
}

exports.build = series(
	clean,
	checkTypes,
	parallel(bundleCode, writeEntries, copyIcons, copyCodex, writeSchemas),
);
