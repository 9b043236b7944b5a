/**
 * Bundles n8n's engine into one file, once for each state of the dependencies. Jest loads it anew for every
 * test file: as 2,600 files that took two seconds of a processor, which was most of what many test files take.
 */
const { existsSync } = require('node:fs');
const { mkdir, rename, rm, writeFile } = require('node:fs/promises');
const { basename, join } = require('node:path');
const { build } = require('esbuild');
const { fileOf, folder, modules } = require('./place');

const bundle = 'bundle.js';

/** Loads a module when it is first asked for, as its own file would. */
const getterOf = (name) => `get '${name}'() { return require('${name}'); },`;

async function makeBundle(destination) {
	await build({
		stdin: {
			contents: `module.exports = {\n${modules.map(getterOf).join('\n')}\n};`,
			resolveDir: __dirname,
		},
		outfile: join(destination, bundle),
		bundle: true,
		format: 'cjs',
		platform: 'node',
		target: 'node20',
		// Names stay, for stacks and for what n8n registers by the name of its class.
		minifyWhitespace: true,
		// Native, and not installed everywhere; no test evaluates expressions in it.
		external: ['isolated-vm', '*.node'],
		logLevel: 'error',
	});
	for (const name of modules) {
		const text = `module.exports = require('./${bundle}')['${name}'];\n`;
		await writeFile(join(destination, basename(fileOf(name))), text);
	}
}

module.exports = async () => {
	if (existsSync(folder)) return;
	const unfinished = `${folder}.${process.pid}`;
	await mkdir(unfinished, { recursive: true });
	await makeBundle(unfinished);
	try {
		await rename(unfinished, folder);
	} catch (error) {
		// Another run may have been faster.
		if (!existsSync(folder)) throw error;
		await rm(unfinished, { recursive: true });
	}
};
