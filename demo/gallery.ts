/** The gallery, which shows face, picture and result side by side: example 11 makes it, from the demo's pictures. */
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { galleryFile, galleryFolder, outputFolder, picturesFolder } from './folders';

/** Twice the width at which the page shows a result, for fine screens. Pixels. */
const width = 400;

/** Puts the pictures where the example reads them. */
export async function prepareGallery(): Promise<void> {
	await mkdir(galleryFolder, { recursive: true });
	await copyPictures(picturesFolder, join(outputFolder, 'faces'));
	await copyPictures(join(picturesFolder, 'targets'), join(outputFolder, 'targets'));
}

async function copyPictures(from: string, to: string): Promise<void> {
	await mkdir(to, { recursive: true });
	const names = (await readdir(from)).filter((name) => name.endsWith('.png'));
	await Promise.all(names.map(async (name) => await copyFile(join(from, name), join(to, name))));
}

/** Writes the example's page as one file that needs no other. */
export async function writeGalleryFile(): Promise<void> {
	const page = await readFile(join(galleryFolder, 'index.html'), 'utf8');
	await writeFile(galleryFile, await withPicturesInside(page, galleryFolder));
}

/**
 * A page with its pictures in it, in a small size, instead of their addresses.
 * @param folder in which the page lies
 */
export async function withPicturesInside(page: string, folder: string): Promise<string> {
	const sources = new Set([...page.matchAll(/ src="([^"]+)"/g)].map(([, source = '']) => source));
	let inlined = page;
	for (const source of sources) {
		const address = await dataUri(join(folder, decodeURIComponent(source)));
		inlined = inlined.replaceAll(` src="${source}"`, ` src="${address}"`);
	}
	return inlined;
}

async function dataUri(file: string): Promise<string> {
	const picture = sharp(file).resize(width, undefined, { withoutEnlargement: true });
	const bytes = await picture.webp({ quality: 85 }).toBuffer();
	return `data:image/webp;base64,${bytes.toString('base64')}`;
}
