/** Pictures of exact sizes: a PNG's first bytes, then noise. The simulator does not look inside. */
import { randomFillSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../tooling/n8n/folders';

export const benchFolder = join(cacheFolder, 'bench');
export const KB = 1000;
export const MB = 1000 * KB;

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

/** The path of a picture of so many bytes, made when it is not there. */
export async function pictureFile(bytes: number): Promise<string> {
	const path = join(benchFolder, `picture-${bytes}.png`);
	if (existsSync(path)) return path;
	await mkdir(benchFolder, { recursive: true });
	const picture = randomFillSync(Buffer.alloc(bytes));
	SIGNATURE.copy(picture);
	await writeFile(path, picture);
	return path;
}
