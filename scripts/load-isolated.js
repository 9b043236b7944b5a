// Loads a package's nodes and credentials as an n8n that isolates packages would: beside them lies
// n8n-workflow and nothing else. Usage: node load-isolated.js <package directory> <file>…
// Prints what it found, as JSON.
//
// An unpacked package anywhere below this project would find the project's node_modules by walking
// up, so require itself is guarded: what a file of the package asks for must be a file of the package
// or one of the allowed modules. What n8n-workflow asks for is n8n-workflow's affair.
const { realpathSync } = require('node:fs');
const Module = require('node:module');
const { join, sep } = require('node:path');
const { allowedImports } = require('./package-contents.js');

const [directory, ...files] = process.argv.slice(2);
const packageRoot = realpathSync(directory) + sep;
const loadModule = Module._load;

function isOfPackage(path) {
	return path?.startsWith(packageRoot) ?? false;
}

function notFound(request, parent) {
	const error = new Error(`Cannot find module '${request}', required by ${parent.filename}`);
	return Object.assign(error, { code: 'MODULE_NOT_FOUND' });
}

// Module._load rather than Module._resolveFilename, which names with "node:" do not pass.
Module._load = function (request, parent, isMain) {
	if (!isOfPackage(parent?.filename)) return loadModule.call(this, request, parent, isMain);
	if (allowedImports.includes(request)) return loadModule.call(this, request, module, isMain);
	if (!isOfPackage(Module._resolveFilename(request, parent))) throw notFound(request, parent);
	return loadModule.call(this, request, parent, isMain);
};

function iconsOf({ icon }) {
	return typeof icon === 'string' ? [icon] : Object.values(icon ?? {});
}

// n8n takes the class whose name is the file's, without its suffix.
function instantiate(file) {
	const className = file.split('/').pop().split('.')[0];
	const exported = require(join(packageRoot, file));
	if (!exported[className]) throw new Error(`${file} does not export ${className}`);
	return new exported[className]();
}

function load(file) {
	const started = performance.now();
	const instance = instantiate(file);
	const milliseconds = performance.now() - started;
	const description = instance.description ?? instance;
	return {
		file,
		milliseconds,
		name: description.name,
		displayName: description.displayName,
		properties: description.properties?.length ?? 0,
		icons: iconsOf(description),
	};
}

// Loaded beforehand: in n8n it is there long before the package, so it is no part of its load time.
require('n8n-workflow');
process.stdout.write(JSON.stringify(files.map(load)));
