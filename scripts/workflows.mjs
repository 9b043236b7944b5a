// GitHub's own reading of the workflows in .github/workflows: keys, values, expressions and contexts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TextDocument } from 'vscode-languageserver-textdocument';

/** Prints what is wrong with the workflows of the project in `root`; gives how many things are. */
export async function checkWorkflows(root) {
	// The package imports JSON files as bundlers let it, which Node does not.
	await import('tsx');
	const { validate } = await import('@actions/languageservice');
	const folder = join(root, '.github', 'workflows');
	const lines = [];
	for (const file of readdirSync(folder)) {
		const path = join(folder, file);
		const text = readFileSync(path, 'utf8');
		const workflow = TextDocument.create(pathToFileURL(path).href, 'yaml', 1, text);
		for (const { message, range } of await validate(workflow)) {
			lines.push(`.github/workflows/${file}:${range.start.line + 1}: ${message}`);
		}
	}
	for (const line of lines) console.error(line);
	return lines.length;
}
