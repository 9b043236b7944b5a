const { spawn } = require('node:child_process');
const { readdir, readFile, rm, writeFile } = require('node:fs/promises');
const { join } = require('node:path');
const { dest, parallel, series, src } = require('gulp');

function clean() {
	return rm('dist', { recursive: true, force: true });
}

// Nobody imports from this package, n8n loads its classes by path: declarations would be dead weight.
function compile() {
	const tsc = 'node_modules/typescript/bin/tsc';
	const options = ['-p', 'tsconfig.json', '--declaration', 'false', '--noEmitOnError'];
	return spawn(process.execPath, [tsc, ...options], { stdio: 'inherit' });
}

// tsc indents with four spaces, which are a tenth of the package. The sources indent texts with tabs.
async function indentWithTabs() {
	const names = await readdir('dist', { recursive: true });
	for (const path of names
		.filter((name) => name.endsWith('.js'))
		.map((name) => join('dist', name))) {
		const code = await readFile(path, 'utf8');
		const indented = code.replace(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4));
		await writeFile(path, indented);
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

exports.build = series(clean, compile, indentWithTabs, parallel(copyIcons, copyCodex));
