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

/** "Source + target → result" as one picture, its background transparent. */
export async function swapSum(...pictures: [string, string, Buffer]): Promise<Buffer> {
	const size = { width: 240, height: 300 };
	const gap = 60;
	const middle = size.height / 2;
	const plus = { x: size.width + gap / 2, path: 'M-12,0h24M0,-12v24' };
	const arrow = { x: 2 * size.width + 1.5 * gap, path: 'M-14,0h26M2,-10l10,10l-10,10' };
	const signs = [plus, arrow].map(
		({ x, path }) => `<path d="${path}" transform="translate(${x},${middle})"/>`,
	);
	const width = 3 * size.width + 2 * gap;
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${size.height}"><g fill="none" stroke="#888" stroke-width="4">${signs.join('')}</g></svg>`;
	const faces = await Promise.all(
		pictures.map(async (picture, index) => ({
			input: await sharp(picture).resize(size).toBuffer(),
			left: index * (size.width + gap),
			top: 0,
		})),
	);
	return await sharp(Buffer.from(svg)).composite(faces).png().toBuffer();
}
