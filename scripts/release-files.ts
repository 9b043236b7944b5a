/** The exact list of files that a release publishes, worked out from the sources. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { outputSchemas, schemaPath } from './output-schemas';

const always = ['LICENSE', 'README.md', 'dist/insightfaceswap.js', 'index.js', 'package.json'];

function filesBelow(root: string, folder: string): string[] {
	return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
		const path = `${folder}/${entry.name}`;
		return entry.isDirectory() ? filesBelow(root, path) : [path];
	});
}

/** Where a source goes; nothing for what goes into the bundle or does not ship. */
function shippedAs(path: string): string | undefined {
	if (/\.(node|credentials)\.ts$/.test(path)) return `dist/${path.replace(/\.ts$/, '.js')}`;
	return /\.(svg|node\.json)$/.test(path) ? `dist/${path}` : undefined;
}

/**
 * The bundle, one JavaScript file for each class that n8n loads, the icons, the codex files, the output
 * schemas, and what npm always adds.
 * @param root the project's folder
 */
export function releaseFiles(root: string): string[] {
	const sources = ['credentials', 'icons', 'nodes'].flatMap((folder) => filesBelow(root, folder));
	const schemas = Object.keys(outputSchemas).map((key) => `dist/${schemaPath(key)}`);
	return [
		...always,
		...schemas,
		...sources.map(shippedAs).filter((path) => path !== undefined),
	].sort();
}
