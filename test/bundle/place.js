const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const project = join(__dirname, '../..');

/** What unit and integration tests import of n8n. All of it shares one state, so it is bundled together. */
const modules = [
	'n8n-core',
	'n8n-workflow',
	'@n8n/backend-common',
	'@n8n/config',
	'@n8n/di',
	'reflect-metadata',
];

function hashOf(...files) {
	const hash = createHash('sha256');
	for (const file of files) hash.update(readFileSync(file));
	return hash.digest('hex').slice(0, 16);
}

/** Made anew for other dependencies, and where these files change. */
const folder = join(
	project,
	'node_modules/.cache',
	`engine-${hashOf(join(project, 'package-lock.json'), __filename, join(__dirname, 'setup.js'))}`,
);

/** The file that stands for a module. */
const fileOf = (name) => join(folder, `${name.replace('/', '+')}.js`);

module.exports = {
	folder,
	fileOf,
	modules,
	/** Jest's `moduleNameMapper`. */
	mapper: Object.fromEntries(modules.map((name) => [`^${name}$`, fileOf(name)])),
};
