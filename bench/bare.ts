/** The nodes that do the least: what is left of their time is n8n's own. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

const sources = join(__dirname, 'bare');

/** n8n's name for nodes that lie in a folder instead of a package. */
export const BARE = 'CUSTOM';

/** Puts the bare nodes into a folder from which n8n can load them. */
export async function compileBareNodes(folder: string): Promise<void> {
	const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 };
	await mkdir(folder, { recursive: true });
	for (const name of await readdir(sources)) {
		const source = await readFile(join(sources, name), 'utf8');
		const { outputText } = transpileModule(source, { compilerOptions });
		await writeFile(join(folder, `${basename(name, '.ts')}.js`), outputText);
	}
}
