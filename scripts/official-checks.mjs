// The rules that n8n's verification applies (`@n8n/scan-community-package`), for the sources and for
// the packed package, as the scan's own code configures them.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { root } from './setup.mjs';

const pluginName = '@n8n/community-nodes';

/** A new directory for temporary files within node_modules, where neither git nor npm looks. */
export function temporaryDirectory(name) {
	const cache = join(root, 'node_modules', '.cache');
	mkdirSync(cache, { recursive: true });
	return mkdtempSync(join(cache, `${name}-`));
}

// The scanner makes a directory in the system's temporary folder when it is imported and leaves it.
async function importScanner() {
	const scratch = temporaryDirectory('scan');
	const before = process.env.TMPDIR;
	process.env.TMPDIR = scratch;
	try {
		return await import('@n8n/scan-community-package/scanner/scanner.mjs');
	} finally {
		if (before === undefined) delete process.env.TMPDIR;
		else process.env.TMPDIR = before;
		rmSync(scratch, { recursive: true });
	}
}

const { buildScanConfig, SOURCE_FILE_PATTERNS } = await importScanner();

export const sourcePatterns = SOURCE_FILE_PATTERNS;

/** What the scan's second leg looks at, written in the scanner's analyzePackageByName. */
export const packedPatterns = ['**/*.js', 'package.json'];

/** The scan's configuration, with the version of n8n's plugin that the scan pins. */
export const scanConfig = await buildScanConfig();

/** The same with the plugin's newest version: what a later scan will refuse. */
async function buildNewestConfig() {
	const { n8nCommunityNodesPlugin } = await import('@n8n/eslint-plugin-community-nodes');
	return scanConfig.map((entry) =>
		entry.plugins?.[pluginName] ? n8nCommunityNodesPlugin.configs.recommended : entry,
	);
}

function pluginVersion(config) {
	return config.find((entry) => entry.plugins?.[pluginName]).plugins[pluginName].meta.version;
}

/**
 * Lints files, inline disabling off. Prints what it checked and found.
 * @param rules names the rules
 * @returns the number of problems, warnings included
 */
export async function lintWith(config, rules, directory, patterns) {
	const eslint = new ESLint({
		cwd: directory,
		allowInlineConfig: false,
		overrideConfigFile: true,
		overrideConfig: config,
	});
	const results = await eslint.lintFiles(patterns);
	const problems = results.reduce((sum, file) => sum + file.errorCount + file.warningCount, 0);
	console.log(`${results.length} files, ${rules}: ${problems} problems`);
	if (problems > 0) console.log((await eslint.loadFormatter('stylish')).format(results));
	return problems;
}

const officially = async (config, directory, patterns) =>
	await lintWith(
		config,
		`official rules, ${pluginName} ${pluginVersion(config)}`,
		directory,
		patterns,
	);

/**
 * Lints the files of a package that match `patterns`, inline disabling off, with the rules that the
 * scan pins and, when these are silent, with the newest. Prints what it checked and found; gives the
 * number of problems, warnings included.
 */
export async function lintOfficially(directory, patterns) {
	const problems = await officially(scanConfig, directory, patterns);
	return problems || (await officially(await buildNewestConfig(), directory, patterns));
}
