/**
 * `npm run install-into -- <folder>`: builds the package and puts it where an n8n finds it whose N8N_USER_FOLDER
 * is the folder. n8n loads it at its next start.
 */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ensurePackage } from '../tooling/n8n/package';

async function main([folder]: string[]): Promise<void> {
	if (!folder) throw new Error('Into which folder?');
	const userFolder = resolve(folder);
	await mkdir(userFolder, { recursive: true });
	await ensurePackage(userFolder);
}

void main(process.argv.slice(2));
