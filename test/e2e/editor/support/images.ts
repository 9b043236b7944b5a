/** Pictures for the documentation: each in light and in dark, small enough for a repository. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page, PageScreenshotOptions } from 'playwright-core';
import sharp from 'sharp';
import { projectFolder } from '../../../../tooling/n8n/folders';

export const imagesFolder = join(projectFolder, 'docs', 'images');

const schemes = ['light', 'dark'] as const;
const largestBytes = 150_000;

/** At most 256 colours: the editor has few, and faces stay good. */
async function small(png: Buffer): Promise<Buffer> {
	return await sharp(png).png({ palette: true, quality: 90, effort: 10 }).toBuffer();
}

/** Keeps a picture under that name, made small. Throws when it is too large. */
export async function keepImage(file: string, picture: Buffer): Promise<void> {
	const png = await small(picture);
	if (png.length > largestBytes) throw new Error(`${file} has ${png.length} bytes`);
	await writeFile(join(imagesFolder, file), png);
	console.log(`docs/images/${file}: ${Math.ceil(png.length / 1000)} kB`);
}

/**
 * Takes the pictures `<name>-light.png` and `<name>-dark.png`. Throws when one is too large.
 * @param clip the part of the page to show
 */
export async function takeImages(
	page: Page,
	name: string,
	what: Page | Locator,
	clip?: PageScreenshotOptions['clip'],
): Promise<void> {
	for (const colorScheme of schemes) {
		await page.emulateMedia({ colorScheme });
		const options = { animations: 'disabled', caret: 'hide', ...(clip && { clip }) } as const;
		await keepImage(`${name}-${colorScheme}.png`, await what.screenshot(options));
	}
	await page.emulateMedia({ colorScheme: 'light' });
}
