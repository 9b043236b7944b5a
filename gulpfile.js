const { spawn } = require('node:child_process');
const { rm } = require('node:fs/promises');
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

// Nodes refer to ../../icons/, credentials to ../icons/: both mean dist/icons/.
function copyIcons() {
	return src('icons/*.svg').pipe(dest('dist/icons'));
}

// n8n looks for a node's codex (categories, search words, links) beside the node's file.
function copyCodex() {
	return src('nodes/**/*.node.json').pipe(dest('dist/nodes'));
}

exports.build = series(clean, compile, parallel(copyIcons, copyCodex));
