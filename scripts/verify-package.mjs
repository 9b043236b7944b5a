// `npm run verify:package`: packs the package as npm would publish it and checks what users get.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { lintOfficially, packedPatterns, temporaryDirectory } from './official-checks.mjs';
import contents from './package-contents.js';
import { root } from './setup.mjs';

const { foreignImports, promisedFiles, secretsIn, sizeLimit, strayFiles } = contents;

function run(command, args, options = {}) {
	const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options });
	if (result.status === 0) return result.stdout;
	throw new Error(`${command} ${args.join(' ')} failed\n${result.stderr ?? result.error ?? ''}`);
}

function runNpm(args, options) {
	// On Windows npm is a script, which only a shell starts.
	return run('npm', args, { shell: process.platform === 'win32', ...options });
}

function pathsBelow(directory) {
	return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
		const path = join(directory, entry.name);
		return entry.isDirectory() ? [path, ...pathsBelow(path)] : [path];
	});
}

function newestChange(directories) {
	const paths = directories.flatMap((name) => [name, ...pathsBelow(join(root, name))]);
	return Math.max(...paths.map((path) => statSync(resolve(root, path)).mtimeMs));
}

// dist is made anew by each build, so its own time is the build's; folders' times tell of deletions.
function isBuilt() {
	const dist = join(root, 'dist');
	return (
		existsSync(dist) && newestChange(['nodes', 'credentials', 'icons']) < statSync(dist).birthtimeMs
	);
}

function pack(directory) {
	const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
	const [{ filename, size }] = JSON.parse(runNpm(args));
	run('tar', ['-xzf', filename], { cwd: directory });
	return { unpacked: join(directory, 'package'), packedSize: size };
}

function listFiles(directory) {
	return pathsBelow(directory)
		.filter((path) => statSync(path).isFile())
		.map((path) => relative(directory, path).split(sep).join('/'));
}

function checkFiles(unpacked, files, manifest) {
	const problems = strayFiles(files).map((file) => `${file} is not meant to ship`);
	for (const file of files) {
		const text = readFileSync(join(unpacked, file), 'utf8');
		problems.push(...secretsIn(text).map((kind) => `${file} holds ${kind}`));
		if (!/^dist\/.+\.js$/.test(file)) continue;
		problems.push(...foreignImports(text).map((name) => `${file} asks for ${name}`));
	}
	for (const file of ['README.md', 'LICENSE', ...promisedFiles(manifest)]) {
		if (!files.includes(file)) problems.push(`${file} is missing`);
	}
	return problems;
}

// Beside a node n8n looks for its codex; one under a wrong name is passed over without a word.
function checkCodex(unpacked, { file, name }, manifest) {
	const codexFile = file.replace(/\.js$/, '.json');
	if (!existsSync(join(unpacked, codexFile))) return [`${codexFile} is missing`];
	const { node } = JSON.parse(readFileSync(join(unpacked, codexFile), 'utf8'));
	return node === `${manifest.name}.${name}` ? [] : [`${codexFile} is for ${node}`];
}

function checkLoaded(unpacked, loaded, manifest) {
	const problems = [];
	if (!loaded.name || loaded.properties === 0) {
		problems.push(`${loaded.file} has no name or no properties`);
	}
	if (loaded.icons.length === 0) problems.push(`${loaded.file} has no icon`);
	for (const icon of loaded.icons) {
		const path = join(unpacked, dirname(loaded.file), icon.replace(/^file:/, ''));
		if (!existsSync(path)) problems.push(`${loaded.file}: the icon ${icon} is missing`);
	}
	if (!manifest.n8n.nodes.includes(loaded.file)) return problems;
	return [...problems, ...checkCodex(unpacked, loaded, manifest)];
}

function loadIsolated(unpacked, files) {
	const script = join(root, 'scripts', 'load-isolated.js');
	return JSON.parse(run(process.execPath, [script, unpacked, ...files]));
}

function checkLoading(unpacked, manifest) {
	const classes = loadIsolated(unpacked, promisedFiles(manifest));
	for (const { displayName, name, properties, milliseconds } of classes) {
		const figures = `${properties} properties, loaded in ${milliseconds.toFixed(1)} ms`;
		console.log(`  ${displayName} (${name}): ${figures}`);
	}
	return classes.flatMap((loaded) => checkLoaded(unpacked, loaded, manifest));
}

function checkSize(unpacked, files, packedSize) {
	const size = files.reduce((sum, file) => sum + statSync(join(unpacked, file)).size, 0);
	const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
	console.log(`  ${files.length} files, ${kilobytes(size)}, packed ${kilobytes(packedSize)}`);
	return size < sizeLimit ? [] : [`${kilobytes(size)} are more than ${kilobytes(sizeLimit)}`];
}

async function verify(directory) {
	const { unpacked, packedSize } = pack(directory);
	const manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'));
	console.log(`${manifest.name} ${manifest.version}`);
	const files = listFiles(unpacked);
	const problems = checkSize(unpacked, files, packedSize);
	problems.push(...checkFiles(unpacked, files, manifest));
	if (problems.length > 0) return problems;
	problems.push(...checkLoading(unpacked, manifest));
	const violations = await lintOfficially(unpacked, packedPatterns);
	if (violations > 0) problems.push('the official rules refuse the packed files');
	return problems;
}

async function main() {
	if (!isBuilt()) runNpm(['run', 'build'], { stdio: 'inherit' });
	const directory = temporaryDirectory('package');
	try {
		return await verify(directory);
	} catch (error) {
		return [error.message];
	} finally {
		rmSync(directory, { recursive: true });
	}
}

const problems = await main();
for (const problem of problems) console.error(`✖ ${problem}`);
if (problems.length > 0) process.exitCode = 1;
else console.log('The package is fit to ship');
