/** Pictures for the documentation: each in light and in dark, small enough for a repository. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { projectFolder } from '../../../../demo/folders';

export const imagesFolder = join(projectFolder, 'docs', 'images');

const schemes = ['light', 'dark'] as const;
const largestBytes = 150_000;

/** At most 256 colours: the editor has few, and faces stay good. */
async function small(png: Buffer): Promise<Buffer> {
	return await sharp(png).png({ palette: true, quality: 90, effort: 10 }).toBuffer();
}

/** Takes the pictures `<name>-light.png` and `<name>-dark.png`. Throws when one is too large. */
export async function takeImages(page: Page, name: string, what: Page | Locator): Promise<void> {
	for (const colorScheme of schemes) {
		await page.emulateMedia({ colorScheme });
		const png = await small(await what.screenshot({ animations: 'disabled', caret: 'hide' }));
		const file = `${name}-${colorScheme}.png`;
		if (png.length > largestBytes) throw new Error(`${file} has ${png.length} bytes`);
		await writeFile(join(imagesFolder, file), png);
		console.log(`docs/images/${file}: ${Math.ceil(png.length / 1000)} kB`);
	}
	await page.emulateMedia({ colorScheme: 'light' });
}
